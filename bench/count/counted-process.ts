/** Processes that run one variant, and count from inside or are counted from outside. */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { nodeBinary } from '../../scripts/matrix/installed-versions.mjs';
import { installPinned } from '../../scripts/pinned-packages.mjs';
import type { Allocations } from '../allocated.js';
import { LONG_STREAM, SHORT_STREAM } from '../canned-fetch.js';
import type { VariantName } from '../client-variants.js';
import { isPeer, PEERS_FOLDER_VARIABLE } from '../peers.js';

/** The figures of one variant, for a call and for a chunk of a stream. */
export interface Counts {
  readonly call: Partial<Allocations> & { readonly instructions?: number };
  readonly chunk: Partial<Allocations> & { readonly instructions?: number };
}

/** Compiled by `tsc -p bench`, because Node runs it without a loader, whose work would be counted as well. */
const WORKER = path.resolve('.cache/bench/client-worker.js');

/** One thread, so that neither the collector nor the compiler works beside the program and differently each time. */
const REPEATABLE = ['--single-threaded', '--random-seed=1', '--hash-seed=1'];
/** Megabytes in which everything that several repetitions allocate has room. */
const ROOM = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

const WARM_UP = ['call', '1500', 'long', '8', 'short', '8'];
const CALLS = 1_000;
const STREAMS = 10;

export const nodeOf = nodeBinary;

/** Odd. One process of several differs by 0.3 % on a busy machine, which is a tenth of what a call without a span costs. */
const PROCESSES = 3;

/** Returns the median of each figure in several processes. */
export function countAllocations(binary: string, variant: VariantName): Counts {
  const counts = Array.from({ length: PROCESSES }, () => {
    return countIn(WORKER, binary, variant, isPeer(variant)) as Record<keyof Counts, Allocations>;
  });
  const median = (unit: keyof Counts, figure: keyof Allocations): number => {
    const sorted = counts.map((each) => each[unit][figure]).sort((a, b) => a - b);
    return sorted[(PROCESSES - 1) / 2] ?? Number.NaN;
  };
  const of = (unit: keyof Counts): Allocations => ({
    bytes: median(unit, 'bytes'),
    promises: median(unit, 'promises'),
  });
  return { call: of('call'), chunk: of('chunk') };
}

/** Returns what a worker has counted. */
export function countIn(worker: string, binary: string, variant: string, isOfPeer: boolean): unknown {
  const output = execFileSync(binary, [...REPEATABLE, ...ROOM, worker, variant, 'allocations'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(isOfPeer),
    timeout: 10 * 60_000,
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

export function valgrindIsMissing(): boolean {
  return spawnSync('valgrind', ['--version']).status !== 0;
}

/** Returns instructions alone. */
export function countInstructions(binary: string, variant: VariantName): Counts {
  const run = (...more: string[]) => instructionsOf(binary, variant, [...WARM_UP, ...more]);
  const warmUp = run();
  const long = run('long', `${STREAMS}`);
  const short = run('short', `${STREAMS}`);
  return {
    call: { instructions: (run('call', `${CALLS}`) - warmUp) / CALLS },
    chunk: { instructions: (long - short) / STREAMS / (LONG_STREAM - SHORT_STREAM) },
  };
}

function instructionsOf(binary: string, variant: VariantName, runs: readonly string[]): number {
  const { stderr, status } = spawnSync(
    'valgrind',
    [
      ...['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'],
      ...[binary, ...REPEATABLE, WORKER, variant, 'instructions', ...runs],
    ],
    { encoding: 'utf8', env: environment(isPeer(variant)), timeout: 30 * 60_000 },
  );
  const counted = /I\s+refs:\s+([\d,]+)/.exec(stderr)?.[1];
  if (status !== 0 || counted === undefined) throw new Error(`valgrind failed: ${stderr.slice(-1_000)}`);
  return Number(counted.replaceAll(',', ''));
}

function environment(isOfPeer: boolean): NodeJS.ProcessEnv {
  return isOfPeer ? { ...process.env, [PEERS_FOLDER_VARIABLE]: peersFolder() } : process.env;
}

let installed: string | undefined;

/** Installs the peers on first use. */
export function peersFolder(): string {
  installed ??= installPinned('beside');
  return installed;
}
