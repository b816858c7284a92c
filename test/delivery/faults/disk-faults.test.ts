/** Faults of the disk, of the process and of the clock: what arrives, and what is lost. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyEvents } from '../../../src/chaukas/verify/event-verifier.js';
import { canMountDisks, mountDisk } from '../../harness/disk.js';
import { makeFolder } from '../../harness/folder.js';
import { runApplication } from './busy-application.js';
import { EventReceiver } from './event-receiver.js';
import { runFault } from './fault-run.js';
import { expectNothingLost, type FaultRow, settleFaultTable } from './fault-table.js';

vi.mock('../../../src/clock.js', () => import('../../harness/global-clock.js'));

const KILLS = 50;
const rows: FaultRow[] = [];

/** Adds a row to the table, and makes sure that all its events have arrived. */
function addLossless(row: FaultRow): void {
  rows.push(row);
  expectNothingLost(row);
}

describe('With a spool nothing is lost if', () => {
  it.runIf(canMountDisks)('the disk is full while the sink is down', async () => {
    const disk = mountDisk('1m');
    const row = await runFault({
      fault: 'disk full (1 MB), sink down for 2 s',
      config: { spool: { directory: path.join(disk, 'spool') } },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(2_000, 2);
        await receiver.start();
      },
    });
    addLossless(row);
  });

  it.runIf(canMountDisks)('the folder cannot be written for a while', async () => {
    const directory = path.join(makeFolder('faults'), 'spool');
    fs.mkdirSync(directory, { mode: 0o700 });
    fs.chmodSync(path.dirname(directory), 0o711);
    fs.chownSync(directory, 65534, 65534);
    // Rights do not bind root.
    process.seteuid?.(65534);
    onTestFinished(() => process.seteuid?.(0));
    const row = await runFault({
      fault: 'folder of the spool unwritable for 2 s, sink down for 3 s',
      config: { spool: { directory, maxBytes: 400_000 }, maxQueueSize: 50_000 },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(500, 0.5);
        const folders = [
          directory,
          ...(fs.readdirSync(directory, { recursive: true }) as string[]).map((name) =>
            path.join(directory, name),
          ),
        ].filter((name) => fs.statSync(name).isDirectory());
        for (const folder of folders) fs.chmodSync(folder, 0o500);
        await load.run(500, 2);
        for (const folder of folders) fs.chmodSync(folder, 0o700);
        await load.run(500, 0.5);
        await receiver.start();
      },
    });
    process.seteuid?.(0);
    addLossless(row);
  });

  it.runIf(canMountDisks)('the disk is read-only at the start', async () => {
    const disk = mountDisk('32m');
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const row = await runFault({
      fault: 'disk read-only for 3 s from the start, sink down for 3 s',
      config: { spool: { directory: path.join(disk, 'spool') } },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(500, 2.5);
        execFileSync('mount', ['-o', 'remount,rw', disk]);
        await load.run(500, 0.5);
        await receiver.start();
      },
    });
    addLossless(row);
  });

  it('the folder is deleted while the file that it writes is open', async () => {
    const directory = path.join(makeFolder('faults'), 'spool');
    const row = await runFault({
      fault: 'folder of the spool deleted, sink down for 1 s',
      config: { spool: { directory } },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(500, 0.5);
        fs.rmSync(directory, { recursive: true });
        await load.run(500, 0.5);
        await receiver.start();
      },
    });
    addLossless(row);
  });

  it('the clock is put back by an hour', async () => {
    const row = await runFault({
      fault: 'clock put back by an hour, sink down for 2 s',
      config: { spool: { directory: path.join(makeFolder('faults'), 'spool') } },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(500, 1);
        const { now } = Date;
        const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
        onTestFinished(() => clock.mockRestore());
        await load.run(500, 1);
        await receiver.start();
      },
    });
    vi.restoreAllMocks();
    addLossless(row);
  });

  it('the sink is down at 5,000 events a second', async () => {
    const row = await runFault({
      fault: 'sink down for 6 s at 5,000 events a second',
      config: { spool: { directory: path.join(makeFolder('faults'), 'spool') } },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(5_000, 6, 5_000);
        await receiver.start();
      },
      recoveryMillis: 120_000,
    });
    addLossless(row);
  });
});

