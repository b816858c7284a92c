/**
 * Tool calls and their results as items of the Responses API, both of tools that the client runs (functions, a
 * computer, a shell …) and of tools that the provider runs (file search, web search, code interpreter, hosted MCP …).
 */
import { type JsonObject, type JsonValue, parseJson, toJsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord, asString, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { MessagePart } from '../../semconv/messages.js';
import { responsesToolDefinitions } from './tool-definitions.js';

/** Ids of calls that the provider ran although their tools can also be run by the client. */
export type ServedCalls = ReadonlySet<string>;

const CLIENT_TOOL_CALLS: ReadonlySet<string> = new Set([
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
]);

/** Members in which a call's item carries its result. */
const RESULT_MEMBERS: ReadonlySet<string> = new Set([
  'results',
  'outputs',
  'result',
  'output',
  'tools',
  'error',
]);

const IDS: readonly string[] = ['type', 'id', 'call_id'];

/** Members about the item, not about the call. The provider recognises its program by the fingerprint. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  ...IDS,
  'status',
  'caller',
  'created_by',
  'fingerprint',
  'max_output_length',
]);

/** Returns the ids of calls that ran in a container of the provider, such as a shell's, by their own statement. */
export function callsInContainers(items: readonly UnknownRecord[]): string[] {
  return callIds(items.filter((item) => asRecord(item.environment)?.type === 'container_reference'));
}

/** Returns the ids of calls with an answer. Within one response only the provider can have answered. */
export function answeredCalls(items: readonly UnknownRecord[]): string[] {
  return callIds(items.filter((item) => isToolAnswer(asNonEmptyString(item.type) ?? '')));
}

export function isToolAnswer(type: string): boolean {
  return type.endsWith('_output');
}

/** Whether a tool's answer comes from the provider, so that it belongs to the assistant's turn. */
export function isServedAnswer(type: string, item: UnknownRecord, served: ServedCalls): boolean {
  if (type === 'program_output') return true;
  if (type === 'tool_search_output') return item.execution !== 'client';
  if (type === 'function_call_output' || type === 'custom_tool_call_output') return false;
  const id = callId(item);
  return id !== undefined && served.has(id);
}

/** Returns `undefined` if the item does not belong to a tool. */
export function toolItemParts(
  type: string,
  item: UnknownRecord,
  served: ServedCalls,
): MessagePart[] | undefined {
  const id = callId(item);
  switch (type) {
    case 'function_call':
      return [toolCall(id, asNonEmptyString(item.name) ?? '', parseJson(item.arguments))];
    // Its input is plain text, even if it looks like JSON.
    case 'custom_tool_call':
      return [toolCall(id, asNonEmptyString(item.name) ?? '', asString(item.input) ?? null)];
    case 'tool_search_call':
      return item.execution === 'client'
        ? [toolCall(id, 'tool_search', parseJson(item.arguments))]
        : serverToolParts(type, id, item);
    case 'program':
    case 'mcp_list_tools':
      return serverToolParts(type, id, item);
    default:
  }
  if (isToolAnswer(type)) {
    return [
      isServedAnswer(type, item, served)
        ? // The item's own id does not identify a call.
          serverToolResponse(type, asNonEmptyString(item.call_id), answerDetails(type, item))
        : toolCallResponse(id, clientToolResult(type, item)),
    ];
  }
  if (!type.endsWith('_call')) return undefined;
  return isClientCall(type, item) && !(id !== undefined && served.has(id))
    ? [toolCall(id, toolName(type), details(item))]
    : serverToolParts(type, id, item);
}

/** The id that a call shares with its answer. The call of a tool that the provider runs has only the item's id. */
function callId(item: UnknownRecord): string | undefined {
  return asNonEmptyString(item.call_id) ?? asNonEmptyString(item.id);
}

function callIds(items: readonly UnknownRecord[]): string[] {
  return items.map(callId).filter((id) => id !== undefined);
}

function toolName(type: string): string {
  return type.replace(/_call$/, '');
}

/** A call of an unknown type has a call id only if the client must answer it. */
function isClientCall(type: string, item: UnknownRecord): boolean {
  return CLIENT_TOOL_CALLS.has(type) || asNonEmptyString(item.call_id) !== undefined;
}

function clientToolResult(type: string, item: UnknownRecord): JsonValue {
  if (type === 'tool_search_output') return answerDetails(type, item);
  // The status says whether the patch could be applied, and the text explains it.
  if (type === 'apply_patch_call_output') {
    const { status = null, output = null } = toJsonObject(item, 'item');
    return { status, output };
  }
  return parseJson(item.output);
}

function answerDetails(type: string, item: UnknownRecord): JsonObject {
  // Only the definitions of the tools that were found, because a hosted MCP server's tool contains credentials.
  return type === 'tool_search_output'
    ? { tools: responsesToolDefinitions(item.tools) as readonly unknown[] as JsonValue[] }
    : details(item);
}

function details(item: UnknownRecord): JsonObject {
  return Object.fromEntries(
    Object.entries(toJsonObject(item, 'item')).filter(([name]) => !BOOKKEEPING.has(name)),
  );
}

function toolCall(id: string | undefined, name: string, args: JsonValue): MessagePart {
  return { type: 'tool_call', ...(id !== undefined && { id }), name, arguments: args };
}

function toolCallResponse(id: string | undefined, response: JsonValue): MessagePart {
  return { type: 'tool_call_response', ...(id !== undefined && { id }), response };
}

/** The call, and its result if the item has one. Null means that there is no result, or none yet. */
function serverToolParts(type: string, id: string | undefined, item: UnknownRecord): MessagePart[] {
  const call: JsonObject = { type };
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(toJsonObject(item, 'item'))) {
    if (IDS.includes(name) || name === 'fingerprint') continue;
    if (RESULT_MEMBERS.has(name)) {
      if (value !== null) result[name] = value;
    } else if (name === 'action' && isRecord(value)) {
      // The sources that a web search found are nested in its query.
      const { sources = null, ...action } = value as JsonObject;
      call.action = action;
      if (sources !== null) result.sources = sources;
    } else call[name] = name === 'arguments' ? parseJson(value) : value;
  }
  const parts: MessagePart[] = [
    {
      type: 'server_tool_call',
      ...(id !== undefined && { id }),
      name: asNonEmptyString(item.name) ?? toolName(type),
      server_tool_call: call,
    },
  ];
  if (Object.keys(result).length > 0) parts.push(serverToolResponse(type, id, result));
  return parts;
}

function serverToolResponse(type: string, id: string | undefined, result: JsonObject): MessagePart {
  return {
    type: 'server_tool_call_response',
    ...(id !== undefined && { id }),
    server_tool_call_response: { type, ...result },
  };
}
