/** Processes that run one variant, and count from inside or are counted from outside. */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { nodeBinary } from '../../scripts/matrix/installed-versions.mjs';
import { installPinned } from '../../scripts/pinned-packages.mjs';
import type { Allocations } from '../allocated.js';
import type { VariantName } from '../client-variants.js';
import type { AllocatedBytes } from '../heap-functions.js';
import { DONE } from '../on-demand.js';
import { isPeer, PEERS_FOLDER_VARIABLE } from '../peers.js';

/** The figures of one variant, for a call and for a chunk of a stream. Instructions are only those of a call. */
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

export const nodeOf = nodeBinary;

/** Writes figures to a file of the repository, without decimals that differ each time. */
export function writeCounts(file: string, table: object): void {
  const rounded = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  writeFileSync(file, `${JSON.stringify(table, rounded, 2)}\n`);
}

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

/**
 * Returns the bytes that a call allocates by file and function: the mean of samples, which shows an order rather than
 * exact shares.
 */
export function allocatedBytesOf(binary: string, variant: VariantName): AllocatedBytes {
  return countIn(WORKER, binary, variant, isPeer(variant), 'functions') as AllocatedBytes;
}

/** Returns what a worker has counted. */
export function countIn(
  worker: string,
  binary: string,
  variant: string,
  isOfPeer: boolean,
  what: 'allocations' | 'functions' = 'allocations',
): unknown {
  const output = execFileSync(binary, [...REPEATABLE, ...ROOM, worker, variant, what], {
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

/** What is repeated while its instructions are counted: often without a count first, then in windows. */
export interface Repeated {
  /** What the worker is told to repeat. */
  readonly name: string;
  /** So often that V8 compiles hardly anything more. */
  readonly warmUp: number;
  /** So often in one window that each has collections of the young generation. */
  readonly window: number;
  readonly windows: number;
}

const CALLS: Repeated = { name: 'call', warmUp: 8_000, window: 400, windows: 10 };

/** Returns the instructions of a call. Those of a chunk are too few to be told from V8's own work. */
export function countInstructions(binary: string, variant: VariantName): Promise<number> {
  return instructionsIn(WORKER, binary, variant, isPeer(variant), CALLS);
}

/**
 * Returns the instructions of what a worker repeats: the least of windows with the same number of repetitions. What the
 * others have more is a function that V8 compiles anew, or a full collection.
 */
export async function instructionsIn(
  worker: string,
  binary: string,
  variant: string,
  isOfPeer: boolean,
  repeated: Repeated,
): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'instructions-'));
  const child = spawn(
    'valgrind',
    [
      ...['--tool=callgrind', `--callgrind-out-file=${path.join(folder, 'counts')}`],
      ...[binary, ...REPEATABLE, worker, variant, 'instructions'],
    ],
    { env: environment(isOfPeer), stdio: ['pipe', 'pipe', 'ignore'] },
  );
  try {
    await countWindows(child, variant, repeated);
    // The first two are of the start and the warm-up.
    const counts = Array.from({ length: repeated.windows }, (_, index) =>
      dumped(path.join(folder, `counts.${index + 3}`)),
    );
    return Math.min(...counts) / repeated.window;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lets callgrind write the instructions of the start, of the warm-up and of each window to a file of its own. */
async function countWindows(
  child: ChildProcessByStdio<Writable, Readable, null>,
  variant: string,
  { name, warmUp, window, windows }: Repeated,
): Promise<void> {
  const ended = once(child, 'exit');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** Waits until the worker has done its task. */
  const done = async () => {
    for (;;) {
      const { value, done: isLast } = await answers.next();
      if (isLast) throw new Error(`${variant}: the worker has ended`);
      if (value === DONE) break;
    }
    execFileSync('callgrind_control', ['--dump', String(child.pid)], { stdio: 'ignore' });
  };
  await done();
  for (const times of [warmUp, ...Array<number>(windows).fill(window)]) {
    child.stdin.write(`${name} ${times}\n`);
    await done();
  }
  child.stdin.end();
  await ended;
}

function dumped(file: string): number {
  const counted = /^(?:summary|totals): (\d+)/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (counted === undefined) throw new Error(`callgrind has written no sum to ${file}`);
  return Number(counted);
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
