/** Completions with functions: the model is asked again with the results until it answers. */
import { getCurrentTrace, withFunctionSpan } from '@openai/agents';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { ProblemError } from '../../service/problem.js';
import type { FunctionRegistry, FunctionResult } from '../functions/registry.js';
import { type FunctionChoice, type FunctionForm, functionParameters } from '../functions/request-form.js';
import type { Principal } from '../principal.js';
import { allowedModels, type PlatformVariables } from './configuration.js';
import {
  addUsage,
  answerMessage,
  type ModelAnswer,
  NO_TOKENS,
  type RequestedCall,
  resultMessage,
  type TokenUsage,
} from './model-answer.js';
import type { ModelClient, ModelRequest, OnText } from './model-client.js';

/** Rounds of calls before the model has to answer without functions. */
const MAX_ROUNDS = 5;

export interface CompletionRequest {
  readonly messages: readonly ChatCompletionMessageParam[];
  /** The default model if absent. */
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly seed?: number | undefined;
  /**
   * Applies to the first round. Afterwards the model decides.
   *
   * @defaultValue 'none'
   */
  readonly functionChoice?: FunctionChoice;
  /** @defaultValue 'tools' */
  readonly functionForm?: FunctionForm;
  /** Asks for structured output. */
  readonly responseFormat?: ModelRequest['response_format'];
}

export interface CompletionOptions {
  readonly principal: Principal;
  /** Aborts when the client leaves; the call of the model is aborted with it. */
  readonly signal?: AbortSignal | undefined;
}

/** What happens on the way to the final answer. */
export type CompletionEvent =
  | { readonly type: 'delta'; readonly text: string }
  | { readonly type: 'function_call'; readonly call: RequestedCall }
  | { readonly type: 'function_result'; readonly call: RequestedCall; readonly result: FunctionResult };

export interface StreamOptions extends CompletionOptions {
  readonly onEvent: (event: CompletionEvent) => void | Promise<void>;
}

export interface Completion {
  readonly text: string;
  readonly refusal?: string | undefined;
  readonly truncated: boolean;
  readonly model: string;
  readonly responseId: string;
  /** Sum of all rounds that were not answered from the cache. */
  readonly usage: TokenUsage;
  /** Whether all rounds were answered from the cache. */
  readonly cached: boolean;
  readonly functionCalls: readonly { readonly call: RequestedCall; readonly result: FunctionResult }[];
  /** The messages that continue the conversation: calls, results and the answer. */
  readonly messages: readonly ChatCompletionMessageParam[];
}

type Defaults = Pick<
  PlatformVariables,
  | 'OPENAI_MODEL'
  | 'OPENAI_ALLOWED_MODELS'
  | 'OPENAI_MAX_TOKENS'
  | 'OPENAI_TEMPERATURE'
  | 'OPENAI_TOP_P'
  | 'OPENAI_PRESENCE_PENALTY'
  | 'OPENAI_FREQUENCY_PENALTY'
>;

export class OpenAIService {
  readonly #defaults: Defaults;
  readonly #models: ReadonlySet<string>;
  readonly #client: ModelClient;
  readonly #functions: FunctionRegistry;

  constructor(defaults: Defaults, client: ModelClient, functions: FunctionRegistry) {
    this.#defaults = defaults;
    this.#models = new Set(allowedModels(defaults));
    this.#client = client;
    this.#functions = functions;
  }

  /** @throws ProblemError if the model is not allowed or fails. */
  complete(request: CompletionRequest, options: CompletionOptions): Promise<Completion> {
    return this.#converse(request, options, (body) => this.#client.complete(body, options.signal));
  }

