import { isUtf8 } from 'node:buffer';
import { isRecord } from '../../json/readers.js';
import { NEWLINE_BYTE } from '../../sinks/append-file.js';
import type { SpoolContents } from './spool-contents.js';
import type { SpoolSegment } from './spool-segment.js';

/** The oldest records of a spool that are not acknowledged. */
export interface SpooledBatch {
  readonly lines: readonly string[];
}

export interface SpoolReadLimit {
  readonly events: number;
  /** A larger record is a batch of its own. */
  readonly bytes: number;
}

/** Bytes that are read at a time, unless a batch or a record needs more. */
const CHUNK_BYTES = 256 * 1024;
const MAX_CHUNK_BYTES = 4 * 1024 * 1024;

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

interface Chunk {
  readonly segment: SpoolSegment;
  /** Place of its first byte in the segment. */
  readonly at: number;
  readonly bytes: Buffer;
}

/** A record, and the place behind it and behind unreadable ones that follow it. */
interface ReadRecord {
  readonly line: string;
  readonly end: number;
  /** The number of records up to `end`. */
  readonly records: number;
}

/** Records that were read and are not acknowledged. */
interface RecordsOut {
  readonly segment: SpoolSegment;
  rest: ReadRecord[];
  /** The batch that may be acknowledged. */
  given: SpooledBatch | undefined;
  /** Whether the segment was deleted meanwhile. The records are in memory only then. */
  detached: boolean;
}

interface Cut {
  readonly records: ReadRecord[];
  readonly torn: number;
  /** The place behind unreadable records at the beginning, and their number. */
  readonly skipped: { readonly end: number; readonly records: number } | undefined;
  /** Whether the limit was not reached, though the segment goes on behind the chunk. */
  readonly short: boolean;
}

/** The error of a segment that is shorter than what was written to it. */
export class SegmentEndError extends Error {
  override readonly name = 'SegmentEndError';

  constructor(file: string) {
    super(`${file} was made shorter`);
  }
}

/**
 * Reads the records of a spool from the oldest one, one batch at a time. A batch stays the next one until it is
 * acknowledged.
 */
export class SegmentReader {
  readonly #contents: SpoolContents;
  readonly #onTorn: (count: number) => void;
  #chunk: Chunk | undefined;
  #out: RecordsOut | undefined;

  constructor(contents: SpoolContents, onTorn: (count: number) => void) {
    this.#contents = contents;
    this.#onTorn = onTorn;
  }

  /** The number of records that are in memory only, because their segment was deleted. */
  get detached(): number {
    return this.#out?.detached ? this.#out.rest.length : 0;
  }

  async read(limit: SpoolReadLimit): Promise<SpooledBatch | undefined> {
    for (;;) {
      const step = this.#step(limit);
      if (step.want === undefined) return step.batch;
      const { segment, at, bytes } = step.want;
      this.#take(step.want, await segment.read(bytes, at));
    }
  }

  readSync(limit: SpoolReadLimit): SpooledBatch | undefined {
    for (;;) {
      const step = this.#step(limit);
      if (step.want === undefined) return step.batch;
      const { segment, at, bytes } = step.want;
      this.#take(step.want, segment.readSync(bytes, at));
    }
  }

  acknowledge(batch: SpooledBatch, count: number): void {
    const out = this.#out;
    if (out === undefined || out.given !== batch) return;
    out.given = undefined;
    const taken = out.rest.splice(0, Math.min(count, batch.lines.length));
    const last = taken.at(-1);
    if (out.rest.length === 0) this.#out = undefined;
    if (last === undefined || out.detached) return;
    const records = taken.reduce((sum, record) => sum + record.records, 0);
    this.#contents.acknowledged(out.segment, last.end, records);
  }

