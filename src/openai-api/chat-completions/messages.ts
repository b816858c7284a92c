/** Messages of the Chat Completions API in the convention's shapes. */
import { parseJson, toJsonObject, toJsonValue } from '../../json/json.js';
import {
  asArray,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import type { Message, MessagePart, ToolCallPart, ToolDefinition } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { audioPart, filePart, mediaPart } from '../message-parts.js';

export function chatRequestDetails(body: unknown): ModelRequestDetails {
  // A copy first: one part that cannot be read is named in it, and the others are there all the same.
  const request = asRecord(toJsonValue(body));
  const toolDefinitions = [
    ...chatToolDefinitions(request?.tools),
    ...functionDefinitions(request?.functions),
  ];
  return {
    messages: asArray(request?.messages).filter(isRecord).map(inputMessage),
    ...(toolDefinitions.length > 0 && { toolDefinitions }),
  };
}

/** One message a choice, also where nothing can be read of it, so that the others keep their places. */
export function chatOutputMessages(response: unknown): Message[] {
  return asArray(asRecord(toJsonValue(response))?.choices).map((choice) => {
    const message = asRecord(asRecord(choice)?.message) ?? {};
    return { role: asNonEmptyString(message.role) ?? 'assistant', parts: assistantParts(message) };
  });
}

function inputMessage(message: UnknownRecord): Message {
  const role = asNonEmptyString(message.role) ?? 'user';
  const name = asNonEmptyString(message.name);
  return { role, ...(name !== undefined && { name }), parts: inputParts(role, message) };
}

/** An answer to a legacy function call has no id: the message's name tells which function it is of. */
function inputParts(role: string, message: UnknownRecord): MessagePart[] {
  if (role !== 'tool' && role !== 'function') return assistantParts(message);
  const id = asNonEmptyString(message.tool_call_id);
  return [
    { type: 'tool_call_response', ...(id !== undefined && { id }), response: parseJson(message.content) },
  ];
}

/** Reasoning, content, refusal, audio and calls: what an assistant's message may have; others have just the content. */
function assistantParts(message: UnknownRecord): MessagePart[] {
  const parts: MessagePart[] = [];
  // Providers that tell what the model thinks use the one name or the other, some both for the same text.
  const reasoning = asNonEmptyString(message.reasoning_content) ?? asNonEmptyString(message.reasoning);
  if (reasoning !== undefined) parts.push({ type: 'reasoning', content: reasoning });
  parts.push(...contentParts(message.content));
  const refusal = asNonEmptyString(message.refusal);
  if (refusal !== undefined) parts.push({ type: 'text', content: refusal });
  parts.push(...spokenParts(asRecord(message.audio) ?? {}));
  for (const call of asArray(message.tool_calls)) parts.push(toolCallPart(asRecord(call) ?? {}));
  if (isRecord(message.function_call)) parts.push(functionCallPart(undefined, message.function_call));
  return parts;
}

/** Speech of the assistant: what it said and its sound, or in a later request only which sound it was. */
function spokenParts(audio: UnknownRecord): MessagePart[] {
  const transcript = asNonEmptyString(audio.transcript);
  const data = asNonEmptyString(audio.data);
  const id = asNonEmptyString(audio.id);
  const parts: MessagePart[] = [];
  if (transcript !== undefined) parts.push({ type: 'text', content: transcript });
  if (data !== undefined) parts.push({ type: 'blob', modality: 'audio', content: data });
  if (parts.length === 0 && id !== undefined) parts.push({ type: 'file', modality: 'audio', file_id: id });
  return parts;
}

function contentParts(content: unknown): MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return asArray(content).map(contentPart);
}

function contentPart(part: unknown): MessagePart {
  const record = asRecord(part) ?? {};
  switch (record.type) {
    case 'text':
      return { type: 'text', content: asString(record.text) ?? '' };
    case 'refusal':
      return { type: 'text', content: asString(record.refusal) ?? '' };
    case 'image_url':
      return mediaPart('image', mediaUrl(record.image_url));
    // Compatible providers have it.
    case 'video_url':
      return mediaPart('video', mediaUrl(record.video_url));
    case 'input_audio':
      return audioPart(record.input_audio);
    case 'file':
      return filePart(asRecord(record.file) ?? {});
    default:
      return { ...toJsonObject(part, 'content'), type: asNonEmptyString(record.type) ?? 'unknown' };
  }
}

/** Compatible providers take the address alone too. */
function mediaUrl(media: unknown): string {
  return asString(asRecord(media)?.url) ?? asString(media) ?? '';
}

function toolCallPart(call: UnknownRecord): ToolCallPart {
  const id = asNonEmptyString(call.id);
  const custom = asRecord(call.custom);
  if (custom) {
    return {
      type: 'tool_call',
      ...(id !== undefined && { id }),
      name: asNonEmptyString(custom.name) ?? '',
      arguments: asString(custom.input) ?? null,
    };
  }
  return functionCallPart(id, asRecord(call.function) ?? {});
}

function functionCallPart(id: string | undefined, call: UnknownRecord): ToolCallPart {
  return {
    type: 'tool_call',
    ...(id !== undefined && { id }),
    name: asNonEmptyString(call.name) ?? '',
    arguments: parseJson(call.arguments),
  };
}

function chatToolDefinitions(tools: unknown): ToolDefinition[] {
  return asArray(tools)
    .filter(isRecord)
    .map((tool) => {
      const type = asNonEmptyString(tool.type) ?? 'function';
      return toolDefinition(type, asRecord(tool[type]) ?? {});
    });
}

/** The tools of models before there were tools. */
function functionDefinitions(functions: unknown): ToolDefinition[] {
  return asArray(functions)
    .filter(isRecord)
    .map((definition) => toolDefinition('function', definition));
}

function toolDefinition(type: string, definition: UnknownRecord): ToolDefinition {
  const description = asNonEmptyString(definition.description);
  return {
    type,
    name: asNonEmptyString(definition.name) ?? type,
    ...(description !== undefined && { description }),
    ...(definition.parameters !== undefined && { parameters: toJsonValue(definition.parameters) }),
  };
}
