import { Worker } from 'node:worker_threads';
import * as clock from '../../../clock.js';
import { ownsMemory } from '../../input/line-blocks.js';
import { BYTES_BEFORE_THREADS } from '../../verify/scan-threads.js';
import type { EventIndex } from '../stored/event-index.js';
import {
  type FilePlace,
  type FileVerdict,
  FileVerification,
  type VerificationStep,
  type ViewEvidence,
} from './file-verification.js';

/** Work without a pause. An answer has several turns, which read from files, and each waits so long at the most. */
const SLICE_MS = 5;

/** Lets requests run between the slices of long work. */
export class Slices {
  #began = clock.ticks();

  async pause(): Promise<void> {
    if (clock.ticks() - this.#began < SLICE_MS) return;
    await new Promise((resolve) => clock.setImmediate(resolve));
    this.#began = clock.ticks();
  }
}

/**
 * Small, so that the memory of a part is freed with the young objects of the thread. Parts of 1 MB survived these, and 40 MB
 * of them waited for a larger collection (1 GB, Node 20).
 */
const PART_BYTES = 256 * 1024;

/** A verification, wherever it runs. */
interface RunningVerification {
  take(step: VerificationStep): Promise<void>;
  result(madeAt: string): Promise<FileVerdict>;
  close(): Promise<void>;
}

/**
 * Verifies all files as one stream, in the order in which they were read. Large files are verified in a thread, since a
 * verification of 1 GB has turns in which the page would wait: its last one looks at everything that is still open.
 *
 * @param onProgress - called with the part that was verified, 0 to 1.
 * @returns the result; `undefined` if the signal is aborted.
 * @throws Error - if the thread fails, for instance for lack of memory.
 */
export async function verifyFiles(
  index: EventIndex,
  evidence: ViewEvidence,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<FileVerdict | undefined> {
  const files = [...index.files].filter(([, file]) => !file.lost);
  const total = files.reduce((sum, [, file]) => sum + file.bytes, 0);
  const verification: RunningVerification =
    total > BYTES_BEFORE_THREADS ? new VerificationThread(evidence) : new SlicedVerification(evidence);
  let read = 0;
  try {
    for (const [number, file] of files) {
      await verification.take({ kind: 'file', file: number, name: file.name });
      for await (const bytes of file.readAll(PART_BYTES)) {
        if (signal.aborted) return undefined;
        read += bytes.length;
        await verification.take({ kind: 'bytes', bytes });
        onProgress(Math.min(1, read / Math.max(1, total)));
      }
      await verification.take({ kind: 'end' });
    }
    return await verification.result(new Date(clock.now()).toISOString());
  } finally {
    await verification.close();
  }
}

/** In this thread, in slices that leave room for requests. */
class SlicedVerification implements RunningVerification {
  readonly #verification: FileVerification;
  readonly #slices = new Slices();

  constructor(evidence: ViewEvidence) {
    this.#verification = new FileVerification(evidence);
  }

  async take(step: VerificationStep): Promise<void> {
    for (const _ of this.#verification.take(step)) await this.#slices.pause();
  }

  async result(madeAt: string): Promise<FileVerdict> {
    return this.#verification.result(madeAt);
  }

  async close(): Promise<void> {}
}

/** A message to the thread. It answers each: a step with nothing, the last one with the result. */
export type ThreadTask = VerificationStep | { readonly kind: 'result'; readonly madeAt: string };

/**
 * Events live for the time of a line, so a small young generation is enough. Node's own limit takes 20 MB more, and no less
 * time (100 MB, Node 20).
 */
const YOUNG_MEGABYTES = 12;

const PROGRAM = new URL('./verification-worker.js', import.meta.url);

/** In a thread of its own. One task is under way at a time. */
class VerificationThread implements RunningVerification {
  readonly #worker: Worker;
  #answered: { resolve(answer: unknown): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor(evidence: ViewEvidence) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
    this.#worker = new Worker(PROGRAM, { workerData: evidence, resourceLimits });
    this.#worker.on('message', (answer: unknown) => this.#answered?.resolve(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`its thread ended with code ${code}`)));
  }

  async take(step: VerificationStep): Promise<void> {
    await this.#ask(step);
  }

  async result(madeAt: string): Promise<FileVerdict> {
    return (await this.#ask({ kind: 'result', madeAt })) as FileVerdict;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(task: ThreadTask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      this.#answered = { resolve, reject };
      const isHandedOver = task.kind === 'bytes' && ownsMemory(task.bytes);
      this.#worker.postMessage(task, isHandedOver ? [task.bytes.buffer] : []);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#answered?.reject(this.#failure);
  }
}

/** Events that are looked at between two looks at the clock, which take as long. */
const EVENTS_BETWEEN = 1024;

/** Returns the numbers of the events in lines of files; `undefined` for a line that is not an event. */
export async function numbersOfLines(
  index: EventIndex,
  places: readonly (FilePlace | undefined)[],
): Promise<(number | undefined)[]> {
  const slices = new Slices();
  const wanted = new Map<string, number | undefined>();
  for (const place of places) if (place !== undefined) wanted.set(`${place.file}:${place.line}`, undefined);
  if (wanted.size > 0) {
    for (let number = index.firstEvent; number < index.events; number += 1) {
      const { file, line } = index.place(number);
      const key = `${file}:${line}`;
      if (wanted.has(key)) wanted.set(key, number);
      if (number % EVENTS_BETWEEN === 0) await slices.pause();
    }
  }
  return places.map((place) => place && wanted.get(`${place.file}:${place.line}`));
}
