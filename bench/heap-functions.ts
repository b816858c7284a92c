import { Session } from 'node:inspector/promises';
import { type CallFrame, SourceSums } from './source-files.js';

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
  const sums = new SourceSums();
  const add = ({ callFrame, selfSize, children }: ProfileNode): void => {
    sums.add(callFrame, selfSize);
    for (const child of children) add(child);
  };
  add(profile.head);
  const ofOne = (sizes: SourceSums['files']): Sizes =>
    Object.fromEntries(
      sizes
        .map(([name, size]) => [name, Math.round(size / repetitions)] as const)
        .filter(([, size]) => size > 0),
    );
  return {
    all: Math.round(sums.all / repetitions),
    files: ofOne(sums.files),
    functions: ofOne(sums.functions),
  };
}
