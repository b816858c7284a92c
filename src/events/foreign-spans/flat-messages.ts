/** Messages in attributes of their own, as OpenLLMetry has them before 0.25: `gen_ai.prompt.0.content`. */
import { parseJson } from '../../foreign/json.js';
import { asArray, asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import { treeList } from './attribute-tree.js';
import { imagePart, textParts, toolCallPart, toolResponsePart } from './foreign-parts.js';

/** @param messages - what stands at `gen_ai.prompt` or `gen_ai.completion`. */
export function flatMessages(messages: unknown, role: string): Message[] {
  return treeList(messages).map((message) => {
    const given = asText(message.role) ?? role;
    return { role: given, parts: messageParts(given, message) };
  });
}

/** One a message, in their order; `undefined` where a message has none. */
export function flatFinishReasons(messages: unknown): string[] {
  return treeList(messages)
    .map((message) => asText(message.finish_reason))
    .filter((reason) => reason !== undefined);
}

function messageParts(role: string, message: ForeignRecord): MessagePart[] {
  if (role === 'tool') return [toolResponsePart(message.tool_call_id, message.content)];
  const parts = contentParts(message.content);
  for (const call of treeList(message.tool_calls)) {
    parts.push(toolCallPart(call.id, call.name, call.arguments));
  }
  const called = asRecord(message.function_call);
  if (called !== undefined) parts.push(toolCallPart(undefined, called.name, called.arguments));
  return parts;
}

/** Content that is no text is JSON here: a list of the API's parts, or the `null` of a message that has none. */
function contentParts(content: unknown): MessagePart[] {
  const text = asText(content);
  if (text === undefined || text === 'null') return [];
  const parts = text.startsWith('[{') ? asArray(parseJson(text)) : [];
  return parts.length > 0 && parts.every(isPart) ? parts.map(contentPart) : textParts(text);
}

function isPart(value: unknown): value is ForeignRecord {
  return isRecord(value) && typeof value.type === 'string';
}

function contentPart(part: ForeignRecord): MessagePart {
  const url = asText(asRecord(part.image_url)?.url) ?? asText(part.image_url);
  if (url !== undefined) return imagePart(url);
  const text = asText(part.text);
  const type = asText(part.type) ?? 'unknown';
  return text === undefined ? { type } : { type: 'text', content: text };
}
