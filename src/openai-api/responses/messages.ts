/** Items of the Responses API in the convention's shapes. */
import { type JsonValue, toJsonObject, toJsonValue } from '../../json/json.js';
import {
  asArray,
  asNonEmptyString,
  asRecord,
  asString,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';
import type { ModelRequestDetails } from '../../signals/signal.js';
import { audioPart, filePart, mediaPart, textParts } from '../message-parts.js';
import { responsesToolDefinitions } from './tool-definitions.js';
import {
  answeredCalls,
  callsInContainers,
  isServedAnswer,
  isToolAnswer,
  type ServedCalls,
  toolItemParts,
} from './tool-items.js';

/** Roles of items other than messages and tool calls; `assistant` for types that are not listed. */
const ITEM_ROLES: Readonly<Record<string, string>> = {
  // Items that only the client sends.
  mcp_approval_response: 'user',
  compaction_trigger: 'user',
  configuration_update: 'user',
};

export function responsesRequestDetails(request: UnknownRecord): ModelRequestDetails {
  const instructions = instructionParts(request.instructions);
  const toolDefinitions = responsesToolDefinitions(request.tools);
  return {
    messages: responsesInputMessages(request.input),
    ...(instructions.length > 0 && { systemInstructions: instructions }),
    ...(toolDefinitions.length > 0 && { toolDefinitions }),
  };
}

/** Reads the `input` of a request: a text, or items, each of which becomes one message. */
export function responsesInputMessages(input: unknown): GenAiMessage[] {
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', content: input }] }];
  const items = asArray(input).filter(isRecord);
  const served = new Set(callsInContainers(items));
  return items.map((item) => ({ role: itemRole(item, served), parts: itemParts(item, served) }));
}

/** Returns one message for the only choice, with the parts of all items in order. */
export function responsesOutputMessages(response: unknown): GenAiMessage[] {
  const items = asArray(asRecord(toJsonValue(response))?.output).filter(isRecord);
  const served = new Set([...callsInContainers(items), ...answeredCalls(items)]);
  const parts = items.flatMap((item) => itemParts(item, served));
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** A message may omit its type, and so may a reference, which has only an id. */
function itemType(item: UnknownRecord): string {
  const isReference =
    asNonEmptyString(item.id) !== undefined && item.role === undefined && item.content === undefined;
  return asNonEmptyString(item.type) ?? (isReference ? 'item_reference' : 'message');
}

function itemRole(item: UnknownRecord, served: ServedCalls): string {
  const type = itemType(item);
  if (type === 'message') return asNonEmptyString(item.role) ?? 'user';
  if (isToolAnswer(type)) return isServedAnswer(type, item, served) ? 'assistant' : 'tool';
  if (Object.hasOwn(ITEM_ROLES, type)) return ITEM_ROLES[type] ?? 'assistant';
  return asNonEmptyString(item.role) ?? 'assistant';
}

function itemParts(item: UnknownRecord, served: ServedCalls): MessagePart[] {
  const type = itemType(item);
  switch (type) {
    case 'message':
      return contentParts(item.content);
    case 'reasoning':
      return reasoningParts(item);
    case 'compaction': {
      const id = asNonEmptyString(item.id);
      return [{ type, ...(id !== undefined && { id }) }];
    }
    case 'additional_tools':
      return [{ type, tools: responsesToolDefinitions(item.tools) as readonly unknown[] as JsonValue[] }];
    default:
      return toolItemParts(type, item, served) ?? [{ ...toJsonObject(item, 'item'), type }];
  }
}

/** The summary is the readable part of the reasoning. The encrypted content cannot be read. */
function reasoningParts(item: UnknownRecord): MessagePart[] {
  return [...asArray(item.summary), ...asArray(item.content)]
    .map((part) => asNonEmptyString(asRecord(part)?.text))
    .filter((text) => text !== undefined)
    .map((content) => ({ type: 'reasoning', content }));
}

/** Instructions are a text in a request. A response repeats them and may have items instead, from a prompt template. */
function instructionParts(instructions: unknown): MessagePart[] {
  return typeof instructions === 'string'
    ? contentParts(instructions)
    : asArray(instructions)
        .filter(isRecord)
        .flatMap((item) => itemParts(item, new Set()));
}

function contentParts(content: unknown): MessagePart[] {
  return typeof content === 'string' ? textParts(content) : asArray(content).map(contentPart);
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
    case 'reasoning_text':
    case 'summary_text':
      return { type: 'reasoning', content: asString(record.text) ?? '' };
    case 'input_image':
    case 'computer_screenshot': {
      const fileId = asNonEmptyString(record.file_id);
      if (fileId !== undefined) return { type: 'file', modality: 'image', file_id: fileId };
      return mediaPart('image', asString(record.image_url) ?? '');
    }
    case 'input_file':
      return filePart(record);
    case 'input_audio':
      return audioPart(record.input_audio);
    default:
      return { ...toJsonObject(part, 'content'), type: asNonEmptyString(record.type) ?? 'unknown' };
  }
}
