/** Faults of the file that a FileSink writes: what stands in it afterwards, and what is lost. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { FileSink } from '../../../src/index.js';
import { canMountDisks, mountDisk } from '../../harness/disk.js';
import { makeFolder } from '../../harness/folder.js';
import { type FaultPlan, runFault } from './fault-run.js';
import { expectNothingLost, type FaultRow, settleFaultTable } from './fault-table.js';
import type { Workload } from './workload.js';

const rows: FaultRow[] = [];
afterAll(() => settleFaultTable('file', rows, canMountDisks));

/** Runs a fault with a FileSink. All files of its folder count. */
async function runFileFault(
  folder: string,
  plan: Pick<FaultPlan, 'fault' | 'happen'>,
  hasSpool: boolean,
): Promise<void> {
  const row = await runFault({
    ...plan,
    config: hasSpool ? { spool: { directory: makeFolder('file-faults') } } : {},
    sink: () => new FileSink({ path: path.join(folder, 'events.jsonl') }),
    async collect(receiver) {
      const lines = fs
        .readdirSync(folder)
        .sort()
        .reverse()
        .flatMap((file) => fs.readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n'));
      receiver.take(
        JSON.stringify(lines.map((line) => JSON.parse(line)).map((data) => ({ id: data.event_id, data }))),
      );
    },
  });
  rows.push(row);
  expectNothingLost(row);
}

/** Makes events until a condition holds, which takes longer on a slow machine. */
async function runUntil(load: Workload, isMet: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!isMet() && performance.now() < end) await load.run(100, 0.1);
}

it.each([true, false])('a file that is renamed, as by logrotate; spool: %s', async (hasSpool) => {
  const folder = makeFolder('file-faults');
  const fault = 'file renamed, as by logrotate';
  const happen: FaultPlan['happen'] = async ({ load }) => {
    const renamed = pause(500).then(() =>
      fs.renameSync(path.join(folder, 'events.jsonl'), path.join(folder, 'events.jsonl.1')),
    );
    await Promise.all([load.run(1_000, 2), renamed]);
    await runUntil(load, () => fs.existsSync(path.join(folder, 'events.jsonl')));
    expect(fs.readdirSync(folder)).toEqual(['events.jsonl', 'events.jsonl.1']);
  };
  await runFileFault(folder, { fault, happen }, hasSpool);
});

it.each([true, false])('a file that is deleted; spool: %s', async (hasSpool) => {
  const folder = makeFolder('file-faults');
  const fault = 'file deleted (what stood in it was kept elsewhere)';
  const happen: FaultPlan['happen'] = async ({ load }) => {
    const file = path.join(folder, 'events.jsonl');
    const deleted = pause(500).then(() => {
      fs.linkSync(file, path.join(folder, 'kept.jsonl'));
      fs.unlinkSync(file);
    });
    await Promise.all([load.run(1_000, 2), deleted]);
    await runUntil(load, () => fs.existsSync(file));
    expect(fs.readdirSync(folder)).toEqual(['events.jsonl', 'kept.jsonl']);
  };
  await runFileFault(folder, { fault, happen }, hasSpool);
});

it.runIf(canMountDisks).each([true, false])('a disk that is full; spool: %s', async (hasSpool) => {
  const folder = mountDisk('1m');
  const fault = 'disk full (1 MB) for 2 s';
  const happen: FaultPlan['happen'] = async ({ load }) => {
    await load.run(2_000, 2);
    expect(load.waiting).toBeGreaterThan(0);
    execFileSync('mount', ['-o', 'remount,size=100m', folder]);
  };
  await runFileFault(folder, { fault, happen }, hasSpool);
});
