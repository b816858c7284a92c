import fs from 'node:fs';
import { promisify } from 'node:util';
import * as clock from '../../clock.js';
import { countNewlines, ignoreUnsupported, NEWLINE, NEWLINE_BYTE } from '../../sinks/append-file.js';
import { isMissing } from './file-errors.js';
import type { SpoolContents } from './spool-contents.js';
import type { SpoolFolder } from './spool-folder.js';
import type { SpoolSettings } from './spool-options.js';
import { SpoolSegment } from './spool-segment.js';

const write = promisify(fs.write);
const fstat = promisify(fs.fstat);
const datasync = promisify(fs.fdatasync);
const truncate = promisify(fs.ftruncate);

/** Size after which a new segment is begun. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** A small spool has more than a few segments, so that a full one gives up a small part at a time. */
const MIN_SEGMENTS = 8;
/** Characters that are written at a time. */
const CHUNK_CHARS = 256 * 1024;

/** Milliseconds without an attempt after the disk has failed. */
const RETRY_MS = 1_000;
/** Longest time that an exiting process waits for a pending write. */
const LAST_WRITE_TIMEOUT_MS = 1_000;

/** The parts of the spool that the writer uses. */
export interface WriterHost {
  readonly contents: SpoolContents;
  readonly settings: SpoolSettings;
  /** Returns the folder of this process, which is created if it is not there. Throws if that fails. */
  ownFolder(): SpoolFolder;
  /** Resolves when this process has shown again that it lives, if it was silent for long. */
  stillOwns(): Promise<void>;
  /** Called if the files of this process were deleted. */
  folderGone(): void;
  /** Gives up a segment, because the spool is full. */
  drop(segment: SpoolSegment): void;
  full(): void;
  failed(error: unknown): void;
  stored(): void;
}

/** Lines that `append` was called with. */
interface PendingLines {
  readonly lines: readonly string[];
  stored: number;
}

interface LineChunk {
  readonly bytes: Buffer;
  readonly count: number;
}

/** A write that another thread performs. */
interface PendingWrite {
  readonly segment: SpoolSegment;
  readonly fd: number;
  readonly pending: PendingLines;
  readonly chunk: LineChunk;
  /** Whether `appendSync` has completed it, so that its promise has nothing left to do. */
  settled: boolean;
}

/**
 * Appends records to the newest segment of a spool, one write at a time. A segment contains whole records only: if a write
 * fails in the middle of one, the file is cut, or a new file is begun.
 */
export class SegmentWriter {
  readonly #host: WriterHost;
  readonly #segmentBytes: number;
  readonly #chunkChars: number;
  #current: SpoolSegment | undefined;
  #number = 0;
  #queue: PendingLines[] = [];
  #running: Promise<void> = Promise.resolve();
  #pendingWrite: PendingWrite | undefined;
  #retryAt = Number.NEGATIVE_INFINITY;
  #syncCalls = 0;
  /** How often files were deleted since the last line was stored. */
  #deletions = 0;

  constructor(host: WriterHost) {
    this.#host = host;
    this.#segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(host.settings.maxBytes / MIN_SEGMENTS));
    this.#chunkChars = Math.min(CHUNK_CHARS, this.#segmentBytes);
  }

  /** The number of the segment after the newest one. */
  get nextNumber(): number {
    return this.#number + 1;
  }

  /** Appends lines and returns how many were stored, from the first. Never rejects. */
  append(lines: readonly string[]): Promise<number> {
    const pending = { lines, stored: 0 };
    this.#queue.push(pending);
    const done = this.#running.then(() => this.#store(pending));
    this.#running = done;
    return done.then(() => pending.stored);
  }

