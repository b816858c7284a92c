/** Items of the Responses API in the convention's shapes. */
import { type JsonObject, parseJson, toJsonObject, toJsonValue } from '../../../foreign/json.js';
import { asArray, asRecord, asString, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import type { Message, MessagePart, ToolDefinition } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { audioPart, filePart, mediaPart } from '../media-part.js';

export function responsesRequestDetails(body: unknown): ModelRequestDetails {
  const request = asRecord(body);
  const instructions = contentParts(request?.instructions);
  const toolDefinitions = responsesToolDefinitions(request?.tools);
  return {
    messages: responsesInputMessages(request?.input),
    ...(instructions.length > 0 && { systemInstructions: instructions }),
    ...(toolDefinitions.length > 0 && { toolDefinitions }),
  };
}

/** The `input` of a request: a text, or items of which each is a message of its own, in the order sent. */
export function responsesInputMessages(input: unknown): Message[] {
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', content: input }] }];
  return asArray(input)
    .filter(isRecord)
    .map((item) => ({ role: itemRole(item), parts: itemParts(item) }));
}

/** One message for the one choice there is: its items in order, their parts joined. */
export function responsesOutputMessages(response: unknown): Message[] {
  const parts = asArray(asRecord(response)?.output).filter(isRecord).flatMap(itemParts);
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

function itemRole(item: ForeignRecord): string {
  const type = asText(item.type);
  if (type === undefined || type === 'message') return asText(item.role) ?? 'user';
  return type.endsWith('_output') ? 'tool' : 'assistant';
}

function itemParts(item: ForeignRecord): MessagePart[] {
  const type = asText(item.type);
  const id = asText(item.call_id) ?? asText(item.id);
  switch (type) {
    case undefined:
    case 'message':
      return contentParts(item.content);
    case 'function_call':
    case 'custom_tool_call':
      return [
        {
          type: 'tool_call',
          ...(id !== undefined && { id }),
          name: asText(item.name) ?? '',
          arguments: parseJson(item.arguments ?? item.input),
        },
      ];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [
        { type: 'tool_call_response', ...(id !== undefined && { id }), response: parseJson(item.output) },
      ];
    case 'reasoning':
      return reasoningParts(item);
    case 'compaction':
      return [{ type: 'compaction', ...(id !== undefined && { id }) }];
    default:
      return type.endsWith('_call')
        ? [serverToolCall(type, id, item)]
        : [{ ...toJsonObject(item, 'item'), type }];
  }
}

/** A summary is what the model shows of its reasoning; the encrypted content is nobody's text. */
function reasoningParts(item: ForeignRecord): MessagePart[] {
  return [...asArray(item.summary), ...asArray(item.content)]
    .map((part) => asText(asRecord(part)?.text))
    .filter((text) => text !== undefined)
    .map((content) => ({ type: 'reasoning', content }));
}

/** A tool that the provider ran itself (file search, web search, code interpreter, hosted MCP …). */
function serverToolCall(type: string, id: string | undefined, item: ForeignRecord): MessagePart {
  const details: JsonObject = toJsonObject(item, 'item');
  const { id: _id, ...call } = details;
  return {
    type: 'server_tool_call',
    ...(id !== undefined && { id }),
    name: asText(item.name) ?? type.slice(0, -'_call'.length),
    server_tool_call: call,
  };
}

function contentParts(content: unknown): MessagePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  return asArray(content).map(contentPart);
}

function contentPart(part: unknown): MessagePart {
  const record = asRecord(part) ?? {};
  switch (record.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', content: asString(record.text) ?? '' };
    case 'refusal':
      return { type: 'text', content: asString(record.refusal) ?? '' };
    case 'input_image': {
      const fileId = asText(record.file_id);
      if (fileId !== undefined) return { type: 'file', modality: 'image', file_id: fileId };
      return mediaPart('image', asString(record.image_url) ?? '');
    }
    case 'input_file':
      return filePart(record);
    case 'input_audio':
      return audioPart(record.input_audio);
    default:
      return { ...toJsonObject(part, 'content'), type: asText(record.type) ?? 'unknown' };
  }
}

/** Built-in tools have no name but their type. */
function responsesToolDefinitions(tools: unknown): ToolDefinition[] {
  return asArray(tools)
    .filter(isRecord)
    .map((tool) => {
      const type = asText(tool.type) ?? 'function';
      const description = asText(tool.description);
      return {
        type,
        name: asText(tool.name) ?? type,
        ...(description !== undefined && { description }),
        ...(tool.parameters !== undefined && { parameters: toJsonValue(tool.parameters) }),
      };
    });
}
