import type { EventIndex } from '../stored/event-index.js';
import { EventReader, FILE_START, MAX_VIEWED_LINE } from '../stored/event-reader.js';
import type { IndexBatch } from '../stored/index-batch.js';
import type { StoredFile } from '../stored/stored-file.js';
import type { Notices } from './notices.js';
import type { ReadingTask, ReadingThread } from './reading-thread.js';

/** Parts under way in the thread: one that is read, and others so that it need not wait. */
const MAX_UNDER_WAY = 4;

/** Read without a pause. */
const SLICE_BYTES = 256 * 1024;

/**
 * Adds the lines of one file to the index, as its bytes come.
 *
 * While the inputs are read for the first time, a thread may read the events. Whoever goes on reading, here or there, begins
 * at the end of the last line that is in the index, with bytes that are read again from the file. So a thread that fails
 * loses nothing.
 */
export class FileIndexer {
  readonly file: StoredFile;
  readonly #index: EventIndex;
  readonly #notices: Notices;
  readonly #fileIndex: number;
  #thread: ReadingThread | undefined;
  /** The end of the last line in the index. */
  #place = FILE_START;
  /** Reads here; `undefined` while the thread reads. */
  #reader: EventReader | undefined = new EventReader(FILE_START);
  /** What the thread reads, in its order. None of them rejects because the thread failed. */
  readonly #underWay: Promise<void>[] = [];

  /** @param thread - used until {@link settle}, by one file at a time. */
  constructor(index: EventIndex, file: StoredFile, notices: Notices, thread?: ReadingThread) {
    this.#index = index;
    this.file = file;
    this.#notices = notices;
    this.#thread = thread;
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
    const thread = this.#thread?.isNeeded === true ? this.#thread : undefined;
    if (this.#reader === undefined) {
      // If the thread has failed, these bytes are read again as well.
      await (thread === undefined ? this.settle() : this.#ask(thread, { bytes }));
    } else if (thread !== undefined && open <= MAX_VIEWED_LINE) {
      this.#reader = undefined;
      const begun = await this.file.read(this.#place.offset, open);
      await this.#ask(thread, { place: this.#place, bytes: Buffer.concat([begun, bytes]) });
    } else {
      this.#reader.push(bytes);
      this.#add(this.#reader.take());
    }
  }

  /** Resolves when everything that was pushed is in the index. What comes then is read here. */
  async settle(): Promise<void> {
    this.#thread = undefined;
    await Promise.all(this.#underWay);
    if (this.#reader === undefined) await this.#takeBack();
  }

  /** Called when no more bytes come. The last line may have no line end. */
  async end(): Promise<void> {
    await this.settle();
    this.#reader?.end();
    this.#add(this.#reader?.take());
  }

  /** Lets the thread read. Resolves when it can be asked again. */
  async #ask(thread: ReadingThread, task: ReadingTask): Promise<void> {
    const read = thread.read(task).then(
      (batch) => this.#add(batch),
      // Its failure is seen by whoever goes on.
      () => {},
    );
    this.#underWay.push(read.finally(() => void this.#underWay.shift()));
    while (this.#underWay.length >= MAX_UNDER_WAY) await this.#underWay[0];
  }

  /** Goes on reading here. */
  async #takeBack(): Promise<void> {
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

  #add(batch: IndexBatch | undefined): void {
    if (batch === undefined) return;
    this.#place = batch.end;
    this.#index.addBatch(batch, this.#fileIndex);
    for (const { line, problem } of batch.problems) this.#notices.line(line, problem);
  }
}