  /** Appends lines behind those of calls of `append` that are not over, which are stored as well. */
  appendSync(lines: readonly string[]): number {
    const pending = { lines, stored: 0 };
    this.#syncCalls += 1;
    try {
      this.#completePendingWrite();
      for (const earlier of [...this.#queue, pending]) this.#storeSync(earlier);
    } catch (error) {
      this.#failed(error);
    }
    return pending.stored;
  }

  /** Resolves when nothing is being appended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * Begins a new segment with the next record.
   *
   * @param isDeleted - whether the file of the current one is deleted.
   */
  sealCurrent(isDeleted = false): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#host.contents.seal(current, isDeleted);
  }

  async #store(pending: PendingLines): Promise<void> {
    try {
      if (clock.ticks() < this.#retryAt) return;
      await this.#host.stillOwns();
      while (pending.stored < pending.lines.length) {
        const chunk = this.#nextChunk(pending);
        if (chunk === undefined) return;
        const segment = this.#openSegment() ?? (await this.#newSegment());
        if (segment !== undefined) await this.#write(segment, pending, chunk);
      }
      this.#host.stored();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#queue.shift();
    }
  }

  #storeSync(pending: PendingLines): void {
    while (pending.stored < pending.lines.length) {
      const chunk = this.#nextChunk(pending);
      if (chunk === undefined) return;
      let segment = this.#openSegment();
      if (segment?.useSync((fd) => fs.fstatSync(fd).nlink === 0)) {
        this.#fileGone();
        segment = undefined;
      }
      this.#writeSync(segment ?? this.#newSegmentSync(), pending, chunk);
    }
  }

  #writeSync(segment: SpoolSegment, pending: PendingLines, chunk: LineChunk): void {
    let written = 0;
    try {
      segment.useSync((fd) => {
        while (written < chunk.bytes.length) written += fs.writeSync(fd, chunk.bytes, written);
        if (this.#host.settings.fsync === 'batch') fs.fdatasyncSync(fd);
      });
      this.#account(segment, pending, chunk);
    } catch (error) {
      this.#accountPart(segment, pending, chunk, written);
      this.sealCurrent();
      throw error;
    }
  }

  #failed(error: unknown): void {
    // The disk may be full of what is acknowledged.
    if (this.#current?.waitingBytes === 0) this.sealCurrent();
    this.#retryAt = clock.ticks() + RETRY_MS;
    this.#host.failed(error);
  }

  /* Room */

  /** Returns the next lines as bytes; `undefined` if there is no room for any. */
  #nextChunk({ lines, stored }: PendingLines): LineChunk | undefined {
    const texts: string[] = [];
    for (let chars = 0; stored + texts.length < lines.length && chars < this.#chunkChars; ) {
      const text = oneLine(lines[stored + texts.length] ?? '');
      texts.push(text);
      chars += text.length + 1;
    }
    const bytes = Buffer.from(texts.join(NEWLINE) + NEWLINE);
    if (this.#makeRoom(bytes.length)) return { bytes, count: texts.length };
    let count = 0;
    let length = 0;
    for (const text of texts) {
      const next = length + Buffer.byteLength(text) + 1;
      if (!this.#makeRoom(next)) break;
      length = next;
      count += 1;
    }
    this.#host.full();
    return count === 0 ? undefined : { bytes: bytes.subarray(0, length), count };
  }

  #makeRoom(bytes: number): boolean {
    const { contents, settings } = this.#host;
    if (bytes > settings.maxBytes) return false;
    while (contents.bytes + bytes > settings.maxBytes) {
      const { oldest } = contents;
      if (oldest === undefined) return false;
      if (oldest === this.#current) {
        if (settings.whenFull === 'refuse-new' && oldest.waitingBytes > 0) return false;
        // Deletes it if all its records are acknowledged.
        this.sealCurrent();
      } else if (settings.whenFull === 'refuse-new') {
        return false;
      } else {
        this.#host.drop(oldest);
        this.#host.full();
      }
    }
    return true;
  }

  /* Segments */

