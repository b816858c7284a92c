import { isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Progress } from '../output/messages.js';
import { expandedBytes, type Input } from './input.js';
import { type InputReport, readFailure } from './input-report.js';
import { type Line, LineSplitter, MAX_LINE_BYTES } from './line-splitter.js';

/** An event as it was read: an object with a type. Its other members are not checked. */
export type ReadEvent = UnknownRecord;

/** An event and its place in the input. */
export interface EventLine {
  readonly event: ReadEvent;
  readonly input: string;
  readonly line: Line;
}

/**
 * Yields the lines of an input that are not blank, one chunk at a time, because a generator of single lines costs more
 * than reading them. A read error is reported and ends the input, not the program.
 */
export async function* readLines(
  input: Input,
  report: InputReport,
  progress?: Progress,
): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter();
  let any = false;
  let failed = false;
  const filled = (lines: readonly Line[]): Line[] => lines.filter((line) => !isBlank(line));
  progress?.begin(input.name, await input.size());
  try {
    for await (const chunk of expandedBytes(counted(input.read(), progress))) {
      const lines = filled(splitter.push(chunk));
      any ||= lines.length > 0;
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    failed = true;
    report.input(input.name, readFailure(error, input.path));
  }
  const last = splitter.end();
  const rest = filled(last === undefined ? [] : [last]);
  if (rest.length > 0) yield rest;
  else if (!any && !failed) report.notice(input.name, 'is empty');
  progress?.end();
}

/** Shows the progress of reading. */
export async function* counted(chunks: AsyncIterable<Buffer>, progress?: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    progress?.advance(chunk.length);
    yield chunk;
  }
}

/** Yields the events of all inputs in order and reports lines that are not events. */
export async function* readEvents(
  inputs: readonly Input[],
  report: InputReport,
  progress?: Progress,
): AsyncGenerator<readonly EventLine[]> {
  for (const input of inputs) {
    for await (const lines of readLines(input, report, progress)) yield eventsOf(lines, input.name, report);
    report.closed(input.name);
  }
}

/** Returns the events in the lines and reports lines that are not events. */
export function eventsOf(lines: readonly Line[], input: string, report: InputReport): EventLine[] {
  const events: EventLine[] = [];
  for (const line of lines) {
    const parsed = parseEvent(line);
    if ('event' in parsed) events.push({ event: parsed.event, input, line });
    else report.line(input, line.number, parsed.problem);
  }
  return events;
}

type ParsedLine = { readonly event: ReadEvent } | { readonly problem: string };

export const LINE_TOO_LONG = `longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB; skipped`;

/**
 * Returns the event in a line, or the reason why it has none. An unknown type is accepted, because a newer specification
 * may define it.
 */
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
  if (!isRecord(value)) return { problem: `not an event: ${kindOfValue(value)} instead of an object` };
  // Proto JSON has the number of an enum value if the writer does not know its name.
  const { type } = value;
  if ((typeof type === 'string' && type !== '') || typeof type === 'number') return { event: value };
  return { problem: 'not an event: it has no "type"' };
}

/** Whether a line is blank. Some writers separate JSON Lines with blank lines. */
export function isBlank(line: Line): boolean {
  return line.tooLong === undefined && !/\S/.test(line.text);
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
