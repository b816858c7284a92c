import { type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { Line } from './line-splitter.js';
import { MAX_LINE_BYTES } from './line-splitter.js';

/** An event as it was read: nothing is known of it but that it is an object with a type. */
export type ReadEvent = ForeignRecord;

export type ParsedLine = { readonly event: ReadEvent } | { readonly problem: string };

export const LINE_TOO_LONG = `longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB; skipped`;

/** The event that a line holds, or why it holds none. An unknown type is no problem: a newer spec may have it. */
export function parseEvent(line: Line): ParsedLine {
  if (line.tooLong) return { problem: LINE_TOO_LONG };
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (error) {
    return {
      problem: line.torn
        ? 'cut off: the input ends within this line'
        : `not JSON (${error instanceof Error ? error.message : String(error)})`,
    };
  }
  if (!isRecord(value)) return { problem: `not an event: ${describe(value)} instead of an object` };
  // Proto JSON has the number of an enum value where its name is not known to the writer.
  const { type } = value;
  if ((typeof type === 'string' && type !== '') || typeof type === 'number') return { event: value };
  return { problem: 'not an event: it has no "type"' };
}

/** A line that holds nothing; JSON Lines are separated by them here and there. */
export function isBlank(line: Line): boolean {
  return line.tooLong === undefined && !/\S/.test(line.text);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
