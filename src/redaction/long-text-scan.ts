/**
 * Scans long texts in pieces: each piece fits into the buffer in which characters are read fastest, and the scan of a
 * text of megabytes can stop between two of them, so that it does not hold up the event loop.
 */
import type { WorkSteps } from '../steps.js';
import { isBlank, isLetter } from './credential-scan.js';

/** The characters of a piece, without what it shares with its neighbours. */
const PIECE = 12_288;

/** The characters before and behind a piece that are scanned with it. All that a scan looks for is shorter. */
const MARGIN = 1_024;

/** Texts up to this length are scanned in one piece. */
export const LONGEST_PIECE = 16_384;

type Scan = (text: string) => number;

/**
 * Scans a text piece by piece, and returns the traits of all pieces together. The pieces overlap, and begin and end at a
 * blank between two letters, so that no number, no run of base64 and no credential is cut. Where there is no such blank,
 * a piece is longer.
 */
export function* piecewiseTraits(text: string, scan: Scan): WorkSteps<number> {
  const { length } = text;
  let traits = 0;
  for (let from = 0; from < length; ) {
    const to = blankFrom(text, from + PIECE);
    const start = from === 0 ? 0 : blankBefore(text, from - MARGIN);
    traits |= scan(text.slice(start, blankFrom(text, to + MARGIN)));
    from = to;
    if (from < length) yield;
  }
  return traits;
}

/** The first blank between two letters from this place on, or the end of the text. */
function blankFrom(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isBetweenLetters(text, at)) at += 1;
  return Math.min(at, text.length);
}

function blankBefore(text: string, from: number): number {
  let at = from;
  while (at > 0 && !isBetweenLetters(text, at)) at -= 1;
  return Math.max(at, 0);
}

function isBetweenLetters(text: string, at: number): boolean {
  return (
    isBlank(text.charCodeAt(at)) && isLetter(text.charCodeAt(at - 1)) && isLetter(text.charCodeAt(at + 1))
  );
}

/** Traits of texts that were scanned ahead, until their event is redacted. */
const ahead = new Map<string, number>();

/** Scans a text ahead of its redaction, and stops after each piece. */
export function* scanTextAhead(text: string, scan: Scan): WorkSteps<void> {
  if (text.length <= LONGEST_PIECE || ahead.has(text)) return;
  ahead.set(text, yield* piecewiseTraits(text, scan));
  yield;
}

/** Returns the traits of a text that was scanned ahead. */
export function traitsKnownAhead(text: string): number | undefined {
  return ahead.size === 0 ? undefined : ahead.get(text);
}

export function forgetTextsScannedAhead(): void {
  ahead.clear();
}
