/** A line and its place in the bytes of its file. */
export interface LineRange {
  /** From 1. */
  readonly number: number;
  readonly offset: number;
  /** Without its line end. */
  readonly length: number;
  /** Absent if the line is longer than {@link MAX_VIEWED_LINE}. */
  readonly bytes?: Buffer;
  /** Set if the file ended before the line did. */
  readonly torn?: true;
}

/**
 * Far larger than the events of this package, which keep digests of media. A line is parsed at once, and one of this size
 * takes 40 ms, in which the page gets no answer.
 */
export const MAX_VIEWED_LINE = 4 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Splits the bytes of a file into lines, like `LineSplitter`, and counts where each line is. */
export class LineRanges {
  /** The beginning of a line whose end is in a later chunk; empty if the line is too long. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #offset = 0;
  #number = 0;

  /** Returns the lines that end within `chunk`. Keeps the rest, so the caller must not reuse its memory. */
  push(chunk: Buffer): LineRange[] {
    const lines: LineRange[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#close(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** Returns the bytes after the last newline, if any. */
  end(): LineRange | undefined {
    return this.#pendingBytes > 0 ? { ...this.#close(Buffer.alloc(0)), torn: true } : undefined;
  }

  #keep(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_VIEWED_LINE) this.#pending = [];
    else this.#pending.push(bytes);
  }

  #close(rest: Buffer): LineRange {
    this.#number += 1;
    const length = this.#pendingBytes + rest.length;
    const place = { number: this.#number, offset: this.#offset, length };
    const bytes = this.#pendingBytes === 0 ? rest : Buffer.concat([...this.#pending, rest]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#offset += length + 1;
    return length > MAX_VIEWED_LINE ? place : { ...place, bytes };
  }
}
