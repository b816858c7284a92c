import type { MessageContent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, parseJson } from '../../json/json.js';
import { asNonEmptyString, asString, isRecord } from '../../json/readers.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';

/**
 * Returns a message as it stands in an event's `Struct`. The content of a message that has only text is that text;
 * otherwise it is the list of parts. A typical message is thus at `llm_invocation.request.messages[0].content`.
 */
export function messageJson(message: GenAiMessage): JsonObject {
  const text = plainText(message.parts);
  const content = text ?? (message.parts as JsonValue[]);
  const { name, role } = message;
  return name === undefined ? { content, role } : { content, name, role };
}

/** Returns the input of a run: the latest user message as text. If there is more, the metadata holds all messages. */
export function inputContent(messages: readonly GenAiMessage[]): MessageContent {
  const latest = messages.findLast((message) => message.role === 'user') ?? messages.at(-1);
  const complete = messages.length === 1 && latest !== undefined && plainText(latest.parts) !== undefined;
  return {
    ...(!complete && { metadata: { messages: messages.map(messageJson) } }),
    role: 'user',
    text: latest === undefined ? '' : textOf(latest.parts),
  };
}

/** Returns the final output of an agent: its text, or its structured output as JSON. */
export function outputContent(output: JsonValue): MessageContent {
  return { role: 'assistant', text: typeof output === 'string' ? output : JSON.stringify(output) };
}

function plainText(parts: readonly MessagePart[]): string | undefined {
  return parts.every((part) => part.type === 'text') ? textOf(parts) : undefined;
}

function textOf(parts: readonly MessagePart[]): string {
  return parts.map((part) => (part.type === 'text' ? (asString(part.content) ?? '') : '')).join('');
}

/** Returns the messages that an attribute holds as a JSON string; `undefined` if it is not a JSON list. */
export function parseMessages(attribute: unknown): GenAiMessage[] | undefined {
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
