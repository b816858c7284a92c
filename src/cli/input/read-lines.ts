import type { Progress } from '../output/progress.js';
import { expandedBytes, type Input } from './input.js';
import type { InputReport } from './input-report.js';
import { type Line, LineSplitter } from './line-splitter.js';
import { isBlank, parseEvent, type ReadEvent } from './parse-event.js';
import { readFailure } from './read-failure.js';

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
