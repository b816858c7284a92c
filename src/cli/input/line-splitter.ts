/** One line of an input, counted from 1, without its line end. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** Set if the input ended before the line did. */
  readonly torn?: true;
  /** Set if the line is longer than {@link MAX_LINE_BYTES}. Then `text` is empty. */
  readonly tooLong?: true;
}

/**
 * Far larger than any event. Shorter lines are kept in memory. Without a bound, a file that is not made of lines (a disk
 * image, one huge JSON array) would have to fit into memory, and Node does not support strings of 512 MiB.
 */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Splits chunks of bytes into lines. It splits before it decodes, so that a character whose bytes are in two chunks stays
 * intact: in UTF-8 no byte of a character beyond ASCII looks like a newline.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  /** The beginning of a line whose end is in a later chunk. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #tooLong = false;
  #number = 0;

  constructor(maxBytes = MAX_LINE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Returns the lines that end within `chunk`. Keeps the rest, so the caller must not reuse its memory. */
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

  /** Returns the text after the last newline, if any. The next line is number 1 again. */
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
      : { number: this.#number, text: decodeLine(whole) };
  }
}

/** Returns the text of a line's bytes, without the rest of a line end and without a byte order mark. */
export function decodeLine(bytes: Buffer): string {
  const end = bytes[bytes.length - 1] === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
  const text = bytes.toString('utf8', 0, end);
  // Not only at the beginning of the file: files with a mark may have been concatenated.
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}
