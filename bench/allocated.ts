/** Counts what a run of this process allocates, without a timer. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { promiseHooks } from 'node:v8';

/** Allocated memory and promises, of a call, a chunk or a run. */
export interface Allocations {
  readonly bytes: number;
  readonly promises: number;
}

const REPETITIONS = 12;

/** Runs something as often as it is told, and waits for what that leaves behind. */
export type Repeat = (count: number) => Promise<void>;

/**
 * Bytes by which the heap grows: the mean of the middle half of many samples. V8's own work, such as compiling, is in few
 * samples, and the tables of weak references grow now and then.
 */
export async function allocated(repeat: Repeat, count: number): Promise<number> {
  const samples: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    await repeat(count);
    samples.push((process.memoryUsage().heapUsed - before) / count);
  }
  const middle = samples.sort((a, b) => a - b).slice(REPETITIONS / 4, (REPETITIONS * 3) / 4);
  return middle.reduce((sum, sample) => sum + sample) / middle.length;
}

export async function promisesOf(repeat: Repeat, count: number): Promise<number> {
  let promises = 0;
  const stop = promiseHooks.onInit(() => {
    promises += 1;
  });
  await repeat(count);
  stop();
  return promises / count;
}

/** Fails if the garbage collector ran by itself meanwhile: bytes would be missing. */
export async function withoutCollections<T>(action: () => Promise<T>): Promise<T> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    // The explicit ones are those of the measurement.
    collections += list.getEntries().filter((entry) => !isForced(entry)).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const result = await action();
  await new Promise((resolve) => setTimeout(resolve, 50));
  observer.disconnect();
  if (collections > 0)
    throw new Error(`the garbage collector ran ${collections} times while bytes were counted`);
  return result;
}

function isForced(entry: object): boolean {
  const { detail } = entry as { detail?: { flags?: number } };
  return detail?.flags !== constants.NODE_PERFORMANCE_GC_FLAGS_NO;
}
