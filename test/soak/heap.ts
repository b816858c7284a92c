import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

/** What the heap may have more at the end than after the warm-up: caches of Node and of the OpenTelemetry SDK fill. */
const NOISE_BYTES = 4 * 1024 * 1024;

/** The heap after everything that can be collected was: what is collected may let go more, a turn later. */
async function settledHeap(): Promise<number> {
  if (global.gc === undefined) throw new Error('run node with --expose-gc');
  for (let round = 0; round < 5; round += 1) {
    global.gc();
    await delay(20);
  }
  return process.memoryUsage().heapUsed;
}

export interface Soak {
  readonly what: string;
  readonly total: number;
  readonly warmUp: number;
  /** How often the heap is looked at. */
  readonly every: number;
  play(index: number): Promise<void>;
  /** What must not be left, by name. */
  left(): Promise<Readonly<Record<string, number>>>;
}

/** Plays a soak, prints the heap as it goes, and fails the process where something is left. */
export async function soak({ what, total, warmUp, every, play, left }: Soak): Promise<void> {
  const startedAt = Date.now();
  // As with real sockets: what is delivered in the background gets its turn.
  const playOne = async (index: number) => {
    await play(index);
    await nextTurn();
  };
  for (let index = 0; index < warmUp; index += 1) await playOne(index);
  const start = await settledHeap();
  console.log(`${what}: ${megabytes(start)} after ${warmUp} to warm up`);
  let heap = start;
  for (let index = 0; index < total; index += 1) {
    await playOne(index);
    if ((index + 1) % every !== 0) continue;
    heap = await settledHeap();
    console.log(`${what}: ${megabytes(heap)} after ${index + 1}`);
  }
  const problems = Object.entries(await left())
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name} left`);
  if (heap - start > NOISE_BYTES) {
    problems.push(
      `the heap has grown by ${megabytes(heap - start)}; up to ${megabytes(NOISE_BYTES)} is noise`,
    );
  }
  if (problems.length > 0) {
    console.error(`FAILED: ${what}: ${problems.join('; ')}`);
    process.exitCode = 1;
  } else {
    console.log(`${what}: nothing is left, in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