  /**
   * Reports text and calls as they come, and then returns the completion.
   *
   * @throws ProblemError like `complete`, also after the first events.
   */
  stream(request: CompletionRequest, { onEvent, ...options }: StreamOptions): Promise<Completion> {
    const onText: OnText = (text) => onEvent({ type: 'delta', text });
    return this.#converse(
      request,
      options,
      (body) => this.#client.stream(body, onText, options.signal),
      onEvent,
    );
  }

  /** The body of a request to the model, with the defaults of the service. */
  modelRequest(request: CompletionRequest): ModelRequest {
    const { model = this.#defaults.OPENAI_MODEL, messages, temperature, seed, responseFormat } = request;
    if (!this.#models.has(model)) throw modelNotAllowed(model, this.#models);
    const parameters = {
      max_completion_tokens: this.#defaults.OPENAI_MAX_TOKENS,
      temperature: temperature ?? this.#defaults.OPENAI_TEMPERATURE,
      top_p: this.#defaults.OPENAI_TOP_P,
      presence_penalty: this.#defaults.OPENAI_PRESENCE_PENALTY,
      frequency_penalty: this.#defaults.OPENAI_FREQUENCY_PENALTY,
      seed,
      response_format: responseFormat,
    };
    return { model, messages: [...messages], ...withoutUndefined(parameters) };
  }

  async #converse(
    request: CompletionRequest,
    options: CompletionOptions,
    ask: (body: ModelRequest) => Promise<ModelAnswer>,
    onEvent: StreamOptions['onEvent'] = () => {},
  ): Promise<Completion> {
    const { functionChoice = 'none', functionForm = 'tools' } = request;
    const functions = this.#functions.list(options.principal);
    if (typeof functionChoice === 'object' && !functions.some(({ name }) => name === functionChoice.name)) {
      throw unknownFunction(functionChoice.name);
    }

    const base = this.modelRequest(request);
    const messages: ChatCompletionMessageParam[] = [];
    const functionCalls: { call: RequestedCall; result: FunctionResult }[] = [];
    let usage = NO_TOKENS;
    let cached = true;
    for (let round = 0; ; round += 1) {
      const choice = choiceOf(round, functionChoice);
      const answer = await ask({
        ...base,
        messages: [...base.messages, ...messages],
        ...functionParameters(functions, choice, functionForm),
      });
      if (!answer.cached) usage = addUsage(usage, answer.usage);
      cached &&= answer.cached;
      messages.push(answerMessage(answer));
      const { text, refusal, truncated, model, id, calls } = answer;
      if (calls.length === 0 || choice === 'none') {
        return { text, refusal, truncated, model, responseId: id, usage, cached, functionCalls, messages };
      }

      for (const call of calls) await onEvent({ type: 'function_call', call });
      const results = await Promise.all(calls.map((call) => this.#run(call, options)));
      for (const { call, result } of results) {
        await onEvent({ type: 'function_result', call, result });
        messages.push(resultMessage(call, result.content));
      }
      functionCalls.push(...results);
    }
  }

  /** Runs a call as a span `execute_tool`, if the request is traced. */
  async #run(call: RequestedCall, { principal, signal }: CompletionOptions) {
    const execute = () => this.#functions.execute(call, { principal, ...(signal && { signal }) });
    if (getCurrentTrace() === null) return { call, result: await execute() };
    const result = await withFunctionSpan(
      async (span) => {
        const ended = await execute();
        span.spanData.output = ended.content;
        if (!ended.ok) {
          span.setError({
            message: `function ended with ${ended.outcome}`,
            data: { outcome: ended.outcome },
          });
        }
        return ended;
      },
      { data: { name: call.name, input: call.arguments, output: '' } },
    );
    return { call, result };
  }
}

function choiceOf(round: number, choice: FunctionChoice): FunctionChoice {
  if (choice === 'none' || round >= MAX_ROUNDS) return 'none';
  return round === 0 ? choice : 'auto';
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function modelNotAllowed(model: string, models: ReadonlySet<string>): ProblemError {
  return new ProblemError({
    status: 400,
    code: 'model_not_allowed',
    title: 'Model not allowed',
    detail: `The model "${model}" is not allowed here. Use one of: ${[...models].join(', ')}.`,
  });
}

function unknownFunction(name: string): ProblemError {
  return new ProblemError({
    status: 400,
    code: 'unknown_function',
    title: 'Unknown function',
    detail: `There is no function "${name}" for this key; GET /functions lists them.`,
  });
}
