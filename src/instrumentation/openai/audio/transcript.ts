/** Sound made a text, in its own language or translated: what the two methods that do it have in common. */
import type { Attributes } from '@opentelemetry/api';
import { asNumber, asRecord, asString, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import {
  ATTR_GEN_AI_REQUEST_MODEL,
  ATTR_GEN_AI_REQUEST_STREAM,
  ATTR_GEN_AI_REQUEST_TEMPERATURE,
} from '../../../semconv/attributes.js';
import type { Message, MessagePart } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { uploadPart } from '../images/upload-part.js';
import type { ModelResponse } from '../model-response.js';
import { readResponsesUsage } from '../responses/usage.js';
import type { Usage } from '../usage.js';

export function transcriptRequestAttributes(request: ForeignRecord): Attributes {
  return {
    [ATTR_GEN_AI_REQUEST_MODEL]: asText(request.model),
    [ATTR_GEN_AI_REQUEST_STREAM]: request.stream === true ? true : undefined,
    [ATTR_GEN_AI_REQUEST_TEMPERATURE]: asNumber(request.temperature),
  };
}

export function transcriptRequestDetails(request: ForeignRecord): ModelRequestDetails {
  const prompt = asText(request.prompt);
  const parts: MessagePart[] = [
    ...(prompt === undefined ? [] : [{ type: 'text' as const, content: prompt }]),
    uploadPart('audio', request.file),
  ];
  return { messages: [{ role: 'user', parts }] };
}

/** The API answers with an object or, for `response_format` of `text`, `srt` and `vtt`, with the text alone. */
export function readTranscript(value: unknown): ModelResponse | undefined {
  if (typeof value === 'string') return {};
  if (!isRecord(value) || typeof value.text !== 'string') return undefined;
  return { usage: readUsage(value.usage) };
}

export function transcriptMessages(value: unknown): Message[] {
  const content = asText(asString(value) ?? asRecord(value)?.text);
  return content === undefined ? [] : [{ role: 'assistant', parts: [{ type: 'text', content }] }];
}

/** Some models are billed by the sound's duration, for which the convention has no name. */
function readUsage(value: unknown): Usage | undefined {
  return asRecord(value)?.type === 'duration' ? undefined : readResponsesUsage(value);
}
