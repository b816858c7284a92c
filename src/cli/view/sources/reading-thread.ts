/**
 * Reads the events of large inputs in a thread, while this one adds them to the index and answers requests. It only reads
 * what was there at the start, one input after the other: what a file grows by is little, and is read here.
 */
import { Worker } from 'node:worker_threads';
import { BYTES_BEFORE_THREADS } from '../../verify/scan-threads.js';
import type { IndexBatch, LinePlace } from '../stored/index-batch.js';

/** A message to the thread, which answers each with a batch. */
export interface ReadingTask {
  /** Where the bytes begin, for the first ones of a file. */
  readonly place?: LinePlace;
  readonly bytes: Uint8Array;
}

/** Events live for the time of a line, so a small young generation is enough. */
const YOUNG_MEGABYTES = 8;

const PROGRAM = new URL('./reading-worker.js', import.meta.url);

interface PendingBatch {
  readonly resolve: (batch: IndexBatch) => void;
  readonly reject: (error: Error) => void;
}

/** The thread of all inputs. It starts when they turn out to be large, as those do that are verified in threads. */
export class ReadingThread {
  #bytes = 0;
  #worker: Worker | undefined;
  #failure: Error | undefined;
  #isClosed = false;
  readonly #pending: PendingBatch[] = [];

  /** Called for bytes that were there at the start, before they are read. */
  expect(bytes: number): void {
    this.#bytes += bytes;
  }

  get isNeeded(): boolean {
    return !this.#isClosed && this.#failure === undefined && this.#bytes > BYTES_BEFORE_THREADS;
  }

  /**
   * Hands bytes over with their memory.
   *
   * @returns their events. Rejects if the thread fails, for instance for lack of memory.
   */
  read(task: ReadingTask): Promise<IndexBatch> {
    const bytes = ownBytes(task.bytes);
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const worker = this.#started();
      this.#pending.push({ resolve, reject });
      worker.postMessage({ ...task, bytes }, [bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#fail(new Error('it is no longer needed'));
    await this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(PROGRAM, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
    worker.on('message', (batch: IndexBatch) => this.#pending.shift()?.resolve(batch));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (code) => this.#fail(new Error(`it ended with code ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}

/** Bytes whose memory nothing else uses. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
