/** Counts what a run of this process allocates, without a timer. */
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
 *
 * No collection is forced between the samples. A full one would discard most compiled code, whose references to the
 * objects of a call are weak, and the calls after it would allocate what compiled code does not: 6 kB a call more for
 * the bare client on Node 20, and 3 kB more or less for ours by chance. The young generation is collected now and then.
 * That sample shrinks the heap, so it is sorted out of the middle.
 *
 * @throws Error - if the garbage collector ran in more than a quarter of the samples.
 */
export async function allocated(repeat: Repeat, count: number): Promise<number> {
  const samples: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    const before = process.memoryUsage().heapUsed;
    await repeat(count);
    samples.push((process.memoryUsage().heapUsed - before) / count);
  }
  const collections = samples.filter((sample) => sample < 0).length;
  if (collections > REPETITIONS / 4)
    throw new Error(`the garbage collector ran ${collections} times while bytes were counted`);
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
