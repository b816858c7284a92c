import { decodeLine } from '../../input/line-splitter.js';
import { parseEvent } from '../../input/read-events.js';
import { EventScan } from './event-scan.js';
import { BatchWriter, type IndexBatch, type LinePlace } from './index-batch.js';

/**
 * Far larger than the events of this package, which keep digests of media. A line is parsed at once, and one of this size
 * takes 40 ms, in which the page gets no answer.
 */
export const MAX_VIEWED_LINE = 4 * 1024 * 1024;

const LINE_TOO_LONG = `longer than ${MAX_VIEWED_LINE / 1024 / 1024} MiB; skipped`;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const LINE_END = Buffer.of(NEWLINE);

export const FILE_START: LinePlace = { offset: 0, lines: 0 };

/** Reads the events in the bytes of a file, from a place between two lines on. */
export class EventReader {
  readonly #batch = new BatchWriter();
  readonly #scan = new EventScan();
  /** The beginning of a line whose end is in a later chunk; empty if the line is too long. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #offset: number;
  #lines: number;

  constructor({ offset, lines }: LinePlace) {
    this.#offset = offset;
    this.#lines = lines;
  }

  /** Goes on at another place. The bytes before must have ended with a line. */
  goTo({ offset, lines }: LinePlace): void {
    this.#offset = offset;
    this.#lines = lines;
  }

  /** Reads the lines that end within `chunk`. Keeps the rest, so the caller must not reuse its memory. */
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
    for (let end = chunk.indexOf(NEWLINE, start); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#read(chunk, start, end, false);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Reads the bytes after the last newline, if any. */
  end(): void {
    if (this.#pendingBytes > 0) this.#closePending(Buffer.alloc(0), true);
  }

  /** The end of the last line. What comes behind it has to be read again by a reader that goes on from here. */
  get place(): LinePlace {
    return { offset: this.#offset, lines: this.#lines };
  }

  /** Returns the events that were read since the last time. */
  take(): IndexBatch {
    return this.#batch.take(this.place);
  }

  #keep(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > MAX_VIEWED_LINE) this.#pending = [];
    else this.#pending.push(bytes);
  }

  #closePending(rest: Buffer, torn: boolean): void {
    const length = this.#pendingBytes + rest.length;
    const parts = [...this.#pending, rest, LINE_END];
    this.#pending = [];
    this.#pendingBytes = 0;
    if (length > MAX_VIEWED_LINE) this.#skip(length);
    else this.#read(Buffer.concat(parts), 0, length, torn);
  }

  #skip(length: number): void {
    this.#lines += 1;
    this.#offset += length + 1;
    this.#batch.addProblem(this.#lines, LINE_TOO_LONG);
  }

  /** @param end - the place of the newline. */
  #read(bytes: Buffer, start: number, end: number, torn: boolean): void {
    const length = end - start;
    if (length > MAX_VIEWED_LINE) {
      this.#skip(length);
      return;
    }
    this.#lines += 1;
    const offset = this.#offset;
    this.#offset += length + 1;
    if (length === 0) return;
    const endOfText = bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    const scanned = this.#scan.event(bytes, start, endOfText);
    if (scanned !== undefined) {
      this.#batch.add(scanned, this.#lines, offset, length, this.#scan.time);
      return;
    }
    const number = this.#lines;
    const text = decodeLine(bytes.subarray(start, end));
    if (!/\S/.test(text)) return;
    const parsed = parseEvent(torn ? { number, text, torn } : { number, text });
    if ('event' in parsed) this.#batch.add(parsed.event, number, offset, length);
    else this.#batch.addProblem(number, parsed.problem);
  }
}
