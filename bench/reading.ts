/**
 * Measures how fast the commands read a file: lines per second of processor time and of the clock, and the most memory.
 *
 *     npm run bench:reading              # a file of 100 MB
 *     npm run bench:reading -- 1000      # of 1 GB
 *     npm run bench:reading -- 100 verify stats
 *
 * The processor of this package writes the file: runs of an agent with two model calls and two tools, one session each, in
 * a signed stream. One run in eight is not in English. The file is kept in `.cache/reading` for the next time.
 */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createReadStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { eventFile } from './event-file.js';
import { runSteps, type Step } from './event-spans.js';

const FOLDER = path.resolve('.cache/reading');
const COMMAND = path.resolve('dist/cli/main.js');

/** Runs of each command. The least processor time counts. */
const ROUNDS = 3;

const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  'verify --jobs 1': ['verify', '--jobs', '1'],
  'verify --jobs 2': ['verify', '--jobs', '2'],
  stats: ['stats'],
  tree: ['tree'],
  'convert --to csv': ['convert', '--to', 'csv'],
  'convert --to jsonl': ['convert', '--to', 'jsonl'],
  'convert --to cloudevents': ['convert', '--to', 'cloudevents'],
};

/** Written by each child when it ends: the resources that its process used, all threads included. */
const REPORT = `
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const before = performance.now();
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const seconds = (performance.now() - before) / 1e3;
    writeSync(3, JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, seconds, megabytes: maxRSS / 1e3 }));
  });
}
`;

interface Used {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly megabytes: number;
}

const [size = '100', ...chosen] = process.argv.slice(2);
const megabytes = Number(size);
if (!(megabytes > 0 && megabytes <= 2_000)) throw new Error(`the size is ${size} MB; use 1 to 2000`);

mkdirSync(FOLDER, { recursive: true });
const report = path.join(FOLDER, 'report.mjs');
writeFileSync(report, REPORT);
const file = await eventFile(FOLDER, megabytes, {
  checkpoints: { key: generateKeyPairSync('ed25519').privateKey, anchor: false },
  stepsOf: (run) => (run % 8 === 7 ? runSteps().map(translated) : runSteps()),
});
const bytes = statSync(file).size;
const lines = await countLines(file);

console.log(
  `Node ${process.version}, ${availableParallelism()} cores; ${lines.toLocaleString('en')} lines of ${Math.round(bytes / lines)} bytes\n`,
);
const rows: Record<string, Record<string, string | number>> = {};
for (const [name, args] of Object.entries(VARIANTS)) {
  if (chosen.length > 0 && !chosen.some((word) => name.startsWith(word))) continue;
  const runs = Array.from({ length: bytes > 5e8 ? 1 : ROUNDS }, () => measure(args));
  const cpuSeconds = Math.min(...runs.map((run) => run.cpuSeconds));
  const seconds = Math.min(...runs.map((run) => run.seconds));
  rows[name] = {
    'lines a CPU-second': Math.round(lines / cpuSeconds),
    'lines a second': Math.round(lines / seconds),
    'MB a second': Math.round(bytes / 1e6 / seconds),
    'peak MB': Math.round(Math.max(...runs.map((run) => run.megabytes))),
  };
}
console.table(rows);

function measure(args: readonly string[]): Used {
  const { status, output, stderr } = spawnSync(
    process.execPath,
    ['--import', report, COMMAND, ...args, file],
    { encoding: 'utf8', env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  if (status !== 0) throw new Error(`${args.join(' ')} failed (${status})\n${stderr}`);
  return JSON.parse(output[3] ?? '') as Used;
}

/** The same step with content beyond ASCII. */
function translated([kind, span]: Step): Step {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value.replaceAll('Hamburg', 'München 東京').replaceAll('order', 'Bestellung 注文')
        : value,
    ]),
  );
  return [kind, { ...span, attributes }];
}

async function countLines(target: string): Promise<number> {
  let count = 0;
  for await (const chunk of createReadStream(target, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count += 1;
  }
  return count;
}