  #openSegment(): SpoolSegment | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    // A file without a record that waits only takes room.
    const enough = current.waitingBytes === 0 ? this.#segmentBytes / 4 : this.#segmentBytes;
    if (current.size < enough) return current;
    this.sealCurrent();
    return undefined;
  }

  /** Returns `undefined` if `appendSync` was called meanwhile, which has stored the lines. */
  async #newSegment(): Promise<SpoolSegment | undefined> {
    const segment = this.#prepareSegment();
    const { contents, settings } = this.#host;
    const before = this.#syncCalls;
    try {
      await segment.create();
      if (settings.fsync === 'batch') await segment.folder.sync();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#host.folderGone();
      return this.#newSegmentSync();
    }
    if (this.#syncCalls === before) return this.#use(segment);
    contents.add(segment);
    contents.seal(segment, false);
    return undefined;
  }

  #newSegmentSync(): SpoolSegment {
    const segment = this.#prepareSegment();
    try {
      segment.createSync();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#host.folderGone();
      const again = this.#prepareSegment();
      again.createSync();
      return this.#use(again);
    }
    return this.#use(segment);
  }

  #prepareSegment(): SpoolSegment {
    this.#number += 1;
    return new SpoolSegment(this.#host.ownFolder(), this.#number, false);
  }

  #use(segment: SpoolSegment): SpoolSegment {
    this.#host.contents.add(segment);
    this.#current = segment;
    return segment;
  }

  /* Writing */

  async #write(segment: SpoolSegment, pending: PendingLines, chunk: LineChunk): Promise<void> {
    await segment.use(async (fd) => {
      const pendingWrite = { segment, fd, pending, chunk, settled: false };
      this.#pendingWrite = pendingWrite;
      let written = 0;
      try {
        while (written < chunk.bytes.length && !pendingWrite.settled) {
          written += (await write(fd, chunk.bytes, written)).bytesWritten;
        }
        if (this.#host.settings.fsync === 'batch') await datasync(fd).catch(ignoreUnsupported);
        // The content of a deleted file is lost with this process.
        if ((await fstat(fd)).nlink === 0) throw new DeletedError(segment.path);
        if (!pendingWrite.settled) this.#account(segment, pending, chunk);
      } catch (error) {
        if (pendingWrite.settled) return;
        if (error instanceof DeletedError) {
          this.#fileGone();
          this.#deletions += 1;
          if (this.#deletions > 1) throw error;
        } else {
          const whole = this.#accountPart(segment, pending, chunk, written);
          const cut = whole || (await truncate(fd, segment.size).then(succeeded, failed));
          if (!cut && this.#current === segment) this.sealCurrent();
          throw error;
        }
      } finally {
        this.#pendingWrite = undefined;
      }
    });
  }

  /**
   * Blocks until the pending write is done. It continues in its own thread while the process exits, but its promise
   * cannot settle any more.
   */
  #completePendingWrite(): void {
    const pendingWrite = this.#pendingWrite;
    if (pendingWrite === undefined || pendingWrite.settled) return;
    const { segment, fd, pending, chunk } = pendingWrite;
    pendingWrite.settled = true;
    const expected = segment.size + chunk.bytes.length;
    const isWritten = clock.blockUntil(() => fs.fstatSync(fd).size >= expected, LAST_WRITE_TIMEOUT_MS);
    const { size, nlink } = fs.fstatSync(fd);
    if (nlink === 0) {
      this.#fileGone();
    } else if (isWritten) {
      this.#account(segment, pending, chunk);
    } else {
      this.#accountPart(segment, pending, chunk, size - segment.size);
      this.sealCurrent();
    }
  }

  #fileGone(): void {
    this.sealCurrent(true);
    this.#host.folderGone();
  }

  #account(segment: SpoolSegment, pending: PendingLines, { bytes, count }: LineChunk): void {
    pending.stored += count;
    this.#deletions = 0;
    this.#host.contents.appended(segment, bytes.length, count);
  }

  /** Accounts for the whole lines among the bytes written. Returns whether all of them belong to whole lines. */
  #accountPart(segment: SpoolSegment, pending: PendingLines, { bytes }: LineChunk, written: number): boolean {
    const whole = bytes.subarray(0, bytes.subarray(0, written).lastIndexOf(NEWLINE_BYTE) + 1);
    const count = countNewlines(whole);
    if (count > 0) this.#account(segment, pending, { bytes: whole, count });
    return whole.length === written;
  }
}

class DeletedError extends Error {
  override readonly name = 'DeletedError';

  constructor(file: string) {
    super(`${file} was deleted`);
  }
}

/** A line break within JSON is white space. */
function oneLine(line: string): string {
  return line.includes(NEWLINE) ? line.replaceAll(NEWLINE, ' ') : line;
}

function succeeded(): boolean {
  return true;
}

function failed(): boolean {
  return false;
}
