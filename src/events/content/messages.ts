import type { MessageContent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, parseJson } from '../../json/json.js';
import { asNonEmptyString, asString, isRecord } from '../../json/readers.js';
import type { Message, MessagePart } from '../../semconv/messages.js';

/**
 * A message in an event's `Struct`: its content is the text where it is nothing but text, else its parts. So the
 * usual message can be addressed as `llm_invocation.request.messages[0].content`.
 */
export function messageJson(message: Message): JsonObject {
  const text = plainText(message.parts);
  const content = text ?? (message.parts as JsonValue[]);
  const { name, role } = message;
  return name === undefined ? { content, role } : { content, name, role };
}

/** What a run was given: the newest user message as text; all of it in the metadata where it is more than that. */
export function inputContent(messages: readonly Message[]): MessageContent {
  const newest = messages.findLast((message) => message.role === 'user') ?? messages.at(-1);
  const complete = messages.length === 1 && newest !== undefined && plainText(newest.parts) !== undefined;
  return {
    ...(!complete && { metadata: { messages: messages.map(messageJson) } }),
    role: 'user',
    text: newest === undefined ? '' : textOf(newest.parts),
  };
}

/** What an agent gave in the end: its text, or its structured output as JSON. */
export function outputContent(output: JsonValue): MessageContent {
  return { role: 'assistant', text: typeof output === 'string' ? output : JSON.stringify(output) };
}

function plainText(parts: readonly MessagePart[]): string | undefined {
  return parts.every((part) => part.type === 'text') ? textOf(parts) : undefined;
}

function textOf(parts: readonly MessagePart[]): string {
  return parts.map((part) => (part.type === 'text' ? (asString(part.content) ?? '') : '')).join('');
}

/** The messages that an attribute holds as a JSON string; `undefined` where it holds none. */
export function parseMessages(attribute: unknown): Message[] | undefined {
  if (typeof attribute !== 'string') return undefined;
  const parsed: unknown = parseJson(attribute);
  if (!Array.isArray(parsed)) return undefined;
  return parsed.filter(isRecord).map((message) => {
    const name = asNonEmptyString(message.name);
    return {
      role: asNonEmptyString(message.role) ?? 'user',
      ...(name !== undefined && { name }),
      parts: (Array.isArray(message.parts) ? message.parts.filter(isRecord) : []) as unknown as MessagePart[],
    };
  });
}
