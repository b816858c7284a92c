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
import type { GenAiMessage, MessagePart, ToolCallPart, ToolDefinition } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { audioPart, blobPart, filePart, mediaPart, textParts } from '../message-parts.js';
import { thinkingText } from './streamed-content.js';

export function chatRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const toolDefinitions = [...chatToolDefinitions(request.tools), ...functionDefinitions(request.functions)];
  return {
    messages: asArray(request.messages).filter(isRecord).map(inputMessage),
    ...(toolDefinitions.length > 0 && { toolDefinitions }),
  };
}

/** One message per choice, even if nothing can be read of it, so that the others keep their positions. */
export function chatOutputMessages(response: unknown): GenAiMessage[] {
  return asArray(asRecord(toJsonValue(response))?.choices).map((choice) => {
    const message = asRecord(asRecord(choice)?.message) ?? {};
    return { role: asNonEmptyString(message.role) ?? 'assistant', parts: assistantParts(message) };
  });
}

function inputMessage(message: UnknownRecord): GenAiMessage {
  const role = asNonEmptyString(message.role) ?? 'user';
  const name = asNonEmptyString(message.name);
  return { role, ...(name !== undefined && { name }), parts: inputParts(role, message) };
}

/** The answer to a legacy function call has no id; the message's name is the function's name. */
function inputParts(role: string, message: UnknownRecord): MessagePart[] {
  if (role !== 'tool' && role !== 'function') return assistantParts(message);
  const id = asNonEmptyString(message.tool_call_id);
  return [
    { type: 'tool_call_response', ...(id !== undefined && { id }), response: parseJson(message.content) },
  ];
}

/** An assistant's message may have reasoning, content, refusal, audio and calls. Other messages have only content. */
function assistantParts(message: UnknownRecord): MessagePart[] {
  const parts: MessagePart[] = [];
  // Providers use one name or the other for the model's reasoning, some both for the same text.
  const reasoning = asNonEmptyString(message.reasoning_content) ?? asNonEmptyString(message.reasoning);
  if (reasoning !== undefined) parts.push({ type: 'reasoning', content: reasoning });
  parts.push(...contentParts(message.content), ...asArray(message.images).map(contentPart));
  parts.push(...textParts(message.refusal), ...spokenParts(asRecord(message.audio) ?? {}));
  for (const call of asArray(message.tool_calls)) parts.push(toolCallPart(asRecord(call) ?? {}));
  if (isRecord(message.function_call)) parts.push(functionCallPart(undefined, message.function_call));
  return parts;
}

/** The assistant's speech: its transcript and audio, or in a later request only the id of the audio. */
function spokenParts(audio: UnknownRecord): MessagePart[] {
  const data = asNonEmptyString(audio.data);
  const id = asNonEmptyString(audio.id);
  const parts = textParts(audio.transcript);
  if (data !== undefined) parts.push(blobPart('audio', data));
  // Streamed speech, whose data was hashed as it came.
  const { bytes, sha256 } = audio;
  if (typeof bytes === 'number' && typeof sha256 === 'string') {
    parts.push({ type: 'blob', modality: 'audio', bytes, sha256 });
  }
  if (parts.length === 0 && id !== undefined) parts.push({ type: 'file', modality: 'audio', file_id: id });
  return parts;
}

function contentParts(content: unknown): MessagePart[] {
  return typeof content === 'string' ? textParts(content) : asArray(content).map(contentPart);
}

function contentPart(part: unknown): MessagePart {
  const record = asRecord(part) ?? {};
  switch (record.type) {
    case 'text':
      return { type: 'text', content: asString(record.text) ?? '' };
    case 'refusal':
      return { type: 'text', content: asString(record.refusal) ?? '' };
    // Mistral's.
    case 'thinking':
      return { type: 'reasoning', content: thinkingText(record.thinking) };
    case 'image_url':
      return mediaPart('image', mediaUrl(record.image_url));
    // Not in OpenAI's API, but compatible providers have it.
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

/** OpenAI takes `{ url }`, compatible providers also the URL itself. */
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

/** `functions`, which older models have in place of tools. */
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
