/** The two forms in which Chat Completions takes functions: `tools`, and the legacy `functions`. */
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { FunctionDescription } from './registry.js';

/** Whether the model decides about a call, must not call, or must call one function. */
export type FunctionChoice = 'auto' | 'none' | { readonly name: string };

/** `tools` unless an older model or proxy knows only `functions`. */
export type FunctionForm = 'tools' | 'functions';

type FormParameters = Pick<
  ChatCompletionCreateParams,
  'tools' | 'tool_choice' | 'functions' | 'function_call'
>;

/** The parameters of a request that offers functions. With the choice `none` the model does not see any. */
export function functionParameters(
  functions: readonly FunctionDescription[],
  choice: FunctionChoice,
  form: FunctionForm,
): FormParameters {
  if (functions.length === 0 || choice === 'none') return {};
  const offered = functions.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: { ...parameters },
  }));
  if (form === 'functions') {
    return { functions: offered, function_call: typeof choice === 'string' ? choice : { name: choice.name } };
  }
  return {
    tools: offered.map((entry) => ({ type: 'function', function: entry })),
    tool_choice: typeof choice === 'string' ? choice : { type: 'function', function: { name: choice.name } },
  };
}
