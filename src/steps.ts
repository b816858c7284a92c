/**
 * Work in steps, between which a turn of the event loop may end: for events with megabytes of text. The one who runs the
 * steps decides how many of them a turn has, and all of them are run at once if the process exits.
 */
import { createHash, type Hash } from 'node:crypto';

export type WorkSteps<Result> = Generator<typeof LONG_STEP | undefined, Result>;

/** Yielded before a step that takes longer than others, so that it has a turn of its own. */
export const LONG_STEP = 'long step';

/** The characters that one step handles. Each of the steps takes less than a millisecond for them. */
export const STEP_LENGTH = 262_144;

/** Runs all steps and returns their result. */
export function finished<Result>(steps: WorkSteps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Characters from which on a part is not copied. */
const LONG_PART = STEP_LENGTH / 16;

/**
 * A long text that is written part by part. Short parts are joined to pieces, which are hashed while they are new, and
 * the pieces to the text: so each character of a long part is copied and encoded once.
 */
export class LongText {
  /** The number of bytes in UTF-8, up to the last piece. */
  bytes = 0;
  readonly pieces: string[] = [];
  readonly #hash: Hash = createHash('sha256');
  #parts: string[] = [];
  #length = 0;

  /** @returns whether a piece is full and should be ended. */
  add(part: string): boolean {
    this.#parts.push(part);
    this.#length += part.length;
    return this.#length >= STEP_LENGTH;
  }

  /** Makes pieces of the parts since the last one. A long part is a piece of its own, so that it is not copied. */
  *endPiece(): WorkSteps<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    let from = 0;
    for (let at = 0; at < parts.length; at += 1) {
      const part = parts[at] as string;
      if (part.length < LONG_PART) continue;
      yield* this.#addPiece(parts.slice(from, at).join(''));
      yield* this.#addPiece(part);
      from = at + 1;
    }
    yield* this.#addPiece(parts.slice(from).join(''));
  }

  *#addPiece(piece: string): WorkSteps<void> {
    if (piece === '') return;
    this.pieces.push(piece);
    this.bytes += Buffer.byteLength(piece);
    yield* hashInSteps(this.#hash, piece);
  }

  /** The SHA-256 of all pieces, as lower-case hex. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Adds a text to a hash. Stops after each piece. */
export function* hashInSteps(hash: Hash, text: string): WorkSteps<void> {
  if (text.length < 2 * STEP_LENGTH) {
    hash.update(text);
    if (text.length >= STEP_LENGTH / 2) yield;
    return;
  }
  for (const piece of textPieces(text)) {
    hash.update(piece);
    yield;
  }
}

/** Returns the pieces of a text that each step handles. */
export function* textPieces(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += STEP_LENGTH) yield wholePiece(text, at);
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