describe('What is lost is counted, reported and seen by verify if', () => {
  it.each([
    [
      'spool and memory are full',
      'spool (200 KB) and memory full, sink down for 2 s',
      { maxBytes: 200_000, whenFull: 'refuse-new' },
    ],
    [
      'a spool drops its oldest',
      'spool (200 KB) full, sink down for 2 s',
      { maxBytes: 200_000, whenFull: 'drop-oldest' },
    ],
  ] as const)('%s', async (_what, fault, spool) => {
    const row = await runFault({
      fault,
      config: { spool: { directory: path.join(makeFolder('faults'), 'spool'), ...spool }, maxQueueSize: 200 },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(1_000, 2);
        await receiver.start();
      },
    });
    rows.push(row);
    expect(row.lost).toBeGreaterThan(0);
  });

  it('there is no spool and the queue is full at 5,000 events a second', async () => {
    const row = await runFault({
      fault: 'queue full for 6 s at 5,000 events a second',
      config: { maxQueueSize: 2_000 },
      happen: async ({ receiver, load }) => {
        await receiver.stop();
        await load.run(5_000, 6);
        await receiver.start();
      },
    });
    rows.push(row);
    expect(row.lost).toBeGreaterThan(row.sent / 2);
  });
});

describe('A process with a spool', () => {
  it('that is killed at 50 random moments under load loses nothing that was a turn old', async () => {
    const directory = path.join(makeFolder('faults'), 'spool');
    const receiver = new EventReceiver();
    await receiver.start();
    onTestFinished(() => receiver.stop());
    const { url } = receiver;
    let safe = 0;
    for (let killed = 0; killed < KILLS; killed += 1) {
      // Every third time the sink is down as well.
      const isDown = killed % 3 === 1;
      if (isDown) await receiver.stop();
      const end = { signal: 'SIGKILL', after: Math.random() * 400 } as const;
      safe += await runApplication([url, directory, 'be killed'], end);
      if (isDown) await receiver.start();
    }
    const mended = performance.now();
    safe += await runApplication([url, directory, 'drain']);
    const recoveryMillis = performance.now() - mended;
    const { received, doubled } = receiver;
    const { findings } = await verifyEvents([...receiver.lines.values()], {});
    const streams = new Set(findings.map(({ code, message }) => `${code} ${message}`));
    expect([...streams].filter((text) => !/^(crashed|unclosed)_stream /.test(text))).toEqual([]);
    // A process may have stored more after the last number it has printed.
    const sent = Math.max(safe, received);
    const fault = `${KILLS} × SIGKILL at random moments, each with a restart`;
    addLossless({
      fault,
      spool: 'refuse-new',
      sent,
      received,
      lost: sent - received,
      doubled,
      recoveryMillis,
    });
  });

  it('that gets a SIGTERM in a burst and exits loses nothing', async () => {
    const directory = path.join(makeFolder('faults'), 'spool');
    const receiver = new EventReceiver();
    await receiver.start();
    onTestFinished(() => receiver.stop());
    const args = [receiver.url, directory] as const;
    const first = await runApplication([...args, 'exit'], { signal: 'SIGTERM', after: 300 });
    const mended = performance.now();
    const sent = first + (await runApplication([...args, 'drain']));
    const recoveryMillis = performance.now() - mended;
    const { received, doubled } = receiver;
    const fault = 'SIGTERM in a burst of 2,000 events, exit and restart';
    addLossless({
      fault,
      spool: 'refuse-new',
      sent,
      received,
      lost: sent - received,
      doubled,
      recoveryMillis,
    });
  });
});

afterAll(() => settleFaultTable('disk and process', rows, canMountDisks));
