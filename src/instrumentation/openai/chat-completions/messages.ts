/** Messages of the Chat Completions API in the convention's shapes. */
import { parseJson, toJsonObject, toJsonValue } from '../../../foreign/json.js';
import { asArray, asRecord, asString, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import type { Message, MessagePart, ToolCallPart, ToolDefinition } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { audioPart, filePart, mediaPart } from '../media-part.js';

export function chatRequestDetails(body: unknown): ModelRequestDetails {
  const request = asRecord(body);
  const toolDefinitions = chatToolDefinitions(request?.tools);
  return {
    messages: asArray(request?.messages).filter(isRecord).map(inputMessage),
    ...(toolDefinitions.length > 0 && { toolDefinitions }),
  };
}

export function chatOutputMessages(response: unknown): Message[] {
  return asArray(asRecord(response)?.choices).map((choice) => {
    const message = asRecord(asRecord(choice)?.message) ?? {};
    return { role: asText(message.role) ?? 'assistant', parts: assistantParts(message) };
  });
}

function inputMessage(message: ForeignRecord): Message {
  const role = asText(message.role) ?? 'user';
  const name = asText(message.name);
  return { role, ...(name !== undefined && { name }), parts: inputParts(role, message) };
}

function inputParts(role: string, message: ForeignRecord): MessagePart[] {
  if (role !== 'tool') return assistantParts(message);
  const id = asText(message.tool_call_id);
  return [
    { type: 'tool_call_response', ...(id !== undefined && { id }), response: parseJson(message.content) },
  ];
}

/** Content, refusal, audio and tool calls: what an assistant's message may have; others have just the content. */
function assistantParts(message: ForeignRecord): MessagePart[] {
  const parts = contentParts(message.content);
  const refusal = asText(message.refusal);
  if (refusal !== undefined) parts.push({ type: 'text', content: refusal });
  const transcript = asText(asRecord(message.audio)?.transcript);
  if (transcript !== undefined) parts.push({ type: 'text', content: transcript });
  for (const call of asArray(message.tool_calls)) parts.push(toolCallPart(asRecord(call) ?? {}));
  if (isRecord(message.function_call)) parts.push(functionCallPart(undefined, message.function_call));
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
      return mediaPart('image', asString(asRecord(record.image_url)?.url) ?? '');
    case 'input_audio':
      return audioPart(record.input_audio);
    case 'file':
      return filePart(asRecord(record.file) ?? {});
    default:
      return { ...toJsonObject(part, 'content'), type: asText(record.type) ?? 'unknown' };
  }
}

function toolCallPart(call: ForeignRecord): ToolCallPart {
  const id = asText(call.id);
  const custom = asRecord(call.custom);
  if (custom) {
    return {
      type: 'tool_call',
      ...(id !== undefined && { id }),
      name: asText(custom.name) ?? '',
      arguments: asString(custom.input) ?? null,
    };
  }
  return functionCallPart(id, asRecord(call.function) ?? {});
}

function functionCallPart(id: string | undefined, call: ForeignRecord): ToolCallPart {
  return {
    type: 'tool_call',
    ...(id !== undefined && { id }),
    name: asText(call.name) ?? '',
    arguments: parseJson(call.arguments),
  };
}

function chatToolDefinitions(tools: unknown): ToolDefinition[] {
  return asArray(tools)
    .filter(isRecord)
    .map((tool) => {
      const type = asText(tool.type) ?? 'function';
      const definition = asRecord(tool[type]) ?? {};
      const description = asText(definition.description);
      return {
        type,
        name: asText(definition.name) ?? type,
        ...(description !== undefined && { description }),
        ...(definition.parameters !== undefined && { parameters: toJsonValue(definition.parameters) }),
      };
    });
}
