import { canonicalJson } from '../chaukas/canonical-json.js';
import type { ChaukasEvent } from '../chaukas/event.js';
import type { JsonObject } from '../json/json.js';
import { STEP_LENGTH, textPieces, type WorkSteps } from '../steps.js';

/**
 * Returns one line of canonical JSON per event, each with a line break at its end.
 *
 * @param lines - the events as canonical JSON, if the caller has it already.
 */
export function toJsonLines(
  events: readonly ChaukasEvent[],
  lines: readonly string[] = events.map(lineOf),
): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** Returns the event as canonical JSON. */
export function lineOf(event: ChaukasEvent): string {
  return canonicalJson(event as unknown as JsonObject);
}

/** The longest text that is encoded in one step, which takes about a millisecond. */
const LONGEST_ENCODED_AT_ONCE = 1_048_576;

/** Encodes lines, each with a line break at its end: short ones in one step, 10 MB in 40 steps and not in one of 16 ms. */
export function* encodeLines(lines: readonly string[]): WorkSteps<Buffer> {
  let length = 0;
  for (const line of lines) length += line.length;
  if (length <= LONGEST_ENCODED_AT_ONCE) return Buffer.from(toJsonLines([], lines));
  let size = 0;
  let inStep = 0;
  for (const line of lines) {
    size += Buffer.byteLength(line) + 1;
    inStep += line.length;
    if (inStep < STEP_LENGTH) continue;
    inStep = 0;
    yield;
  }
  const bytes = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const line of lines) {
    for (const piece of textPieces(line)) {
      at += bytes.write(piece, at);
      inStep += piece.length;
      if (inStep < STEP_LENGTH / 2) continue;
      inStep = 0;
      yield;
    }
    at += bytes.write('\n', at);
  }
  return bytes;
}
