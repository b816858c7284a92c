import { isAscii } from 'node:buffer';
import { decodeLine } from '../../input/line-splitter.js';

/** A line and its place in the bytes of its file. */
export interface LineRange {
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  /** Without its line end. */
  readonly length: number;
  /** `undefined` if the line is longer than {@link MAX_VIEWED_LINE}. */
  readonly text: string | undefined;
  /** Whether the file ended before the line did. */
  readonly torn: boolean;
}

/**
 * Far larger than the events of this package, which keep digests of media. A line is parsed at once, and one of this size
 * takes 40 ms, in which the page gets no answer.
 */
export const MAX_VIEWED_LINE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Splits the bytes of a file into lines, like `LineSplitter`, and counts where each line is. Lines are passed on one by
 * one, and are parts of one text if all bytes are ASCII: a buffer and a list entry for each line took a tenth of the time
 * in which a file is indexed.
 */
export class LineRanges {
  readonly #onLine: (line: LineRange) => void;
  /** The beginning of a line whose end is in a later chunk; empty if the line is too long. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #offset = 0;
  #number = 0;

  constructor(onLine: (line: LineRange) => void) {
    this.#onLine = onLine;
  }

  /** Passes on the lines that end within `chunk`. Keeps the rest, so the caller must not reuse its memory. */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.#pendingBytes > 0) {
      const end = chunk.indexOf(NEWLINE);
      if (end === -1) {
        this.#keep(chunk);
        return;
      }
      this.#closePending(chunk.subarray(0, end), false);
      start = end + 1;
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > start) this.#split(chunk.subarray(start, end));
    if (Math.max(start, end) < chunk.length) this.#keep(chunk.subarray(Math.max(start, end)));
  }

  /** Passes on the bytes after the last newline, if any. */
  end(): void {
    if (this.#pendingBytes > 0) this.#closePending(Buffer.alloc(0), true);
  }

  /** @param lines - whole lines with their ends. */
  #split(lines: Buffer): void {
    const text = isAscii(lines) ? lines.toString('latin1') : undefined;
    let start = 0;
    for (let end = lines.indexOf(NEWLINE); end !== -1; end = lines.indexOf(NEWLINE, start)) {
      this.#pass(end - start, text?.slice(start, end) ?? decodeLine(lines.subarray(start, end)), false);
      start = end + 1;
    }
  }

  #keep(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_VIEWED_LINE) this.#pending = [];
    else this.#pending.push(bytes);
  }

  #closePending(rest: Buffer, torn: boolean): void {
    const length = this.#pendingBytes + rest.length;
    const bytes = length > MAX_VIEWED_LINE ? undefined : Buffer.concat([...this.#pending, rest]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#pass(length, bytes && decodeLine(bytes), torn);
  }

  #pass(length: number, text: string | undefined, torn: boolean): void {
    this.#number += 1;
    const offset = this.#offset;
    this.#offset += length + 1;
    this.#onLine({
      number: this.#number,
      offset,
      length,
      text: length > MAX_VIEWED_LINE ? undefined : text,
      torn,
    });
  }
}
