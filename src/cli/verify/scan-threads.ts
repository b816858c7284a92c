/**
 * Scans blocks of lines in several threads. The results come in the order of the blocks, whatever thread was first.
 *
 * A block is handed over with its memory, so nothing is copied. Each thread has at most two: one that it scans and one that
 * waits, so that memory does not grow with the input.
 */
import { Worker } from 'node:worker_threads';
import { type BlockFacts, BlockScan } from '../../chaukas/verify/block-scan.js';
import type { ReadBlock } from '../input/line-blocks.js';

/** The memory of a block, and its place there. */
interface MovedBlock {
  readonly memory: ArrayBuffer;
  readonly begin: number;
  readonly length: number;
}

/** A block on its way to a thread. */
export interface BlockToScan extends MovedBlock {
  readonly withLeaves: boolean;
}

/** A block that comes back from a thread. */
export type ScannedBlock = Omit<BlockFacts, 'leaves'> &
  MovedBlock & {
    readonly leaves: ArrayBuffer | undefined;
  };

/** A block and what is known of its lines; both are `undefined` for a line that is too long. */
export type JudgedBlock =
  | { readonly bytes: Buffer; readonly facts: BlockFacts }
  | { readonly bytes?: undefined };

/** A thread ended before its work was done. */
export class ScanThreadFailure extends Error {}

/**
 * Less than this is read before threads have started. With 8 MB two threads save the main one nothing, with 16 MB 40 ms for
 * 250 ms of processor time (Node 20, two cores).
 */
export const BYTES_BEFORE_THREADS = 16 * 1024 * 1024;

const BLOCKS_PER_THREAD = 2;

const PROGRAM = new URL('./scan-worker.js', import.meta.url);

/** The number of threads that a user asked for, the main one included, and whether they start however small the input is. */
export interface ThreadCount {
  readonly count: number;
  readonly isAsked: boolean;
}

/**
 * Yields the blocks with what is known of their lines, in their order.
 *
 * @param needsLeaves - whether the hashes of leaves are needed, so that other threads make them.
 * @throws ScanThreadFailure - if a thread fails, for instance for lack of memory.
 */
export async function* scanBlocks(
  blocks: AsyncIterable<ReadBlock>,
  threads: ScanThreads,
  needsLeaves: () => boolean,
): AsyncGenerator<JudgedBlock> {
  /** Blocks under way, the oldest first. */
  const waiting: Promise<JudgedBlock>[] = [];
  for await (const { bytes } of blocks) {
    waiting.push(bytes === undefined ? Promise.resolve({}) : threads.scan(bytes, needsLeaves()));
    while (waiting.length >= threads.room) yield await (waiting.shift() as Promise<JudgedBlock>);
  }
  for (const block of waiting) yield await block;
}

interface Pending {
  readonly resolve: (block: JudgedBlock) => void;
  readonly reject: (error: Error) => void;
}

export class ScanThreads {
  readonly #jobs: ThreadCount;
  readonly #own = new BlockScan();
  readonly #threads: ScanThread[] = [];
  #bytes = 0;
  #next = 0;

  constructor(jobs: ThreadCount) {
    this.#jobs = jobs;
  }

  /** Number of blocks that may be under way. */
  get room(): number {
    return Math.max(1, this.#threads.length * BLOCKS_PER_THREAD);
  }

  scan(bytes: Buffer<ArrayBuffer>, withLeaves: boolean): Promise<JudgedBlock> {
    const { count: all, isAsked } = this.#jobs;
    // The main thread puts lines in their places, which takes as long as the scan.
    const count = all - 1;
    this.#bytes += bytes.length;
    const isLarge = isAsked || this.#bytes > BYTES_BEFORE_THREADS;
    if (count < 1 || !isLarge) return Promise.resolve({ bytes, facts: this.#own.scan(bytes) });
    if (this.#threads.length < count) {
      this.#next = this.#threads.length;
      this.#threads.push(new ScanThread());
    }
    const thread = this.#threads[this.#next % count] as ScanThread;
    this.#next += 1;
    return thread.scan(bytes, withLeaves);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class ScanThread {
  readonly #worker = new Worker(PROGRAM);
  readonly #pending: Pending[] = [];
  #failure: ScanThreadFailure | undefined;

  constructor() {
    this.#worker.on('message', ({ memory, begin, length, leaves, ...others }: ScannedBlock) => {
      const facts = { ...others, leaves: leaves && Buffer.from(leaves) };
      this.#pending.shift()?.resolve({ bytes: Buffer.from(memory, begin, length), facts });
    });
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', (code) => this.#fail(`it ended with code ${code}`));
  }

  scan(bytes: Buffer<ArrayBuffer>, withLeaves: boolean): Promise<JudgedBlock> {
    const scanned = new Promise<JudgedBlock>((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      else this.#pending.push({ resolve, reject });
    });
    // It is awaited when the blocks before it are done. Until then Node would call the rejection unhandled.
    scanned.catch(() => {});
    const { buffer: memory, byteOffset: begin, length } = bytes;
    const message: BlockToScan = { memory, begin, length, withLeaves };
    this.#worker.postMessage(message, [memory]);
    return scanned;
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners('exit');
    await this.#worker.terminate();
  }

  #fail(reason: string): void {
    this.#failure ??= new ScanThreadFailure(reason);
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}
