import {
  CONTENT_NAMES,
  CONTENT_SCHEMA,
  type ContentName,
  type ENUM_PREFIXES,
  shortEnumName,
} from '../../chaukas/event-schema.js';
import { asRecord } from '../../json/readers.js';
import { durationOf } from '../events/measures.js';
import type { ReadEvent } from '../input/read-events.js';

type Column = readonly [name: string, value: (event: ReadEvent) => unknown];

/**
 * Columns in their order, each with its value of an event. A new column goes to the end, so that programs that read by
 * position keep working; the columns of a new kind of content do so by themselves.
 */
export const CSV_COLUMNS: readonly Column[] = distinct([
  ['event_id', member('event_id')],
  ['timestamp', member('timestamp')],
  ['type', enumName('type')],
  ['status', enumName('status')],
  ['severity', enumName('severity')],
  ['author', enumName('author')],
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
  ...contentColumns('llm_invocation'),
  ['total_cost', member('cost', 'total_cost')],
  ['currency', member('cost', 'currency')],
  ...contentColumns('tool_call'),
  ...contentColumns('mcp_call'),
  ...contentColumns('message'),
  ...contentColumns('policy'),
  ...contentColumns('data_access'),
  ...contentColumns('error'),
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
  ...CONTENT_NAMES.flatMap(contentColumns),
]);

/** Each column once, at its first place. */
function distinct(columns: readonly Column[]): Column[] {
  const byName = new Map<string, Column>();
  for (const column of columns) if (!byName.has(column[0])) byName.set(column[0], column);
  return [...byName.values()];
}

/** The columns that show members of a content, or of any other content that has the same column. */
function contentColumns(content: ContentName): Column[] {
  return Object.keys(CONTENT_SCHEMA[content].columns ?? {}).map((column) => {
    const values = CONTENT_NAMES.flatMap((name) => {
      const inner = CONTENT_SCHEMA[name].columns?.[column];
      return inner === undefined ? [] : [member(name, inner)];
    });
    return [column, firstOf(values)];
  });
}

function firstOf(values: readonly ((event: ReadEvent) => unknown)[]): (event: ReadEvent) => unknown {
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) return only;
  return (event) => {
    for (const value of values) {
      const found = value(event) ?? undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function member(name: string, inner?: string): (event: ReadEvent) => unknown {
  return inner === undefined ? (event) => event[name] : (event) => asRecord(event[name])?.[inner];
}

function enumName(name: keyof typeof ENUM_PREFIXES): (event: ReadEvent) => unknown {
  return (event) => {
    const value = event[name];
    return typeof value === 'string' ? shortEnumName(name, value) : value;
  };
}

function contentKind(event: ReadEvent): string | undefined {
  return CONTENT_NAMES.find((name) => event[name] !== undefined);
}

/** RFC 4180 requires it, also on systems with other line ends. */
const END_OF_ROW = '\r\n';

/** Text that a spreadsheet takes for a formula, also in the full-width characters of East Asian scripts. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

export function csvHeader(): string {
  return CSV_COLUMNS.map(([name]) => name).join(',') + END_OF_ROW;
}

export function csvRow(event: ReadEvent): string {
  return CSV_COLUMNS.map(([, value]) => csvCell(value(event))).join(',') + END_OF_ROW;
}

/**
 * Returns a value as a cell. Text that a spreadsheet would run gets a `'` before it, because an event may quote text from
 * an untrusted source. Lists of strings are joined with `;`, and other objects are JSON.
 */
export function csvCell(value: unknown): string {
  // Most cells of most events are empty.
  if (value === undefined || value === null) return '';
  // A negative number starts like a formula, but is not one.
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
