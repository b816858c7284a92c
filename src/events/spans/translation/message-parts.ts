/** Message parts that several instrumentations have, each under its own names. */
import { parseJson } from '../../../json/json.js';
import { mediaDigest } from '../../../json/media.js';
import { asNonEmptyString } from '../../../json/readers.js';
import type { GenAiMessage, MessagePart } from '../../../semconv/messages.js';

const BASE64_DATA_URL = /^data:([^;,]*);base64,/i;

export function textParts(content: unknown): MessagePart[] {
  const text = asNonEmptyString(content);
  return text === undefined ? [] : [{ type: 'text', content: text }];
}

export function imagePart(url: string): MessagePart {
  const header = BASE64_DATA_URL.exec(url);
  if (header === null) return { type: 'uri', modality: 'image', uri: url };
  const mimeType = asNonEmptyString(header[1]);
  return { type: 'blob', modality: 'image', ...mediaDigest(url.slice(header[0].length), mimeType) };
}

/** @param args - the arguments, or a JSON string of them. */
export function toolCallPart(id: unknown, name: unknown, args: unknown): MessagePart {
  const callId = asNonEmptyString(id);
  return {
    type: 'tool_call',
    ...(callId !== undefined && { id: callId }),
    name: asNonEmptyString(name) ?? '',
    ...(args !== undefined && { arguments: parseJson(args) }),
  };
}

export function toolResponsePart(id: unknown, response: unknown): MessagePart {
  const callId = asNonEmptyString(id);
  return {
    type: 'tool_call_response',
    ...(callId !== undefined && { id: callId }),
    response: parseJson(response ?? null),
  };
}

/** Returns messages as the JSON string of an attribute; `undefined` if there are none. */
export function messagesAttribute(messages: readonly GenAiMessage[]): string | undefined {
  return messages.length === 0 ? undefined : JSON.stringify(messages);
}

/** Returns the input or the output of an agent as a message with one text. */
export function textMessageAttribute(role: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : messagesAttribute([{ role, parts: textParts(text) }]);
}