  /** Keeps the records that are out although their segment is deleted. Returns their number, with unreadable ones. */
  detach(segment: SpoolSegment): number {
    if (this.#chunk?.segment === segment) this.#chunk = undefined;
    if (this.#out?.segment !== segment || this.#out.detached) return 0;
    this.#out.detached = true;
    return this.#out.rest.reduce((sum, record) => sum + record.records, 0);
  }

  /** Forgets the records that are out, because another process has their segment now. */
  abandon(segment: SpoolSegment): void {
    if (this.#chunk?.segment === segment) this.#chunk = undefined;
    if (this.#out?.segment === segment) this.#out = undefined;
  }

  /** Returns a batch, `undefined` if there is none, or the part of a segment that has to be read before. */
  #step(limit: SpoolReadLimit): {
    batch?: SpooledBatch | undefined;
    want?: Chunk;
  } {
    for (;;) {
      if (this.#out !== undefined) return { batch: this.#give(this.#out, limit) };
      const segment = this.#contents.next;
      if (segment === undefined) return {};
      const chunk = this.#chunkOf(segment);
      if (chunk === undefined) return { want: wanted(segment, wantedBytes(limit)) };
      const cut = cutRecords(segment, chunk, limit);
      const fresh = chunk.at === segment.start;
      if (cut.short && (!fresh || chunk.bytes.length < wantedBytes(limit) || cut.records.length === 0)) {
        const more = fresh ? 2 * chunk.bytes.length : 0;
        // A chunk that is not longer than the one before would be read for ever.
        if (chunk.at + chunk.bytes.length < segment.size) {
          return { want: wanted(segment, Math.max(wantedBytes(limit), more)) };
        }
      }
      this.#accept(segment, cut);
    }
  }

  #take({ segment, at, bytes }: Chunk, length: number): void {
    if (length === 0) throw new SegmentEndError(segment.path);
    this.#chunk = { segment, at, bytes: bytes.subarray(0, length) };
  }

  #chunkOf(segment: SpoolSegment): Chunk | undefined {
    const chunk = this.#chunk;
    if (chunk?.segment !== segment || segment.start < chunk.at) return undefined;
    return segment.start < chunk.at + chunk.bytes.length ? chunk : undefined;
  }

  #accept(segment: SpoolSegment, { records, torn, skipped }: Cut): void {
    if (torn > 0) {
      this.#contents.torn += torn;
      this.#onTorn(torn);
    }
    if (records.length > 0) this.#out = { segment, rest: records, given: undefined, detached: false };
    if (skipped !== undefined) this.#contents.acknowledged(segment, skipped.end, skipped.records);
  }

  #give(out: RecordsOut, limit: SpoolReadLimit): SpooledBatch {
    const lines: string[] = [];
    let bytes = 0;
    for (const { line } of out.rest) {
      bytes += Buffer.byteLength(line);
      if (lines.length > 0 && (lines.length >= limit.events || bytes > limit.bytes)) break;
      lines.push(line);
    }
    out.given = { lines };
    return out.given;
  }
}

function wantedBytes({ bytes }: SpoolReadLimit): number {
  return Math.max(CHUNK_BYTES, Math.min(bytes, MAX_CHUNK_BYTES));
}

function wanted(segment: SpoolSegment, length: number): Chunk {
  const bytes = Buffer.allocUnsafe(Math.min(length, segment.waitingBytes));
  return { segment, at: segment.start, bytes };
}

/** Cuts a batch from a chunk, beginning with the first record that is not acknowledged. */
function cutRecords(segment: SpoolSegment, chunk: Chunk, limit: SpoolReadLimit): Cut {
  const { bytes, at } = chunk;
  const records: ReadRecord[] = [];
  let skipped: Cut['skipped'];
  let torn = 0;
  let total = 0;
  const skip = (end: number, count: number) => {
    torn += 1;
    const last = records.pop();
    if (last === undefined) skipped = { end, records: (skipped?.records ?? 0) + count };
    else records.push({ ...last, end, records: last.records + count });
  };
  for (let from = segment.start - at; records.length < limit.events || records.length === 0; ) {
    const newline = bytes.indexOf(NEWLINE_BYTE, from);
    if (newline < 0) {
      const isLast = at + bytes.length >= segment.size;
      // A crash has cut the last record of the file.
      if (isLast && from < bytes.length) skip(segment.size, 0);
      return { records, torn, skipped, short: !isLast };
    }
    const length = newline - from;
    if (records.length > 0 && total + length > limit.bytes) break;
    const line = readRecord(bytes.subarray(from, newline), segment.foreign);
    from = newline + 1;
    if (line === undefined) {
      skip(at + from, 1);
      continue;
    }
    records.push({ line, end: at + from, records: 1 });
    total += length;
  }
  return { records, torn, skipped, short: false };
}

/** Returns the text of a record; `undefined` if it is damaged. Records of this process need no thorough check. */
function readRecord(bytes: Buffer, foreign: boolean): string | undefined {
  if (bytes[0] !== OPENING_BRACE || bytes.at(-1) !== CLOSING_BRACE) return undefined;
  if (!foreign) return bytes.toString();
  if (!isUtf8(bytes)) return undefined;
  const line = bytes.toString();
  try {
    return isRecord(JSON.parse(line)) ? line : undefined;
  } catch {
    return undefined;
  }
}
