import { parseJson } from '../../foreign/json.js';
import { asText, isRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';

/** The messages that an attribute holds as a JSON string; `undefined` where it holds none. */
export function parseMessages(attribute: unknown): Message[] | undefined {
  if (typeof attribute !== 'string') return undefined;
  const parsed: unknown = parseJson(attribute);
  if (!Array.isArray(parsed)) return undefined;
  return parsed.filter(isRecord).map((message) => {
    const name = asText(message.name);
    return {
      role: asText(message.role) ?? 'user',
      ...(name !== undefined && { name }),
      parts: (Array.isArray(message.parts) ? message.parts.filter(isRecord) : []) as unknown as MessagePart[],
    };
  });
}
