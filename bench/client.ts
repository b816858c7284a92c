/**
 * Measures what the instrumentation adds to a call of the client, in processor time. It is compared with the same
 * call without instrumentation, with a span written by hand that has the same attributes (the least that a span can
 * cost), and with other instrumentations.
 *
 *     npm run bench
 *     ROUNDS=20 npm run bench
 *
 * The client gets its answers from a `fetch` in its process, so that the client and the code around it are measured
 * and not a socket. Each figure is from processes of its own. The variants take turns: if the machine becomes slower,
 * it does so for all of them. The lower quartile counts, since other work on the machine only adds. What a call costs
 * apart from time, and exactly, says `npm run bench:count`.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { installPinned } from '../scripts/pinned-packages.mjs';
import { LONG_STREAM } from './canned-fetch.js';
import { BARE, HAND_WRITTEN, OWN_VARIANTS, VARIANTS, type VariantName } from './client-variants.js';
import type { RunName } from './client-worker.js';
import { PEERS_FOLDER_VARIABLE } from './peers.js';

const ROUNDS = Number(process.env.ROUNDS ?? 11);
/** Compiled, since a loader's work would be measured as well. */
const WORKER = path.resolve('.cache/bench/client-worker.js');

/** A kind of run, how often each process repeats it, and the units of one run. */
interface Subject {
  readonly title: string;
  readonly unit: string;
  readonly run: RunName;
  readonly count: number;
  readonly units: number;
  readonly variants: readonly VariantName[];
}

const SUBJECTS: readonly Subject[] = [
  { title: 'a plain call', unit: 'a call', run: 'call', count: 3_000, units: 1, variants: VARIANTS },
  {
    title: `a stream of ${LONG_STREAM}`,
    unit: 'a chunk',
    run: 'long',
    count: 40,
    units: LONG_STREAM,
    variants: VARIANTS,
  },
  ...(['100 kB', '1 MB'] as const).map((size) => ({
    title: `${size} of messages`,
    unit: 'a call',
    run: size,
    count: size === '1 MB' ? 40 : 200,
    units: 1,
    variants: OWN_VARIANTS,
  })),
];

const env = { ...process.env, [PEERS_FOLDER_VARIABLE]: installPinned('beside') };

for (const subject of SUBJECTS) print(subject, measure(subject));

/** @returns processor time of a unit in microseconds, by variant; a peer that does not run here is missing. */
function measure({ run, count, units, variants }: Subject): Map<VariantName, number> {
  const samples = new Map<VariantName, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of variants) {
      const time = timeOf(name, run, count);
      if (time !== undefined) samples.set(name, [...(samples.get(name) ?? []), time / units]);
    }
  }
  return new Map([...samples].map(([name, times]) => [name, lowerQuartile(times)]));
}

function timeOf(name: VariantName, run: RunName, count: number): number | undefined {
  try {
    const output = execFileSync(process.execPath, [WORKER, name, 'time', run, `${count}`], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as number;
  } catch {
    return undefined;
  }
}

function lowerQuartile(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 4)] ?? Number.NaN;
}

function print({ title, unit }: Subject, times: ReadonlyMap<VariantName, number>): void {
  const bare = times.get(BARE) ?? Number.NaN;
  const floor = (times.get(HAND_WRITTEN) ?? Number.NaN) - bare;
  console.log(`\n${title.padEnd(18)} ${unit.padStart(9)} ${'added'.padStart(9)} ${'to floor'.padStart(9)}`);
  for (const [name, time] of times) {
    const cells = [time, time - bare].map((figure) => figure.toFixed(2).padStart(9));
    const ratio = name === BARE ? '' : `${((time - bare) / floor).toFixed(2)} x`;
    console.log(`${name.padEnd(18)} ${cells.join(' ')} ${ratio.padStart(9)}`.trimEnd());
  }
}
