import { isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Progress } from '../output/messages.js';
import { expandedBytes, type Input } from './input.js';
import { type InputReport, readFailure } from './input-report.js';
import { type Line, LineSplitter, MAX_LINE_BYTES } from './line-splitter.js';

/** An event and where it stood. */
export interface EventLine {
  readonly event: ReadEvent;
  readonly input: string;
  readonly line: Line;
}

/**
 * The lines of an input that hold something, those of one chunk at a time: a generator that gives single lines costs
 * more than reading them. What cannot be read is told and ends the input, not the program.
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
  else if (!any && !failed) report.notice(input.name, 'is empty: no event in it');
  progress?.end();
}

async function* counted(chunks: AsyncIterable<Buffer>, progress?: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    progress?.advance(chunk.length);
    yield chunk;
  }
}

/** The events of all inputs, one after the other; lines that are none are told. */
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

/** The events that lines hold; those that hold none are told. */
export function eventsOf(lines: readonly Line[], input: string, report: InputReport): EventLine[] {
  const events: EventLine[] = [];
  for (const line of lines) {
    const parsed = parseEvent(line);
    if ('event' in parsed) events.push({ event: parsed.event, input, line });
    else report.line(input, line.number, parsed.problem);
  }
  return events;
}

/** An event as it was read: nothing is known of it but that it is an object with a type. */
export type ReadEvent = UnknownRecord;

type ParsedLine = { readonly event: ReadEvent } | { readonly problem: string };

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
