import { asRecord, asText, isRecord } from '../../../foreign/read.js';
import type { Message } from '../../../semconv/messages.js';
import type { ModelResponse } from '../model-response.js';
import { readResponsesUsage } from '../responses/usage.js';
import { typedParts } from './typed-parts.js';

export function readDecision(value: unknown): ModelResponse | undefined {
  if (!isRecord(value) || !Array.isArray(value.answers)) return undefined;
  return { model: asText(value.model), usage: readResponsesUsage(value.usage) };
}

export function decisionMessages(value: unknown): Message[] {
  const parts = typedParts(asRecord(value)?.answers);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}
