import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { queryObjects } from 'node:v8';

/** Tolerated growth of the heap after the warm-up: caches of Node and of the OpenTelemetry SDK fill. */
const NOISE_BYTES = 2 * 1024 * 1024;

/**
 * Tolerated growth in objects: half an object per call or run. Bytes show large leaks only, because their noise would
 * hide one map entry per call.
 */
const NOISE_OBJECTS_EACH = 0.5;

/** Number of rounds without further release after which the heap is settled. */
const QUIET_ROUNDS = 4;
const MOST_ROUNDS = 30;

interface Heap {
  readonly bytes: number;
  readonly objects: number;
}

/**
 * Measures the heap after garbage collection. Collected objects can release more a turn later, so it repeats until
 * nothing more is released. It returns the minimum, because some work is always in progress.
 */
async function settledHeap(): Promise<Heap> {
  if (global.gc === undefined) throw new Error('run node with --expose-gc');
  let bytes = Number.POSITIVE_INFINITY;
  let objects = Number.POSITIVE_INFINITY;
  for (let round = 0, quiet = 0; quiet < QUIET_ROUNDS && round < MOST_ROUNDS; round += 1) {
    global.gc();
    await delay(50);
    const count = queryObjects(Object, { format: 'count' });
    quiet = count < objects ? 0 : quiet + 1;
    objects = Math.min(objects, count);
    bytes = Math.min(bytes, process.memoryUsage().heapUsed);
  }
  return { bytes, objects };
}

export interface Soak {
  readonly what: string;
  readonly total: number;
  readonly warmUp: number;
  /** Number of calls or runs between two measurements. */
  readonly every: number;
  play(index: number): Promise<void>;
  /** Delivers what waits for its batch to fill, which is not left over. */
  flush(): Promise<void>;
  /** Counts of things that must not be left over, by name. */
  left(): Promise<Readonly<Record<string, number>>>;
}

/** Runs a soak, prints the heap during the run, and fails the process if something is left over. */
export async function soak({ what, total, warmUp, every, play, flush, left }: Soak): Promise<void> {
  const startedAt = Date.now();
  // Background deliveries get their turn, as with real sockets.
  const playOne = async (index: number) => {
    await play(index);
    await nextTurn();
  };
  for (let index = 0; index < warmUp; index += 1) await playOne(index);
  await flush();
  const start = await settledHeap();
  console.log(`${what}: ${show(start)} after ${warmUp} to warm up`);
  let heap = start;
  for (let index = 0; index < total; index += 1) {
    await playOne(index);
    if ((index + 1) % every !== 0) continue;
    await flush();
    heap = await settledHeap();
    console.log(`${what}: ${show(heap)} after ${index + 1}`);
  }
  const problems = Object.entries(await left())
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name} left`);
  const bytes = heap.bytes - start.bytes;
  if (bytes > NOISE_BYTES) {
    problems.push(`the heap has grown by ${megabytes(bytes)}; up to ${megabytes(NOISE_BYTES)} is noise`);
  }
  const objects = heap.objects - start.objects;
  if (objects > total * NOISE_OBJECTS_EACH) {
    problems.push(`the heap has ${objects} more objects; up to ${total * NOISE_OBJECTS_EACH} is noise`);
  }
  if (problems.length > 0) {
    console.error(`FAILED: ${what}: ${problems.join('; ')}`);
    process.exitCode = 1;
  } else {
    console.log(`${what}: nothing is left over, after ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }
}

function show({ bytes, objects }: Heap): string {
  return `${megabytes(bytes)}, ${objects} objects`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
