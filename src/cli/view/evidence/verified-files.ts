import { EventVerifier } from '../../../chaukas/verify/event-verifier.js';
import type { VerificationReport } from '../../../chaukas/verify/findings.js';
import * as clock from '../../../clock.js';
import { LineSplitter } from '../../input/line-splitter.js';
import { isBlank, parseEvent } from '../../input/read-events.js';
import { AuditFacts } from '../../report/audit-facts.js';
import { type GivenEvidence, LineOrigins } from '../../verify/verified-inputs.js';
import type { EventIndex } from '../stored/event-index.js';

/** The result of a verification of all files that are in the index. */
export interface VerifiedFiles {
  readonly verification: VerificationReport;
  readonly facts: AuditFacts;
  readonly unreadableLines: number;
  /** The place of a line of the verified stream; `undefined` for line 0, which stands for no line. */
  placeOf(line: number): { readonly file: number; readonly line: number } | undefined;
}

/** Rows of a table in the report. */
export const MAX_ROWS = 1000;

/** Work without a pause. An answer has several turns, which read from files, and each waits so long at the most. */
const SLICE_MS = 5;

/** Lets requests run between the slices of long work. */
export class Slices {
  #began = clock.ticks();

  async pause(): Promise<void> {
    if (clock.ticks() - this.#began < SLICE_MS) return;
    await new Promise((resolve) => clock.setImmediate(resolve));
    this.#began = clock.ticks();
  }
}

/**
 * Verifies all files as one stream, in the order in which they were read. Ends early if the signal is aborted.
 *
 * @param onProgress - called with the part that was read, 0 to 1.
 */
export async function verifyFiles(
  index: EventIndex,
  given: GivenEvidence,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<VerifiedFiles> {
  const verifier = new EventVerifier(given);
  const facts = new AuditFacts(MAX_ROWS);
  const origins = new LineOrigins();
  const slices = new Slices();
  const files = index.files.flatMap((file, at) => (file === undefined || file.lost ? [] : [{ file, at }]));
  const total = files.reduce((sum, { file }) => sum + file.bytes, 0);
  let read = 0;
  let unreadableLines = 0;
  for (const { file, at } of files) {
    origins.begin(String(at));
    const splitter = new LineSplitter();
    const add = async (lines: ReturnType<LineSplitter['push']>): Promise<void> => {
      for (const line of lines) {
        const number = origins.inStream(line.number);
        if (isBlank(line)) continue;
        if (!line.tooLong) verifier.add(line.text, number);
        const parsed = parseEvent(line);
        if ('event' in parsed) facts.add({ event: parsed.event, input: file.name, line });
        else unreadableLines += 1;
        await slices.pause();
      }
    };
    for await (const bytes of file.readAll()) {
      if (signal.aborted) break;
      await add(splitter.push(bytes));
      read += bytes.length;
      onProgress(Math.min(1, read / Math.max(1, total)));
    }
    const last = splitter.end();
    if (last !== undefined) await add([last]);
  }
  return {
    verification: verifier.end(),
    facts,
    unreadableLines,
    placeOf: (line) => {
      const origin = origins.of(line);
      return origin && { file: Number(origin.input), line: origin.line };
    },
  };
}

/** Returns the numbers of the events in lines of files; `undefined` for a line that is not an event. */
export async function numbersOfLines(
  index: EventIndex,
  places: readonly ({ readonly file: number; readonly line: number } | undefined)[],
): Promise<(number | undefined)[]> {
  const slices = new Slices();
  const wanted = new Map<string, number | undefined>();
  for (const place of places) if (place !== undefined) wanted.set(`${place.file}:${place.line}`, undefined);
  if (wanted.size > 0) {
    for (let number = index.firstEvent; number < index.events; number += 1) {
      const { file, line } = index.place(number);
      const key = `${file}:${line}`;
      if (wanted.has(key)) wanted.set(key, number);
      await slices.pause();
    }
  }
  return places.map((place) => place && wanted.get(`${place.file}:${place.line}`));
}
