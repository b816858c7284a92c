import { asRecord } from '../json/readers.js';
import { shortType } from './events/event-type.js';
import { durationOf } from './events/measures.js';
import type { ReadEvent } from './input/read-events.js';

/** Members of the `content` oneof, in the order of their numbers. */
const CONTENT_MEMBERS = [
  'message',
  'tool_call',
  'tool_response',
  'llm_invocation',
  'policy',
  'data_access',
  'state_update',
  'error',
  'agent_handoff',
  'mcp_call',
] as const;

/** Columns in their order: name, and the value of an event. New ones come at the end, so that a reader by position lives. */
export const CSV_COLUMNS: readonly (readonly [name: string, value: (event: ReadEvent) => unknown])[] = [
  ['event_id', member('event_id')],
  ['timestamp', member('timestamp')],
  ['type', ({ type }) => (typeof type === 'string' ? shortType(type) : type)],
  ['status', withoutPrefix('status', 'EVENT_STATUS_')],
  ['severity', withoutPrefix('severity', 'SEVERITY_')],
  ['author', withoutPrefix('author', 'AUTHOR_')],
  ['tenant_id', member('tenant_id')],
  ['project_id', member('project_id')],
  ['session_id', member('session_id')],
  ['trace_id', member('trace_id')],
  ['span_id', member('span_id')],
  ['parent_span_id', member('parent_span_id')],
  ['agent_id', member('agent_id')],
  ['agent_name', member('agent_name')],
  ['invocation_id', member('invocation_id')],
  ['response_id', member('response_id')],
  ['duration_ms', durationOf],
  ['provider', member('llm_invocation', 'provider')],
  ['model', member('llm_invocation', 'model')],
  ['prompt_tokens', member('llm_invocation', 'prompt_tokens')],
  ['completion_tokens', member('llm_invocation', 'completion_tokens')],
  ['total_tokens', member('llm_invocation', 'total_tokens')],
  ['finish_reason', member('llm_invocation', 'finish_reason')],
  ['total_cost', member('cost', 'total_cost')],
  ['currency', member('cost', 'currency')],
  ['tool_name', member('tool_call', 'name')],
  ['tool_call_id', (event) => asRecord(event.tool_call)?.id ?? asRecord(event.tool_response)?.tool_call_id],
  ['mcp_server', member('mcp_call', 'server_name')],
  ['mcp_operation', member('mcp_call', 'operation')],
  ['role', member('message', 'role')],
  ['text', member('message', 'text')],
  ['policy_id', member('policy', 'policy_id')],
  ['policy_outcome', member('policy', 'outcome')],
  ['datasource', member('data_access', 'datasource')],
  ['error_code', member('error', 'error_code')],
  [
    'error_message',
    (event) => asRecord(event.error)?.error_message ?? asRecord(event.tool_response)?.error_message,
  ],
  ['retry_attempt', member('retry', 'attempt')],
  ['retry_backoff_ms', member('retry', 'backoff_ms')],
  ['branch', member('branch')],
  ['tags', member('tags')],
  ['pii_categories', member('pii_categories')],
  ['hash_prev', member('hash_prev')],
  ['content_hash', member('content_hash')],
  ['worm_proof_id', member('worm_proof_id')],
  ['content_kind', contentKind],
  ['content', (event) => event[contentKind(event) ?? '']],
  ['metadata', member('metadata')],
];

function member(name: string, inner?: string): (event: ReadEvent) => unknown {
  return inner === undefined ? (event) => event[name] : (event) => asRecord(event[name])?.[inner];
}

function withoutPrefix(name: string, prefix: string): (event: ReadEvent) => unknown {
  return (event) => {
    const value = event[name];
    return typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length) : value;
  };
}

function contentKind(event: ReadEvent): string | undefined {
  return CONTENT_MEMBERS.find((name) => event[name] !== undefined);
}

/** RFC 4180 wants it, also on systems with other ends of lines. */
const END_OF_ROW = '\r\n';

/** What a spreadsheet takes for a formula, also written wide as East Asian scripts do. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export function csvHeader(): string {
  return CSV_COLUMNS.map(([name]) => name).join(',') + END_OF_ROW;
}

export function csvRow(event: ReadEvent): string {
  return CSV_COLUMNS.map(([, value]) => csvCell(value(event))).join(',') + END_OF_ROW;
}

/**
 * A value as a cell. A text that a spreadsheet would run gets a `'` before it: an event may quote what a stranger
 * wrote. Lists of texts are separated by `;`, anything else that has parts is JSON.
 */
export function csvCell(value: unknown): string {
  // Most cells of most events.
  if (value === undefined || value === null) return '';
  // A negative number begins as a formula does, and is none.
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = cellText(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(';');
  return JSON.stringify(value);
}
