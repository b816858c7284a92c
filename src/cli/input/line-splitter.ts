/** One line of an input, counted from 1, without its end. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** The input ended before the line did. */
  readonly torn?: true;
  /** Beyond {@link MAX_LINE_BYTES}: `text` is empty, and what it held is gone. */
  readonly tooLong?: true;
}

/**
 * Far above any event; below it a line is kept whole in memory. Without a bound a file that is not made of lines (a
 * disk image, one huge JSON array) would have to fit into memory, and a text of 512 MiB does not fit into Node at all.
 */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Cuts bytes into lines, as they come. It cuts before it decodes, so that a character whose bytes are in two chunks is
 * never torn: no byte of UTF-8 beyond ASCII looks like a newline.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #tooLong = false;
  #number = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end within `chunk`. Keeps the rest of it: the caller must not use its memory again. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      lines.push(this.#close(chunk.subarray(start, end)));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /** What stands after the last newline, if anything does; the next line is number 1 again. */
  end(): Line | undefined {
    const rest = this.#pendingBytes > 0 || this.#tooLong;
    const line = rest ? { ...this.#close(Buffer.alloc(0)), torn: true as const } : undefined;
    this.#number = 0;
    return line;
  }

  #keep(bytes: Buffer): void {
    if (this.#tooLong) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > this.#maxBytes) {
      this.#tooLong = true;
      this.#pending = [];
    }
  }

  #close(bytes: Buffer): Line {
    this.#number += 1;
    const tooLong = this.#tooLong || this.#pendingBytes + bytes.length > this.#maxBytes;
    const whole = this.#pendingBytes === 0 ? bytes : Buffer.concat([...this.#pending, bytes]);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#tooLong = false;
    return tooLong
      ? { number: this.#number, text: '', tooLong }
      : { number: this.#number, text: decode(whole) };
  }
}

function decode(bytes: Buffer): string {
  const end = bytes[bytes.length - 1] === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const text = bytes.toString('utf8', 0, end);
  // Not at the beginning of the file alone: files with a mark may have been put together.
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}
