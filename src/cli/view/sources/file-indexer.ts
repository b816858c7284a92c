import type { EventIndex } from '../stored/event-index.js';
import { EventReader, FILE_START, MAX_VIEWED_LINE } from '../stored/event-reader.js';
import type { IndexBatch } from '../stored/index-batch.js';
import type { StoredFile } from '../stored/stored-file.js';
import type { Notices } from './notices.js';
import type { ReadingThreads } from './reading-threads.js';

/** Parts under way in the threads: those that are read, and others so that no thread waits. */
const MAX_UNDER_WAY = 6;

/** Read without a pause. */
const SLICE_BYTES = 256 * 1024;

const NEWLINE = 0x0a;

/**
 * Adds the lines of one file to the index, as its bytes come.
 *
 * While the inputs are read for the first time, threads may read the events, a part of whole lines each; the parts are added
 * in their order. Whoever goes on reading, here or there, begins at the end of the last line that is in the index, with bytes
 * that are read again from the file. So a thread that fails loses nothing.
 */
export class FileIndexer {
  readonly file: StoredFile;
  readonly #index: EventIndex;
  readonly #notices: Notices;
  readonly #fileIndex: number;
  #threads: ReadingThreads | undefined;
  /** The end of the last line in the index. */
  #place = FILE_START;
  /** Reads here; `undefined` while the threads read. */
  #reader: EventReader | undefined = new EventReader(FILE_START);
  /** The beginning of a line whose end has not come, while the threads read, and its place. */
  #begun: Buffer = Buffer.alloc(0);
  #begunAt = 0;
  /** The parts that the threads read, in the order of the file. None of them rejects because a thread failed. */
  readonly #underWay: Promise<void>[] = [];
  /** Whether a thread has failed, so that no later part may be added. */
  #hasFailed = false;

  /** @param threads - used until {@link settle}, by one file at a time. */
  constructor(index: EventIndex, file: StoredFile, notices: Notices, threads?: ReadingThreads) {
    this.#index = index;
    this.file = file;
    this.#notices = notices;
    this.#threads = threads;
    this.#fileIndex = index.addFile(file);
  }

  /**
   * Resolves when further bytes may come.
   *
   * @param bytes - the next bytes of the file. They must already be in it, and nobody else may use their memory.
   */
  async push(bytes: Buffer): Promise<void> {
    const before = this.file.bytes;
    this.file.bytes += bytes.length;
    const open = before - this.#place.offset;
    const threads = this.#threads?.isNeeded === true ? this.#threads : undefined;
    if (this.#reader === undefined) {
      // If a thread has failed, these bytes are read again as well.
      await (threads === undefined ? this.settle() : this.#ask(threads, bytes));
    } else if (threads !== undefined && open <= MAX_VIEWED_LINE) {
      this.#reader = undefined;
      this.#begunAt = this.#place.offset;
      this.#begun = await this.file.read(this.#begunAt, open);
      await this.#ask(threads, bytes);
    } else {
      this.#reader.push(bytes);
      this.#add(this.#reader.take());
    }
  }

  /** Resolves when everything that was pushed is in the index. What comes then is read here. */
  async settle(): Promise<void> {
    this.#threads = undefined;
    if (this.#reader === undefined) await this.#takeBack();
  }

  /** Called when no more bytes come. The last line may have no line end. */
  async end(): Promise<void> {
    await this.settle();
    this.#reader?.end();
    this.#add(this.#reader?.take());
  }

  /** Lets the threads read. Resolves when they can be asked again. */
  async #ask(threads: ReadingThreads, bytes: Buffer): Promise<void> {
    const length = bytes.lastIndexOf(NEWLINE) + 1;
    if (length === 0) {
      this.#begun = Buffer.concat([this.#begun, bytes]);
      // Only a reader that has seen the whole line knows where it ends.
      if (this.#begun.length > MAX_VIEWED_LINE) await this.#takeBack();
      return;
    }
    const offset = this.#begunAt;
    const begun = this.#begun;
    this.#begunAt += begun.length + length;
    this.#begun = Buffer.from(bytes.subarray(length));
    const reading = threads.read({ offset, begun, bytes, length });
    this.#underWay.push(this.#addInOrder(reading, this.#underWay.at(-1)));
    while (this.#underWay.length >= MAX_UNDER_WAY) await this.#underWay[0];
  }

  async #addInOrder(reading: Promise<IndexBatch>, before: Promise<void> | undefined): Promise<void> {
    // A failure is seen by whoever goes on.
    const [batch] = await Promise.all([reading.catch(() => undefined), before]);
    this.#hasFailed ||= batch === undefined;
    if (!this.#hasFailed) this.#add(batch, this.#place.lines);
    this.#underWay.shift();
  }

  /** Goes on reading here, when all parts are in the index that the threads have read. */
  async #takeBack(): Promise<void> {
    await this.#underWay.at(-1);
    this.#begun = Buffer.alloc(0);
    const reader = new EventReader(this.#place);
    this.#reader = reader;
    for (let { offset } = this.#place; offset < this.file.bytes; ) {
      const bytes = await this.file.read(offset, Math.min(SLICE_BYTES, this.file.bytes - offset));
      if (bytes.length === 0) return;
      offset += bytes.length;
      reader.push(bytes);
      this.#add(reader.take());
    }
  }

  /** @param linesBefore - number of lines before those that the batch counts. */
  #add(batch: IndexBatch | undefined, linesBefore = 0): void {
    if (batch === undefined) return;
    this.#place = { offset: batch.end.offset, lines: linesBefore + batch.end.lines };
    this.#index.addBatch(batch, this.#fileIndex, linesBefore);
    for (const { line, problem } of batch.problems) this.#notices.line(linesBefore + line, problem);
  }
}
