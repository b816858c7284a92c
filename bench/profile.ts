/**
 * Runs a program below V8's profiler, and prints in which files and functions it spends its processor time. Code of this
 * package is named by its files in `src/`, whatever bundle it was loaded from.
 *
 *     npm run bench:profile -- .cache/bench/events.js
 *     npm run bench:profile -- .cache/bench/client-worker.js "ours: traces" time call 12000
 *     npm run bench:profile -- dist/cli/main.js verify --jobs 1 .cache/reading/events-100.jsonl
 *
 * Only the main thread is looked at. The profiler slows the program down, so shares are right and times are not.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CallFrame, SourceSums } from './source-files.js';

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Ids of nodes, one for each delta. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Percent. Less is too few samples to rely on. */
const LEAST_OF_FILE = 0.2;
const LEAST_OF_FUNCTION = 0.5;
/** V8's names for what is no function of the program. */
const WITHOUT_WORK = new Set(['(idle)', '(root)']);

const [program, ...args] = process.argv.slice(2);
if (program === undefined) throw new Error('name a program, and its arguments behind it');

const folder = mkdtempSync(path.join(tmpdir(), 'bench-profile-'));
const { status } = spawnSync(
  process.execPath,
  ['--cpu-prof', '--cpu-prof-interval', '500', `--cpu-prof-dir=${folder}`, program, ...args],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
// One for each thread; the main thread is number 0.
const file = readdirSync(folder).find((name) => /\.0\.\d+\.cpuprofile$/.test(name));
if (file === undefined) throw new Error(`${program} ended with exit code ${status}, and left no profile`);
const profile = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Profile;
rmSync(folder, { recursive: true });

const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
const sums = new SourceSums();
for (const [at, id] of profile.samples.entries()) {
  const frame = frames.get(id);
  if (frame !== undefined && !WITHOUT_WORK.has(frame.functionName))
    sums.add(frame, profile.timeDeltas[at] ?? 0);
}
console.log(`\nNode ${process.version}, ${(sums.all / 1e6).toFixed(1)} s of the main thread\n`);
print('file', sums.files, LEAST_OF_FILE);
print('function', sums.functions, LEAST_OF_FUNCTION);

function print(what: string, micros: SourceSums['files'], least: number): void {
  console.log(`of the time  ${what}`);
  for (const [name, sum] of micros) {
    const percent = (sum / sums.all) * 100;
    if (percent >= least) console.log(`${percent.toFixed(1).padStart(9)} %  ${name}`);
  }
  console.log();
}
