/**
 * Readers for the data of a `generation` span: what the Agents SDK documents of it, what its chat model writes, and what
 * the adapter for the AI SDK writes (`@openai/agents-extensions` 0.20.0).
 */
import { type JsonValue, parseJson, toJsonValue } from '../../json/json.js';
import {
  asArray,
  asCount,
  asNonEmptyString,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { chatOutputMessages, chatRequestDetails } from '../../openai-api/chat-completions/messages.js';
import { readChatResponse } from '../../openai-api/chat-completions/response.js';
import type { ModelResponseDetails } from '../../openai-api/model-response.js';
import { type ProviderModel, providerAndModel } from '../../openai-api/provider-name.js';
import { type ModelUsage, readUsage } from '../../openai-api/usage.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { modelOutputMessages } from './run-items.js';

/** Returns the model and its provider. The SDK's own chat model says at which address it asks OpenAI's API. */
export function generationModel({ model, model_config }: UnknownRecord): ProviderModel {
  const config = asRecord(model_config);
  const named = providerAndModel(asNonEmptyString(model), asNonEmptyString(config?.provider));
  const asksOpenAI = named.provider === undefined && asNonEmptyString(config?.base_url) !== undefined;
  return asksOpenAI ? { ...named, provider: 'openai' } : named;
}

export function generationResponse({ output, usage }: UnknownRecord): ModelResponseDetails | undefined {
  const completion = readChatResponse(asArray(output)[0]);
  const counted = completion?.usage ?? generationUsage(usage) ?? readUsage(usage);
  if (completion === undefined && counted === undefined && asArray(output).length === 0) return undefined;
  return { ...completion, usage: counted };
}

/** Reads `{ input_tokens, output_tokens, details }`, with the details of either side beside it or within `details`. */
export function generationUsage(value: unknown): ModelUsage | undefined {
  const usage = asRecord(value);
  const inputTokens = asCount(usage?.input_tokens);
  const outputTokens = asCount(usage?.output_tokens);
  if (usage === undefined || (inputTokens === undefined && outputTokens === undefined)) return undefined;
  const details = asRecord(usage.details);
  const input = { ...details, ...firstOf(usage.input_tokens_details, details?.input_tokens_details) };
  const output = { ...details, ...firstOf(usage.output_tokens_details, details?.output_tokens_details) };
  return {
    inputTokens,
    outputTokens,
    cacheReadInputTokens: asCount(input.cached_tokens) ?? asCount(input.cache_read_input_tokens),
    cacheWriteInputTokens: asCount(input.cache_write_tokens) ?? asCount(input.cache_creation_input_tokens),
    reasoningOutputTokens: asCount(output.reasoning_tokens),
  };
}

/** Details of the request's content; `undefined` if the span has none. */
export function generationRequest({ input }: UnknownRecord): ModelRequestDetails | undefined {
  const messages = asArray(toJsonValue(input)).filter(isRecord);
  if (messages.length === 0) return undefined;
  const system = messages.filter(({ role }) => role === 'system').flatMap((message) => partsOf(message));
  const rest = messages.filter(({ role }) => role !== 'system');
  return {
    messages: rest.map((message) => ({
      role: asNonEmptyString(message.role) ?? 'user',
      parts: partsOf(message),
    })),
    ...(system.length > 0 && { systemInstructions: system }),
  };
}

export function generationOutput({ output }: UnknownRecord): GenAiMessage[] {
  const [first] = asArray(output);
  return Array.isArray(asRecord(first)?.choices) ? chatOutputMessages(first) : modelOutputMessages(output);
}

/** The AI SDK's parts of calls, answers and reasoning have names of their own; all else is as in the chat API. */
function partsOf(message: UnknownRecord): MessagePart[] {
  const parts = asArray(message.content).filter(isRecord);
  if (!parts.some(({ type }) => AI_SDK_PARTS.has(type))) return chatParts(message);
  return parts.flatMap((part) => {
    const read = AI_SDK_PARTS.get(part.type);
    return read === undefined ? chatParts({ ...message, content: [part] }) : [read(part)];
  });
}

function chatParts(message: UnknownRecord): MessagePart[] {
  return chatRequestDetails({ messages: [message] }).messages.flatMap(({ parts }) => parts);
}

const AI_SDK_PARTS: ReadonlyMap<unknown, (part: UnknownRecord) => MessagePart> = new Map([
  [
    'tool-call',
    (part: UnknownRecord): MessagePart => ({
      type: 'tool_call',
      ...callId(part),
      name: asNonEmptyString(part.toolName) ?? '',
      arguments: parseJson(part.input),
    }),
  ],
  [
    'tool-result',
    (part: UnknownRecord): MessagePart => ({
      type: 'tool_call_response',
      ...callId(part),
      response: (asRecord(part.output)?.value ?? part.output ?? null) as JsonValue,
    }),
  ],
  [
    'reasoning',
    (part: UnknownRecord): MessagePart => ({ type: 'reasoning', content: asNonEmptyString(part.text) ?? '' }),
  ],
]);

function callId({ toolCallId }: UnknownRecord): { id?: string } {
  const id = asNonEmptyString(toolCallId);
  return id === undefined ? {} : { id };
}

/** Details are one object, or a list with one for each request. */
function firstOf(...values: readonly unknown[]): UnknownRecord {
  for (const value of values) {
    const found = asRecord(value) ?? asRecord(asArray(value)[0]);
    if (found !== undefined) return found;
  }
  return {};
}
