/**
 * Scans and searches long texts in pieces. Each piece fits into the buffer in which characters are read fastest, and the
 * scan of a text of megabytes can stop between two of them, so that it does not hold up the event loop. Only the pieces in
 * which the scan finds something are searched.
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

/** A part of a long text. */
interface ScannedPiece {
  readonly from: number;
  readonly to: number;
  /** The traits of the part and of what stands before and behind it. */
  readonly traits: number;
}

/**
 * Scans a text piece by piece. The pieces overlap, and begin and end at a blank between two letters, so that no number, no
 * run of base64 and no credential is cut. Where there is no such blank, a piece is longer.
 */
function* scannedPieces(
  text: string,
  scan: Scan,
  begin = 0,
  end = text.length,
  pieceLength = PIECE,
): WorkSteps<ScannedPiece[]> {
  const pieces: ScannedPiece[] = [];
  for (let from = begin; from < end; ) {
    const to = Math.min(end, blankFrom(text, from + pieceLength));
    pieces.push({ from, to, traits: scan(text.slice(beginAround(text, from), endAround(text, to))) });
    from = to;
    if (from < end) yield;
  }
  return pieces;
}

/** Returns the traits of all pieces of a text together. */
export function* piecewiseTraits(text: string, scan: Scan): WorkSteps<number> {
  return traitsOf(yield* scannedPieces(text, scan));
}

function traitsOf(pieces: readonly ScannedPiece[]): number {
  let all = 0;
  for (const { traits } of pieces) all |= traits;
  return all;
}

function beginAround(text: string, from: number): number {
  return from === 0 ? 0 : blankBefore(text, from - MARGIN);
}

function endAround(text: string, to: number): number {
  return blankFrom(text, to + MARGIN);
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

/** Pieces of texts that were scanned ahead, until their event is redacted. */
const ahead = new Map<string, readonly ScannedPiece[]>();

/** Scans a text ahead of its redaction, and stops after each piece. */
export function* scanTextAhead(text: string, scan: Scan): WorkSteps<void> {
  if (text.length <= LONGEST_PIECE || ahead.has(text)) return;
  ahead.set(text, yield* scannedPieces(text, scan));
  yield;
}

/** Returns the traits of a text that was scanned ahead. */
export function traitsKnownAhead(text: string): number | undefined {
  const pieces = ahead.size === 0 ? undefined : ahead.get(text);
  return pieces && traitsOf(pieces);
}

export function forgetTextsScannedAhead(): void {
  ahead.clear();
}

/** The characters of a piece in which a search looks for something, without what it shares with its neighbours. */
const SEARCHED_PIECE = 1_024;

/** The end of a window, which stays the same if no match goes on behind it. */
const TAIL = 16;

/** Changes a window, and keeps what it has found if it is told to. */
export type WindowChange = (window: string) => { readonly result: string; readonly keep: () => void };

/**
 * Changes a text as `change` would change it as a whole, by windows around what the scan finds.
 *
 * Invariants: a match is where the scan finds something, and looks no further back than a window begins. All that is
 * longer ends at a character that it cannot contain, so it reaches the end of a window that cuts it: such a window is
 * searched again, twice as long.
 *
 * @param dear - traits of which the search takes long, so that its windows should be short.
 * @param mayHold - whether something may be found in a part of the text with these traits.
 */
export function* changedByWindows(
  text: string,
  scan: Scan,
  dear: number,
  mayHold: (part: string, traits: number) => boolean,
  change: WindowChange,
): WorkSteps<string> {
  const long = ahead.get(text) ?? (yield* scannedPieces(text, scan));
  const pieces: ScannedPiece[] = [];
  const isSought = ({ from, to, traits }: ScannedPiece) =>
    mayHold(text.slice(beginAround(text, from), endAround(text, to)), traits);
  for (const piece of long) {
    if (!isSought(piece)) continue;
    // A piece that could not be ended where others end has no shorter ones either.
    if ((piece.traits & dear) === 0 || piece.to - piece.from >= 2 * PIECE) {
      pieces.push(piece);
      continue;
    }
    const small = yield* scannedPieces(text, scan, piece.from, piece.to, SEARCHED_PIECE);
    pieces.push(...small.filter(isSought));
  }
  let result = '';
  let copied = 0;
  for (let next = 0; next < pieces.length; ) {
    const start = beginAround(text, (pieces[next] as ScannedPiece).from);
    let end = start;
    for (;;) {
      for (; next < pieces.length; next += 1) {
        const { from, to } = pieces[next] as ScannedPiece;
        if (end !== start && beginAround(text, from) > end) break;
        end = Math.max(end, endAround(text, to));
      }
      const window = text.slice(start, end);
      const changed = change(window);
      if (end === text.length || changed.result.endsWith(window.slice(-TAIL))) {
        changed.keep();
        result += text.slice(copied, start) + changed.result;
        copied = end;
        break;
      }
      end = blankFrom(text, end + (end - start));
    }
    yield;
  }
  return copied === 0 ? text : result + text.slice(copied);
}
