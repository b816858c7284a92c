/**
 * Reads the events of large inputs in threads, while this one adds them to the index and answers requests. They only read
 * what was there at the start, one input after the other: what a file grows by is little, and is read here.
 */
import { Worker } from 'node:worker_threads';
import { ownsMemory } from '../../input/line-blocks.js';
import { BYTES_BEFORE_THREADS } from '../../verify/scan-threads.js';
import type { IndexBatch } from '../stored/index-batch.js';

/** A message to a thread, which answers each with a batch: whole lines of a file. */
export interface ReadingTask {
  /** Place of the first line in the file. */
  readonly offset: number;
  /** The beginning of the first line; empty if `bytes` has all of it. */
  readonly begun: Uint8Array;
  readonly bytes: Uint8Array;
  /** Number of bytes up to the last line end in `bytes`. */
  readonly length: number;
}

/**
 * Adding events takes half as long as reading them, so one thread alone would be waited for (1 GB, two cores, Node 20:
 * `npm run bench:viewer -- 1000`).
 */
const THREADS = 2;

/** Events live for the time of a line, so a small young generation is enough. */
const YOUNG_MEGABYTES = 8;

const PROGRAM = new URL('./reading-worker.js', import.meta.url);

interface PendingBatch {
  readonly resolve: (batch: IndexBatch) => void;
  readonly reject: (error: Error) => void;
}

interface ReadingThread {
  readonly worker: Worker;
  /** In the order of its tasks. */
  readonly pending: PendingBatch[];
}

/** The threads of all inputs. They start when the inputs turn out to be large, as those do that are verified in threads. */
export class ReadingThreads {
  #bytes = 0;
  #threads: readonly ReadingThread[] = [];
  #failure: Error | undefined;

  /** Called for bytes that were there at the start, before they are read. */
  expect(bytes: number): void {
    this.#bytes += bytes;
  }

  get isNeeded(): boolean {
    return this.#failure === undefined && this.#bytes > BYTES_BEFORE_THREADS;
  }

  /**
   * Hands the memory of `bytes` over.
   *
   * @returns the events, with numbers of lines from 1 on. Rejects if a thread fails, for instance for lack of memory.
   */
  read(task: ReadingTask): Promise<IndexBatch> {
    const bytes = ownsMemory(task.bytes) ? task.bytes : new Uint8Array(task.bytes);
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      if (this.#threads.length === 0) this.#threads = Array.from({ length: THREADS }, () => this.#start());
      const { worker, pending } = this.#threads.reduce((one, other) =>
        other.pending.length < one.pending.length ? other : one,
      );
      pending.push({ resolve, reject });
      worker.postMessage({ ...task, bytes }, [bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    this.#fail(new Error('it is no longer needed'));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): ReadingThread {
    const worker = new Worker(PROGRAM, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } });
    const pending: PendingBatch[] = [];
    worker.on('message', (batch: IndexBatch) => pending.shift()?.resolve(batch));
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', (code) => this.#fail(new Error(`it ended with code ${code}`)));
    return { worker, pending };
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { pending } of this.#threads) {
      for (const { reject } of pending.splice(0)) reject(this.#failure);
    }
  }
}
