import { toJsonObject } from '../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage, GenericPart } from '../semconv/messages.js';
import { SPAN_TYPE_DECISION } from '../semconv/operations.js';
import type { ModelRequestDetails } from '../signals/signal.js';
import { bodyAndOptions, type ClientOperation } from './client-operation.js';
import type { ModelResponseDetails } from './model-response.js';
import { responsesInputMessages } from './responses/messages.js';
import { readUsage } from './usage.js';

/** Classification and scoring. In 7.55.0, not in 7.0.0 and before. */
export const decisions: ClientOperation = {
  resource: ['Decisions'],
  method: 'create',
  everywhere: false,
  callType: SPAN_TYPE_DECISION,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({ [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(model) }),
  requestDetails: decisionRequestDetails,
  readResponse: readDecision,
  outputMessages: decisionMessages,
};

/** The questions follow the input that they are about. Without them the answers could not be understood. */
function decisionRequestDetails({ input, questions }: UnknownRecord): ModelRequestDetails {
  const parts = typedParts(questions);
  const messages = responsesInputMessages(input);
  return { messages: parts.length > 0 ? [...messages, { role: 'user', parts }] : messages };
}

function readDecision(value: unknown): ModelResponseDetails | undefined {
  if (!isRecord(value) || !Array.isArray(value.answers)) return undefined;
  return { model: asNonEmptyString(value.model), usage: readUsage(value.usage) };
}

function decisionMessages(value: unknown): GenAiMessage[] {
  const parts = typedParts(asRecord(value)?.answers);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/**
 * Each question and answer names its type (`predicate`, `choice`, `score`, `refusal`), which becomes the part's type.
 */
function typedParts(items: unknown): GenericPart[] {
  return asArray(items)
    .filter(isRecord)
    .map((item) => ({ ...toJsonObject(item, 'item'), type: asNonEmptyString(item.type) ?? 'unknown' }));
}
