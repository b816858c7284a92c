/**
 * Calls of tools and what came of them, as items of the Responses API: of tools that the client runs (functions, a
 * computer, a shell …) and of those that the provider runs (file search, web search, code interpreter, hosted MCP …).
 */
import { type JsonObject, type JsonValue, parseJson, toJsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord, asString, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { MessagePart } from '../../semconv/messages.js';
import { responsesToolDefinitions } from './tool-definitions.js';

/** Ids of calls that the provider ran, although their tools may be the client's. */
export type ServedCalls = ReadonlySet<string>;

const CLIENT_TOOL_CALLS: ReadonlySet<string> = new Set([
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
]);

/** Where an item of a call carries what came of it. */
const RESULT_MEMBERS: ReadonlySet<string> = new Set([
  'results',
  'outputs',
  'result',
  'output',
  'tools',
  'error',
]);

const IDS: readonly string[] = ['type', 'id', 'call_id'];

/** Members that tell of the item and not of the call. With the fingerprint the provider knows its program again. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  ...IDS,
  'status',
  'caller',
  'created_by',
  'fingerprint',
  'max_output_length',
]);

/** The calls of a conversation that say themselves where they ran: a shell, in a container of the provider. */
export function callsInContainers(items: readonly UnknownRecord[]): string[] {
  return callIds(items.filter((item) => asRecord(item.environment)?.type === 'container_reference'));
}

/** The calls that are answered. Within one response, no client has had the time to. */
export function answeredCalls(items: readonly UnknownRecord[]): string[] {
  return callIds(items.filter((item) => isToolAnswer(asNonEmptyString(item.type) ?? '')));
}

export function isToolAnswer(type: string): boolean {
  return type.endsWith('_output');
}

/** Whether a tool's answer is the provider's own, so that it belongs to the assistant's turn. */
export function isServedAnswer(type: string, item: UnknownRecord, served: ServedCalls): boolean {
  if (type === 'program_output') return true;
  if (type === 'tool_search_output') return item.execution !== 'client';
  if (type === 'function_call_output' || type === 'custom_tool_call_output') return false;
  const id = callId(item);
  return id !== undefined && served.has(id);
}

/** `undefined` where the item is none of a tool. */
export function toolItemParts(
  type: string,
  item: UnknownRecord,
  served: ServedCalls,
): MessagePart[] | undefined {
  const id = callId(item);
  switch (type) {
    case 'function_call':
      return [toolCall(id, asNonEmptyString(item.name) ?? '', parseJson(item.arguments))];
    // Its input is a text of its own, which may look like JSON.
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
        ? // By the call's id only: its own is that of no call.
          serverToolResponse(type, asNonEmptyString(item.call_id), answerDetails(type, item))
        : toolCallResponse(id, clientToolResult(type, item)),
    ];
  }
  if (!type.endsWith('_call')) return undefined;
  return isClientCall(type, item) && !(id !== undefined && served.has(id))
    ? [toolCall(id, toolName(type), details(item))]
    : serverToolParts(type, id, item);
}

/** The id by which a call and its answer belong together; a tool that the provider runs has just the item's. */
function callId(item: UnknownRecord): string | undefined {
  return asNonEmptyString(item.call_id) ?? asNonEmptyString(item.id);
}

function callIds(items: readonly UnknownRecord[]): string[] {
  return items.map(callId).filter((id) => id !== undefined);
}

function toolName(type: string): string {
  return type.replace(/_call$/, '');
}

/** One that is not known here has a call id only if its answer is to name it. */
function isClientCall(type: string, item: UnknownRecord): boolean {
  return CLIENT_TOOL_CALLS.has(type) || asNonEmptyString(item.call_id) !== undefined;
}

function clientToolResult(type: string, item: UnknownRecord): JsonValue {
  if (type === 'tool_search_output') return answerDetails(type, item);
  // Whether the patch could be applied is the answer; the text explains it.
  if (type === 'apply_patch_call_output') {
    const { status = null, output = null } = toJsonObject(item, 'item');
    return { status, output };
  }
  return parseJson(item.output);
}

function answerDetails(type: string, item: UnknownRecord): JsonObject {
  // The definitions of what was found and not the tools, for the credentials that a hosted MCP server has.
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

/** The call, and its result where the item has it: null stands for none, or none yet. */
function serverToolParts(type: string, id: string | undefined, item: UnknownRecord): MessagePart[] {
  const call: JsonObject = { type };
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(toJsonObject(item, 'item'))) {
    if (IDS.includes(name) || name === 'fingerprint') continue;
    if (RESULT_MEMBERS.has(name)) {
      if (value !== null) result[name] = value;
    } else if (name === 'action' && isRecord(value)) {
      // What a web search found stands within what it looked for.
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
