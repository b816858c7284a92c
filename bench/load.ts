/**
 * An application under load, with every signal on and without any: the delay of its event loop, its heap, and whether
 * anything was lost.
 *
 *     npm run bench:load                                   # one minute
 *     npm run bench:load -- --seconds 600 --rate 1000
 *
 * Two processes run side by side, so that other work on the machine slows both. Each makes calls at a steady rate to a
 * `fetch` that answers after 20 ms. `ours` has spans with content in a batch, metrics, and events in a file; at the end
 * the file must have as many model calls as were made.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadReport, LoadSettings, LoadVariant } from './load-worker.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '1000' },
  },
});
const [seconds, rate] = [Number(values.seconds), Number(values.rate)];
if (!(seconds >= 10) || !(rate >= 1))
  throw new Error('use --seconds of 10 or more, and a --rate of 1 or more');

const WORKER = path.resolve('.cache/bench/load-worker.js');
const folder = mkdtempSync(path.join(tmpdir(), 'bench-load-'));

const run = (variant: LoadVariant): Promise<LoadReport> => {
  const settings: LoadSettings = { variant, seconds, rate, file: path.join(folder, 'events.jsonl') };
  const child: ChildProcess = fork(WORKER, [JSON.stringify(settings)], { execArgv: ['--expose-gc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (report) => resolve(report as LoadReport));
    child.once('exit', (code) => reject(new Error(`${variant} ended with exit code ${code} and no report`)));
  });
};

const [without, ours] = await Promise.all([run('without'), run('ours')]);
rmSync(folder, { recursive: true });

console.log(
  `Node ${process.version}, ${rate} calls a second for ${seconds} s; load of the machine ${loadavg()[1]?.toFixed(1)}\n`,
);
console.log('| | without | ours |');
console.log('| --- | --: | --: |');
const row = (name: string, figure: (report: LoadReport) => string) =>
  console.log(`| ${name} | ${figure(without)} | ${figure(ours)} |`);
row('calls made', ({ calls }) => calls.toLocaleString('en-US'));
row('processor time of a call, µs', ({ cpuMicros }) => cpuMicros.toFixed(0));
row('event loop: delay p50, ms', ({ delay }) => delay.p50.toFixed(1));
row('event loop: delay p99, ms', ({ delay }) => delay.p99.toFixed(1));
row('event loop: longest delay, ms', ({ delay }) => delay.max.toFixed(0));
row('heap after each fifth, MB', ({ heaps }) => heaps.map((bytes) => (bytes / 1e6).toFixed(0)).join(', '));
row('model calls in events', ({ invocations }) => invocations?.toLocaleString('en-US') ?? '');
row('events dropped', ({ dropped }) => dropped?.toString() ?? '');

const lost = ours.calls - (ours.invocations ?? 0);
if (lost !== 0 || ours.dropped !== 0) {
  console.log(`\n${lost} calls have no event, and ${ours.dropped} events were dropped`);
  process.exitCode = 1;
}
