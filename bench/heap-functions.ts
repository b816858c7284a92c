import { Session } from 'node:inspector/promises';
import { type CallFrame, functionOf, sourceOf } from './source-files.js';

/** Bytes between two samples: small enough for the functions of a few thousand calls. */
const SAMPLING_INTERVAL = 256;

interface ProfileNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly ProfileNode[];
}

type Sizes = Readonly<Record<string, number>>;

/** Bytes for each repetition of an action, the most first. */
export interface AllocatedBytes {
  readonly all: number;
  readonly files: Sizes;
  readonly functions: Sizes;
}

/**
 * Runs an action that repeats something, and returns the bytes that each repetition allocates, by V8's sampling heap
 * profiler.
 *
 * @param survivors - counts only what outlives a collection of the young generation.
 */
export async function allocatedBytes(
  action: () => Promise<void>,
  repetitions: number,
  survivors: boolean,
): Promise<AllocatedBytes> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLING_INTERVAL,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: !survivors,
  });
  await action();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  const files = new Map<string, number>();
  const functions = new Map<string, number>();
  let all = 0;
  const addTo = (sizes: Map<string, number>, name: string, size: number) =>
    sizes.set(name, (sizes.get(name) ?? 0) + size);
  const add = ({ callFrame, selfSize, children }: ProfileNode): void => {
    all += selfSize;
    addTo(files, sourceOf(callFrame), selfSize);
    addTo(functions, functionOf(callFrame), selfSize);
    for (const child of children) add(child);
  };
  add(profile.head);
  const ofOne = (sizes: ReadonlyMap<string, number>): Sizes =>
    Object.fromEntries(
      [...sizes]
        .map(([name, size]) => [name, Math.round(size / repetitions)] as const)
        .filter(([, size]) => size > 0)
        .sort(([, a], [, b]) => b - a),
    );
  return { all: Math.round(all / repetitions), files: ofOne(files), functions: ofOne(functions) };
}
