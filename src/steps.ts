/**
 * Work in steps, between which a turn of the event loop may end: for events with megabytes of text. The one who runs the
 * steps decides how many of them a turn has, and all of them are run at once if the process exits.
 */
import { createHash } from 'node:crypto';

export type WorkSteps<Result> = Generator<void, Result>;

/** The characters that one step handles. Each of the steps takes less than a millisecond for them. */
export const STEP_LENGTH = 262_144;

/** Runs all steps and returns their result. */
export function finished<Result>(steps: WorkSteps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Returns the SHA-256 of texts as if they were one, as lower-case hex. */
export function* sha256InSteps(texts: Iterable<string>): WorkSteps<string> {
  const digest = createHash('sha256');
  let length = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at += STEP_LENGTH) {
      const piece = text.length <= STEP_LENGTH ? text : wholePiece(text, at);
      digest.update(piece);
      length += piece.length;
      if (length < STEP_LENGTH) continue;
      length = 0;
      yield;
    }
  }
  return digest.digest('hex');
}

/** Returns the piece of a text at a place. A surrogate pair at its end belongs to the next piece. */
function wholePiece(text: string, at: number): string {
  const from = isSecondOfPair(text, at) ? at - 1 : at;
  const to = at + STEP_LENGTH;
  return text.slice(from, isSecondOfPair(text, to) ? to - 1 : to);
}

function isSecondOfPair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const code = text.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && code >= 0xdc00 && code <= 0xdfff;
}
