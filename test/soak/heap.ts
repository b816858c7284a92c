import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { queryObjects } from 'node:v8';

/** What the heap may have more at the end than after the warm-up: caches of Node and of the OpenTelemetry SDK fill. */
const NOISE_BYTES = 2 * 1024 * 1024;

/**
 * Objects that there may be more at the end, of those that one call or run could leave: half an object each. Bytes
 * tell of what is big, and their noise would hide an entry in a map for each call.
 */
const NOISE_OBJECTS_EACH = 0.5;

/** Rounds in which nothing more is let go. */
const QUIET_ROUNDS = 4;
const MOST_ROUNDS = 30;

interface Heap {
  readonly bytes: number;
  readonly objects: number;
}

/**
 * The heap after everything that can be collected was: what is collected may let go more, a turn later. The least that
 * is seen, as there is always something under way.
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
  console.log(`${what}: ${told(start)} after ${warmUp} to warm up`);
  let heap = start;
  for (let index = 0; index < total; index += 1) {
    await playOne(index);
    if ((index + 1) % every !== 0) continue;
    heap = await settledHeap();
    console.log(`${what}: ${told(heap)} after ${index + 1}`);
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
    problems.push(`there are ${objects} objects more; up to ${total * NOISE_OBJECTS_EACH} is noise`);
  }
  if (problems.length > 0) {
    console.error(`FAILED: ${what}: ${problems.join('; ')}`);
    process.exitCode = 1;
  } else {
    console.log(`${what}: nothing is left, in ${Math.round((Date.now() - startedAt) / 1000)} s`);
  }
}

function told({ bytes, objects }: Heap): string {
  return `${megabytes(bytes)}, ${objects} objects`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
