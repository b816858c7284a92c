/** Items of the Responses API in the convention's shapes. */
import {
  type JsonObject,
  type JsonValue,
  parseJson,
  toJsonObject,
  toJsonValue,
} from '../../../foreign/json.js';
import { asArray, asRecord, asString, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import type { Message, MessagePart, ToolDefinition } from '../../../semconv/messages.js';
import type { ModelRequestDetails } from '../../../signals/signal.js';
import { audioPart, filePart, mediaPart } from '../media-part.js';

export function responsesRequestDetails(body: unknown): ModelRequestDetails {
  // A copy first: one part that cannot be read is named in it, and the others are there all the same.
  const request = asRecord(toJsonValue(body));
  const instructions = instructionParts(request?.instructions);
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
  const items = asArray(toJsonValue(input)).filter(isRecord);
  const served = new Set(items.filter(runsInContainer).map(callId));
  return items.map((item) => ({ role: itemRole(item), parts: itemParts(item, served) }));
}

/** One message for the one choice there is: its items in order, their parts joined. */
export function responsesOutputMessages(response: unknown): Message[] {
  const items = asArray(asRecord(toJsonValue(response))?.output).filter(isRecord);
  // The client has had no time to answer: what is answered here, the provider ran.
  const served = new Set(
    items.filter((item) => runsInContainer(item) || isAnswer(asText(item.type))).map(callId),
  );
  const parts = items.flatMap((item) => itemParts(item, served));
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/* Items */

/** Whose word an item is that is no message; of all others, the assistant's. */
const ITEM_ROLES: Readonly<Record<string, string>> = {
  // An answer to the provider that only the client can give, and nothing that a tool has said.
  mcp_approval_response: 'user',
  compaction_trigger: 'user',
  configuration_update: 'user',
  // The provider's own tools answer within the assistant's turn.
  program_output: 'assistant',
};

function itemRole(item: ForeignRecord): string {
  const type = itemType(item);
  if (type === 'message') return asText(item.role) ?? 'user';
  const role = Object.hasOwn(ITEM_ROLES, type) ? ITEM_ROLES[type] : asText(item.role);
  if (role !== undefined) return role;
  return isAnswer(type) && (type !== 'tool_search_output' || item.execution === 'client')
    ? 'tool'
    : 'assistant';
}

/** A message may leave its type out, and so may a reference, which has nothing but an id. */
function itemType(item: ForeignRecord): string {
  const type = asText(item.type);
  if (type !== undefined) return type;
  const isReference = asText(item.id) !== undefined && item.role === undefined && item.content === undefined;
  return isReference ? 'item_reference' : 'message';
}

/** @param served - ids of the calls that the provider ran, of tools that the client may run too. */
function itemParts(item: ForeignRecord, served: ReadonlySet<string | undefined>): MessagePart[] {
  const type = itemType(item);
  const id = callId(item);
  switch (type) {
    case 'message':
      return contentParts(item.content);
    case 'function_call':
      return [toolCall(id, asText(item.name) ?? '', parseJson(item.arguments))];
    // Its input is a text of its own, which may look like JSON.
    case 'custom_tool_call':
      return [toolCall(id, asText(item.name) ?? '', asString(item.input) ?? null)];
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [toolCallResponse(id, parseJson(item.output))];
    case 'tool_search_call':
      return item.execution === 'client'
        ? [toolCall(id, 'tool_search', parseJson(item.arguments))]
        : serverToolParts(type, id, item);
    case 'tool_search_output':
      return [toolSearchOutput(type, id, item)];
    case 'program':
      return serverToolParts(type, id, item);
    case 'program_output':
      return [serverToolResponse(type, id, detailsOf(item))];
    case 'mcp_list_tools':
      return serverToolParts(type, id, item);
    case 'reasoning':
      return reasoningParts(item);
    case 'compaction':
      return [{ type, ...(id !== undefined && { id }) }];
    case 'additional_tools':
      // Their definitions and not the tools, which may hold the credentials of an MCP server.
      return [{ type, tools: responsesToolDefinitions(item.tools) as unknown as JsonValue[] }];
    default:
  }
  const providerRan = id !== undefined && served.has(id);
  if (isAnswer(type)) {
    return [
      providerRan
        ? serverToolResponse(type, id, detailsOf(item))
        : toolCallResponse(id, clientToolResult(type, item)),
    ];
  }
  if (!type.endsWith('_call')) return [{ ...toJsonObject(item, 'item'), type }];
  return isClientTool(type, item) && !providerRan
    ? [toolCall(id, toolName(type), detailsOf(item))]
    : serverToolParts(type, id, item);
}

/** The id by which a call and its answer belong together; a tool that the provider runs has just the item's. */
function callId(item: ForeignRecord): string | undefined {
  return asText(item.call_id) ?? asText(item.id);
}

function isAnswer(type: string | undefined): boolean {
  return type?.endsWith('_output') ?? false;
}

function toolName(type: string): string {
  return type.replace(/_call(_output)?$/, '');
}

/** A summary is what the model shows of its reasoning; the encrypted content is nobody's text. */
function reasoningParts(item: ForeignRecord): MessagePart[] {
  return [...asArray(item.summary), ...asArray(item.content)]
    .map((part) => asText(asRecord(part)?.text))
    .filter((text) => text !== undefined)
    .map((content) => ({ type: 'reasoning', content }));
}

/* Tools of the client */

const CLIENT_TOOL_CALLS: ReadonlySet<string> = new Set([
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
]);

/** One that is not known here has a call id only if its answer is to name it. */
function isClientTool(type: string, item: ForeignRecord): boolean {
  return CLIENT_TOOL_CALLS.has(type) || asText(item.call_id) !== undefined;
}

/** A shell may run at the client or in a container of the provider; only the call says which. */
function runsInContainer(item: ForeignRecord): boolean {
  return asRecord(item.environment)?.type === 'container_reference';
}

function clientToolResult(type: string, item: ForeignRecord): JsonValue {
  // Whether the patch could be applied is the answer; the text explains it.
  if (type === 'apply_patch_call_output') return detailsOf(item, ['status', 'output']);
  return parseJson(item.output);
}

function toolCall(id: string | undefined, name: string, args: JsonValue): MessagePart {
  return { type: 'tool_call', ...(id !== undefined && { id }), name, arguments: args };
}

function toolCallResponse(id: string | undefined, response: JsonValue): MessagePart {
  return { type: 'tool_call_response', ...(id !== undefined && { id }), response };
}

/** Members of an item that tell of the item and not of the call. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  'type',
  'id',
  'call_id',
  'status',
  'caller',
  'created_by',
  // With it the provider recognises its own program; it says nothing.
  'fingerprint',
]);

/** What the item says of the call; only `names` of it where they are given. */
function detailsOf(item: ForeignRecord, names?: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(toJsonObject(item, 'item')).filter(([name]) =>
      names === undefined ? !BOOKKEEPING.has(name) : names.includes(name),
    ),
  );
}

/* Tools of the provider */

/** Where an item of a call carries what came of it. */
const RESULT_MEMBERS: readonly string[] = ['results', 'outputs', 'result', 'output', 'tools', 'error'];

/** A tool that the provider ran itself (file search, web search, code interpreter, hosted MCP …). */
function serverToolParts(type: string, id: string | undefined, item: ForeignRecord): MessagePart[] {
  const call: JsonObject = {};
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(toJsonObject(item, 'item'))) {
    if (name === 'type' || name === 'id' || name === 'call_id' || name === 'fingerprint') continue;
    // Null where there is none, or none yet.
    if (RESULT_MEMBERS.includes(name)) {
      if (value !== null) result[name] = value;
    } else if (name === 'arguments') call[name] = parseJson(value);
    else if (name === 'action' && isRecord(value)) {
      const { sources, ...action } = value as JsonObject;
      call[name] = action;
      // What a web search found stands within what it looked for.
      if (sources !== undefined && sources !== null) result.sources = sources;
    } else call[name] = value;
  }
  const parts: MessagePart[] = [
    {
      type: 'server_tool_call',
      ...(id !== undefined && { id }),
      name: asText(item.name) ?? toolName(type),
      server_tool_call: { ...call, type },
    },
  ];
  if (Object.keys(result).length > 0) parts.push(serverToolResponse(type, id, result));
  return parts;
}

