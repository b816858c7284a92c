import type { ReadEvent } from '../input/parse-event.js';
import { CSV_COLUMNS } from './csv-columns.js';

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
