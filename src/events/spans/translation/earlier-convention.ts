/**
 * Earlier versions of the GenAI convention, and OpenLLMetry before 0.25, which follows them. They have `gen_ai.system` for
 * the provider, other names for usage, and messages in flat attributes or in span events.
 *
 * Messages in span events are `gen_ai.content.prompt` and `gen_ai.content.completion` in the convention 1.27, and
 * `gen_ai.user.message`, `gen_ai.choice` … after it. The convention has the latter as log records, which no span processor
 * sees, but some instrumentations put them on the span. OpenLLMetry before 0.25 has flat attributes, such as
 * `gen_ai.prompt.0.content`.
 */
import type { Attributes } from '@opentelemetry/api';
import { parseJson } from '../../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../../json/readers.js';
import * as semconv from '../../../semconv/attributes.js';
import type { GenAiMessage, MessagePart } from '../../../semconv/messages.js';
import {
  OPERATION_CHAT,
  OPERATION_EMBEDDINGS,
  OPERATION_TEXT_COMPLETION,
} from '../../../semconv/operations.js';
import { type SpanSnapshot, type TimedEventSnapshot, textAttribute } from '../span-snapshot.js';
import { attributeTree, treeList } from './attribute-tree.js';
import { imagePart, messagesAttribute, textParts, toolCallPart, toolResponsePart } from './message-parts.js';
import { providerName } from './provider-name.js';

export const ATTR_GEN_AI_SYSTEM = 'gen_ai.system';
export const ATTR_LLM_REQUEST_TYPE = 'llm.request.type';

const OPERATIONS: ReadonlyMap<string | undefined, string> = new Map([
  ['chat', OPERATION_CHAT],
  ['completion', OPERATION_TEXT_COMPLETION],
  ['embedding', OPERATION_EMBEDDINGS],
]);

/** The attributes that were renamed, with their earlier names, newest first. */
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
  const fromEvents = eventMessages(span.events);
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
      (base !== undefined && URL.canParse(base) ? asNonEmptyString(new URL(base).hostname) : undefined),
    [semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]:
      attributes[semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS] ??
      (finishReasons.length > 0 ? finishReasons : undefined),
    [semconv.ATTR_GEN_AI_INPUT_MESSAGES]:
      textAttribute(span, semconv.ATTR_GEN_AI_INPUT_MESSAGES) ??
      messagesAttribute(flatMessages(flat.prompt, 'user')) ??
      messagesAttribute(fromEvents.input),
    [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]:
      textAttribute(span, semconv.ATTR_GEN_AI_OUTPUT_MESSAGES) ??
      messagesAttribute(flatMessages(flat.completion, 'assistant')) ??
      messagesAttribute(fromEvents.output),
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
    name: asNonEmptyString(definition.name) ?? '',
    ...(asNonEmptyString(definition.description) !== undefined && {
      description: asNonEmptyString(definition.description),
    }),
    ...(asNonEmptyString(definition.arguments) !== undefined && {
      parameters: parseJson(definition.arguments),
    }),
  }));
  return functions.length === 0 ? undefined : JSON.stringify(functions);
}

interface EventMessages {
  readonly input: readonly GenAiMessage[];
  readonly output: readonly GenAiMessage[];
}

const MESSAGE_EVENT = /^gen_ai\.(system|user|assistant|tool)\.message$/;

function eventMessages(events: readonly TimedEventSnapshot[]): EventMessages {
  const input: GenAiMessage[] = [];
  const output: GenAiMessage[] = [];
  for (const { name, attributes = {} } of events) {
    const role = MESSAGE_EVENT.exec(name)?.[1];
    if (role !== undefined) input.push(message(bodyOf(attributes), role));
    else if (name === 'gen_ai.choice') output.push(choice(bodyOf(attributes)));
    else if (name === 'gen_ai.content.prompt') input.push(...listed(attributes['gen_ai.prompt'], 'user'));
    else if (name === 'gen_ai.content.completion') {
      output.push(...listed(attributes['gen_ai.completion'], 'assistant'));
    }
  }
  return { input, output };
}

/** The body is JSON in one attribute, or it is the attributes themselves. */
function bodyOf(attributes: UnknownRecord): UnknownRecord {
  return asRecord(parseJson(attributes['gen_ai.event.content'] ?? null)) ?? attributes;
}

function choice(body: UnknownRecord): GenAiMessage {
  const nested = isRecord(body.message) ? body.message : asRecord(parseJson(body.message ?? null));
  return message(nested ?? body, 'assistant');
}

function listed(json: unknown, role: string): GenAiMessage[] {
  const list = parseJson(json ?? null);
  return asArray(list)
    .filter(isRecord)
    .map((body) => message(body, role));
}

function message(body: UnknownRecord, role: string): GenAiMessage {
  const ownRole = asNonEmptyString(body.role) ?? role;
  if (ownRole === 'tool') {
    return { role: ownRole, parts: [toolResponsePart(body.id ?? body.tool_call_id, body.content)] };
  }
  const parts: MessagePart[] = textParts(body.content);
  for (const call of asArray(
    isRecord(body.tool_calls) ? [body.tool_calls] : parseJson(body.tool_calls ?? null),
  )) {
    const record = asRecord(call);
    const called = asRecord(record?.function);
    parts.push(
      toolCallPart(record?.id, called?.name ?? record?.name, called?.arguments ?? record?.arguments),
    );
  }
  return { role: ownRole, parts };
}

/** @param messages - the value at `gen_ai.prompt` or `gen_ai.completion`. */
function flatMessages(messages: unknown, role: string): GenAiMessage[] {
  return treeList(messages).map((message) => {
    const ownRole = asNonEmptyString(message.role) ?? role;
    return { role: ownRole, parts: messageParts(ownRole, message) };
  });
}

/** Returns the finish reasons of the messages that have one. */
function flatFinishReasons(messages: unknown): string[] {
  return treeList(messages)
    .map((message) => asNonEmptyString(message.finish_reason))
    .filter((reason) => reason !== undefined);
}

function messageParts(role: string, message: UnknownRecord): MessagePart[] {
  if (role === 'tool') return [toolResponsePart(message.tool_call_id, message.content)];
  const parts = contentParts(message.content);
  for (const call of treeList(message.tool_calls)) {
    parts.push(toolCallPart(call.id, call.name, call.arguments));
  }
  const called = asRecord(message.function_call);
  if (called !== undefined) parts.push(toolCallPart(undefined, called.name, called.arguments));
  return parts;
}

/** Content that is not a text is JSON here: a list of the API's parts, or `null` for a message without content. */
function contentParts(content: unknown): MessagePart[] {
  const text = asNonEmptyString(content);
  if (text === undefined || text === 'null') return [];
  const parts = text.startsWith('[{') ? asArray(parseJson(text)) : [];
  return parts.length > 0 && parts.every(isPart) ? parts.map(contentPart) : textParts(text);
}

function isPart(value: unknown): value is UnknownRecord {
  return isRecord(value) && typeof value.type === 'string';
}

function contentPart(part: UnknownRecord): MessagePart {
  const url = asNonEmptyString(asRecord(part.image_url)?.url) ?? asNonEmptyString(part.image_url);
  if (url !== undefined) return imagePart(url);
  const text = asNonEmptyString(part.text);
  const type = asNonEmptyString(part.type) ?? 'unknown';
  return text === undefined ? { type } : { type: 'text', content: text };
}
