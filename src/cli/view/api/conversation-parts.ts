import { asArray, asNonEmptyString, asNumber, asRecord, asString } from '../../../json/readers.js';
import type { ConversationItem, ConversationPart } from '../view-api.js';

/** A message of an event, in the page's words. */
export interface ShownMessage {
  readonly role: ConversationItem['role'];
  readonly parts: readonly ConversationPart[];
}

const ROLES: Readonly<Record<string, ConversationItem['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

/** A message as events have it: its content is a text, or a list of parts of the GenAI conventions. */
export function shownMessage(message: unknown): ShownMessage {
  const { role, content, parts } = asRecord(message) ?? {};
  const name = asString(role) ?? 'user';
  const listed = typeof content === 'string' ? [textPart(content)] : asArray(content ?? parts).map(shownPart);
  return { role: Object.hasOwn(ROLES, name) ? (ROLES[name] ?? 'agent') : 'agent', parts: listed };
}

export function textPart(text: string): ConversationPart {
  return { kind: 'text', text };
}

/** A part of the GenAI conventions. One that is not known is shown as its JSON. */
export function shownPart(value: unknown): ConversationPart {
  const part = asRecord(value);
  const id = asNonEmptyString(part?.id);
  const withId = id === undefined ? {} : { id };
  switch (part?.type) {
    case 'text':
      return textPart(asString(part.content) ?? '');
    case 'reasoning':
      return { kind: 'reasoning', text: asString(part.content) ?? '' };
    case 'tool_call':
      return { kind: 'tool_call', ...withId, name: asString(part.name) ?? '', arguments: part.arguments };
    case 'server_tool_call':
      return {
        kind: 'tool_call',
        ...withId,
        name: asString(part.name) ?? '',
        arguments: part.server_tool_call,
      };
    case 'tool_call_response':
      return { kind: 'tool_result', ...withId, result: part.response };
    case 'server_tool_call_response':
      return { kind: 'tool_result', ...withId, result: part.server_tool_call_response };
    case 'blob': {
      const [mimeType, bytes, sha256] = [
        asNonEmptyString(part.mime_type),
        asNumber(part.bytes),
        asNonEmptyString(part.sha256),
      ];
      return {
        kind: 'media',
        ...(mimeType !== undefined && { mimeType }),
        ...(bytes !== undefined && { bytes }),
        ...(sha256 !== undefined && { sha256 }),
      };
    }
    default:
      return { kind: 'other', value };
  }
}

/**
 * By which a part is recognised that another event repeats: the request of a call has the answers of the calls before.
 * The two may be cut into messages differently, so that only parts can be compared.
 */
export function partKey(role: string, part: ConversationPart): string {
  switch (part.kind) {
    case 'tool_call':
      return part.id === undefined ? jsonKey([part.kind, part.name, part.arguments]) : `call ${part.id}`;
    case 'tool_result':
      return part.id === undefined ? jsonKey([part.kind, part.result]) : `result ${part.id}`;
    case 'text':
    case 'reasoning':
      return `${role} ${part.kind} ${part.text}`;
    default:
      return jsonKey([role, part]);
  }
}

function jsonKey(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'nested too deep';
  }
}
