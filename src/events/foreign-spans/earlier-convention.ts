/**
 * Earlier versions of the GenAI convention, and OpenLLMetry before 0.25, which is of their time: `gen_ai.system` for the
 * provider, other names for usage, messages in attributes of their own or in span events.
 */
import type { Attributes } from '@opentelemetry/api';
import { parseJson } from '../../foreign/json.js';
import { asText } from '../../foreign/read.js';
import * as semconv from '../../semconv/attributes.js';
import { OPERATION_CHAT, OPERATION_EMBEDDINGS, OPERATION_TEXT_COMPLETION } from '../../semconv/operations.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { attributeTree, treeList } from './attribute-tree.js';
import { eventMessages } from './event-messages.js';
import { flatFinishReasons, flatMessages } from './flat-messages.js';
import { messagesAttribute } from './foreign-parts.js';
import { providerName } from './provider-name.js';

export const ATTR_GEN_AI_SYSTEM = 'gen_ai.system';
export const ATTR_LLM_REQUEST_TYPE = 'llm.request.type';

const OPERATIONS: ReadonlyMap<string | undefined, string> = new Map([
  ['chat', OPERATION_CHAT],
  ['completion', OPERATION_TEXT_COMPLETION],
  ['embedding', OPERATION_EMBEDDINGS],
]);

/** Attributes that have another name now, and those that stood for them before, the newest first. */
const RENAMED: readonly (readonly [now: string, before: readonly string[]])[] = [
  [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS, ['gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens']],
  [
    semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
    ['gen_ai.usage.completion_tokens', 'llm.usage.completion_tokens'],
  ],
  [
    semconv.ATTR_GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    ['gen_ai.usage.cache_read_input_tokens', 'gen_ai.usage.input_tokens_details.cached_tokens'],
  ],
  [
    semconv.ATTR_GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS,
    ['gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cache_creation_input_tokens'],
  ],
  [
    semconv.ATTR_GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
    ['gen_ai.usage.reasoning_tokens', 'llm.usage.reasoning_tokens'],
  ],
  [semconv.ATTR_GEN_AI_REQUEST_SEED, ['gen_ai.openai.request.seed']],
  [semconv.ATTR_GEN_AI_REQUEST_FREQUENCY_PENALTY, ['llm.frequency_penalty']],
  [semconv.ATTR_GEN_AI_REQUEST_PRESENCE_PENALTY, ['llm.presence_penalty']],
  [semconv.ATTR_OPENAI_REQUEST_SERVICE_TIER, ['gen_ai.openai.request.service_tier']],
  [semconv.ATTR_OPENAI_RESPONSE_SERVICE_TIER, ['gen_ai.openai.response.service_tier']],
  [
    semconv.ATTR_OPENAI_RESPONSE_SYSTEM_FINGERPRINT,
    ['gen_ai.openai.response.system_fingerprint', 'gen_ai.openai.system_fingerprint'],
  ],
];

export function earlierConvention(span: SpanSnapshot): Attributes | undefined {
  const { attributes } = span;
  const operation =
    textAttribute(span, semconv.ATTR_GEN_AI_OPERATION_NAME) ??
    OPERATIONS.get(textAttribute(span, ATTR_LLM_REQUEST_TYPE));
  if (operation === undefined) return undefined;
  const flat = attributeTree(attributes, 'gen_ai.');
  const told = eventMessages(span.events);
  const finishReasons = flatFinishReasons(flat.completion);
  const base = textAttribute(span, 'gen_ai.openai.api_base');
  return {
    ...renamed(attributes),
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: operation,
    [semconv.ATTR_GEN_AI_PROVIDER_NAME]:
      textAttribute(span, semconv.ATTR_GEN_AI_PROVIDER_NAME) ??
      providerName(textAttribute(span, ATTR_GEN_AI_SYSTEM)),
    [semconv.ATTR_SERVER_ADDRESS]:
      textAttribute(span, semconv.ATTR_SERVER_ADDRESS) ??
      (base !== undefined && URL.canParse(base) ? asText(new URL(base).hostname) : undefined),
    [semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]:
      attributes[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] ??
      (finishReasons.length > 0 ? finishReasons : undefined),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]:
      textAttribute(span, semconv.ATTR_GEN_AI_INPUT_MESSAGES) ??
      messagesAttribute(flatMessages(flat.prompt, 'user')) ??
      messagesAttribute(told.input),
    [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]:
      textAttribute(span, semconv.ATTR_GEN_AI_OUTPUT_MESSAGES) ??
      messagesAttribute(flatMessages(flat.completion, 'assistant')) ??
      messagesAttribute(told.output),
    [semconv.ATTR_GEN_AI_TOOL_DEFINITIONS]:
      textAttribute(span, semconv.ATTR_GEN_AI_TOOL_DEFINITIONS) ?? toolDefinitions(attributes),
  };
}

function renamed(attributes: Attributes): Attributes {
  const found: Attributes = {};
  for (const [now, before] of RENAMED) {
    const name =
      attributes[now] === undefined ? before.find((old) => attributes[old] !== undefined) : undefined;
    if (name !== undefined) found[now] = attributes[name];
  }
  return found;
}

function toolDefinitions(attributes: Attributes): string | undefined {
  const functions = treeList(attributeTree(attributes, 'llm.request.functions.')).map((definition) => ({
    type: 'function',
    name: asText(definition.name) ?? '',
    ...(asText(definition.description) !== undefined && { description: asText(definition.description) }),
    ...(asText(definition.arguments) !== undefined && {
      parameters: parseJson(definition.arguments),
    }),
  }));
  return functions.length === 0 ? undefined : JSON.stringify(functions);
}
