/** Messages of events in the format of the Chat Completions API. */
import {
  asArray,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';

/** A call of a function by the model. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A message as the Chat Completions API takes it. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: string | readonly UnknownRecord[];
  readonly name?: string;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
}

/** A function that the model may call. */
interface ChatTool {
  readonly type: 'function';
  readonly function: UnknownRecord;
}

/** Thrown for a call that the format cannot carry. The message is the reason. */
export class NotRepresentable extends Error {}

const HOSTED = 'with tools that are not functions';
const MEDIA = 'with media, of which events have only a digest';

/** @throws NotRepresentable - if a message has a part that the format does not have. */
export function chatMessages(systemInstructions: unknown, messages: readonly unknown[]): ChatMessage[] {
  const system = asArray(systemInstructions).map((part) => textOf(asRecord(part) ?? {}));
  const conversation = merged(messages.flatMap((message) => chatMessage(asRecord(message) ?? {})));
  checkToolResults(conversation);
  return [...(system.length > 0 ? [{ role: 'system', content: system.join('\n') }] : []), ...conversation];
}

/** The answers of a model: one, or as many as were asked for. */
export function chatAnswers(
  response: UnknownRecord,
): { message: ChatMessage; finishReason: string | undefined }[] {
  const reasons = asArray(response.finish_reasons).map((reason) => asNonEmptyString(reason));
  const messages = asArray(response.messages).map((message) => chatMessage(asRecord(message) ?? {}));
  // An answer of the Responses API can be several messages, and has one reason.
  const answers = reasons.length === messages.length ? messages : [messages.flat()];
  return answers.flatMap((parts, index) => {
    const [message] = merged(parts);
    return message === undefined ? [] : [{ message, finishReason: reasons[index] }];
  });
}

/** The functions among the tools. Others belong to the provider, or have no JSON schema. */
export function chatTools(definitions: unknown): ChatTool[] {
  return asArray(definitions)
    .filter(isRecord)
    .filter(({ type }) => type === 'function')
    .map(({ type: _, ...definition }): ChatTool => ({ type: 'function', function: definition }));
}

/** Names of tools that are not functions, whose calls look like those of functions. */
export function otherTools(definitions: unknown): Set<string> {
  const others = asArray(definitions)
    .filter(isRecord)
    .filter(({ type }) => type !== 'function');
  return new Set(others.flatMap(({ name }) => asNonEmptyString(name) ?? []));
}

/** @throws NotRepresentable - if a call is not one of a function. */
export function checkCalls(messages: readonly ChatMessage[], others: ReadonlySet<string>): void {
  const names = messages.flatMap(({ tool_calls = [] }) => tool_calls.map((call) => call.function.name));
  if (names.some((name) => others.has(name))) throw new NotRepresentable(HOSTED);
}

function chatMessage(message: UnknownRecord): ChatMessage[] {
  const role = asNonEmptyString(message.role) ?? 'user';
  const name = asNonEmptyString(message.name);
  const named = name === undefined ? {} : { name };
  if (typeof message.content === 'string') return [{ role, content: message.content, ...named }];
  const parts = asArray(message.content)
    .map((part) => asRecord(part) ?? {})
    // The format has no reasoning: a model does not see it again in a chat.
    .filter(({ type }) => type !== 'reasoning');
  const calls = parts.filter(({ type }) => type === 'tool_call').map(toolCall);
  const results = parts.filter(({ type }) => type === 'tool_call_response').map(toolResult);
  const content = parts
    .filter(({ type }) => type !== 'tool_call' && type !== 'tool_call_response')
    .map(contentPart);
  if (content.length + calls.length === 0) return results;
  const text = content.every(({ type }) => type === 'text')
    ? content.map(({ text }) => text).join('')
    : content;
  const own: ChatMessage = {
    role,
    ...(content.length > 0 && { content: text }),
    ...named,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return [...results, own];
}

function toolCall({ id, name, arguments: given }: UnknownRecord): ChatToolCall {
  const [callId, called] = [asNonEmptyString(id), asNonEmptyString(name)];
  if (callId === undefined || called === undefined)
    throw new NotRepresentable('with tool calls that have no id');
  return { id: callId, type: 'function', function: { name: called, arguments: asText(given ?? {}) } };
}

function toolResult({ id, response }: UnknownRecord): ChatMessage {
  const callId = asNonEmptyString(id);
  if (callId === undefined) throw new NotRepresentable('with tool calls that have no id');
  return { role: 'tool', tool_call_id: callId, content: asText(response ?? '') };
}

function contentPart(part: UnknownRecord): UnknownRecord {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: textOf(part) };
    case 'uri':
      if (part.modality !== 'image') throw new NotRepresentable(MEDIA);
      return { type: 'image_url', image_url: { url: part.uri } };
    case 'file':
      return { type: 'file', file: { file_id: part.file_id } };
    case 'blob':
      throw new NotRepresentable(MEDIA);
    case 'compaction':
      throw new NotRepresentable('whose earlier messages were compacted');
    default:
      throw new NotRepresentable(HOSTED);
  }
}

function textOf({ content }: UnknownRecord): string {
  return asString(content) ?? '';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The Responses API has an item for each call, and a chat one message with all of them. */
function merged(messages: readonly ChatMessage[]): ChatMessage[] {
  const result: ChatMessage[] = [];
  for (const message of messages) {
    const last = result.at(-1);
    if (last === undefined || last.role !== 'assistant' || message.role !== 'assistant') {
      result.push(message);
      continue;
    }
    const calls = [...(last.tool_calls ?? []), ...(message.tool_calls ?? [])];
    const texts = [last.content, message.content].filter((content) => content !== undefined);
    const content = texts.every((text) => typeof text === 'string')
      ? texts.join('\n')
      : texts.flatMap((text) => (typeof text === 'string' ? [{ type: 'text', text }] : text));
    result[result.length - 1] = {
      role: 'assistant',
      ...(texts.length > 0 && { content }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
  }
  return result;
}

/** A chat is valid if the results of all calls of a message come right after it. */
function checkToolResults(messages: readonly ChatMessage[]): void {
  let expected = new Set<string>();
  for (const { role, tool_call_id: id, tool_calls: calls = [] } of messages) {
    if (role === 'tool') {
      if (id === undefined || !expected.delete(id))
        throw new NotRepresentable('with tool results without a call');
      continue;
    }
    if (expected.size > 0) break;
    expected = new Set(calls.map((call) => call.id));
  }
  if (expected.size > 0) throw new NotRepresentable('with tool calls without a result');
}