function serverToolResponse(type: string, id: string | undefined, details: JsonObject): MessagePart {
  return {
    type: 'server_tool_call_response',
    ...(id !== undefined && { id }),
    server_tool_call_response: { ...details, type },
  };
}

/** Tools that were found. Their definitions and not they, for the credentials that an MCP server has. */
function toolSearchOutput(type: string, id: string | undefined, item: ForeignRecord): MessagePart {
  const tools = responsesToolDefinitions(item.tools) as unknown as JsonValue[];
  return item.execution === 'client'
    ? toolCallResponse(id, { tools })
    : serverToolResponse(type, id, { tools });
}

/* Content */

/** A text in a request; a response repeats it and may have items instead, from a prompt template. */
function instructionParts(instructions: unknown): MessagePart[] {
  return typeof instructions === 'string'
    ? contentParts(instructions)
    : asArray(instructions)
        .filter(isRecord)
        .flatMap((item) => itemParts(item, new Set()));
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
    case 'reasoning_text':
    case 'summary_text':
      return { type: 'reasoning', content: asString(record.text) ?? '' };
    case 'input_image':
    case 'computer_screenshot': {
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

/* Tool definitions */

/** Built-in tools have no name but their type. */
function responsesToolDefinitions(tools: unknown): ToolDefinition[] {
  return asArray(tools)
    .filter(isRecord)
    .map((tool) => {
      const type = asText(tool.type) ?? 'function';
      const description = asText(tool.description) ?? asText(tool.server_description);
      const serverLabel = asText(tool.server_label);
      const members = responsesToolDefinitions(tool.tools);
      return {
        type,
        name: asText(tool.name) ?? type,
        ...(serverLabel !== undefined && { server_label: serverLabel }),
        ...(description !== undefined && { description }),
        ...(tool.parameters !== undefined && { parameters: toJsonValue(tool.parameters) }),
        ...(members.length > 0 && { tools: members }),
      };
    });
}
