/** Parts of messages that several instrumentations have, each under names of its own. */
import { parseJson } from '../../../json/json.js';
import { asNonEmptyString } from '../../../json/readers.js';
import type { Message, MessagePart } from '../../../semconv/messages.js';

const BASE64_DATA_URL = /^data:([^;,]*);base64,/i;

export function textParts(content: unknown): MessagePart[] {
  const text = asNonEmptyString(content);
  return text === undefined ? [] : [{ type: 'text', content: text }];
}

export function imagePart(url: string): MessagePart {
  const header = BASE64_DATA_URL.exec(url);
  if (header === null) return { type: 'uri', modality: 'image', uri: url };
  const mimeType = asNonEmptyString(header[1]);
  return {
    type: 'blob',
    modality: 'image',
    content: url.slice(header[0].length),
    ...(mimeType !== undefined && { mime_type: mimeType }),
  };
}

/** @param given - the arguments, or JSON of them. */
export function toolCallPart(id: unknown, name: unknown, given: unknown): MessagePart {
  const callId = asNonEmptyString(id);
  return {
    type: 'tool_call',
    ...(callId !== undefined && { id: callId }),
    name: asNonEmptyString(name) ?? '',
    ...(given !== undefined && { arguments: parseJson(given) }),
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

/** As attributes carry messages: in JSON; nothing where there are none. */
export function messagesAttribute(messages: readonly Message[]): string | undefined {
  return messages.length === 0 ? undefined : JSON.stringify(messages);
}

/** What somebody said, whole: the input or the output of an agent. */
export function spokenAttribute(role: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : messagesAttribute([{ role, parts: textParts(text) }]);
}
