/** The end of a process without a close, and when data is on the disk. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runFixture } from '../../run-fixture.js';
import {
  ALL,
  drain,
  makeLines,
  numbersOf,
  openSpool,
  range,
  SINK,
  segments,
  spoolDirectory,
} from './spool-harness.js';

describe('The last lines of a process that exits', () => {
  const FIXTURE = path.join(import.meta.dirname, 'fixtures/exit.ts');

  it.each(['nothing under way', 'a write under way', 'many writes under way'])(
    'are stored in order with %s',
    (what) => {
      const folder = spoolDirectory();
      const { stdout, stderr } = runFixture(FIXTURE, folder, what);
      expect(stderr).toBe('');
      const [stored = 0, total = 0] = stdout.trim().split(' ').map(Number);
      expect(stored).toBe(5);
      const text = segments(folder)
        .map((file) => fs.readFileSync(file, 'utf8'))
        .join('');
      const numbers = text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { n: number }).n);
      expect(numbers).toEqual(range(0, total));
    },
  );
});

describe('A spool', () => {
  it('stores synchronously what is being appended, and goes on afterwards', async () => {
    const { spool } = openSpool(spoolDirectory(), { maxBytes: 100_000 });
    const appended = [spool.append(makeLines(0, 500)), spool.append(makeLines(500, 5))];
    // The first write is in the hands of another thread after a few turns, or not yet.
    await pause(Math.random() * 2);
    expect(spool.appendSync(makeLines(505, 5))).toBe(5);
    expect(await Promise.all(appended)).toEqual([500, 5]);
    expect(await spool.append(makeLines(510, 5))).toBe(5);
    expect(await drain(spool)).toEqual(range(0, 515));
  });

  it('stores synchronously in a new folder if its own was deleted', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 1));
    fs.rmSync(folder, { recursive: true });
    expect(spool.appendSync(makeLines(1, 1))).toBe(1);
    expect(segments(folder)).toHaveLength(1);
    expect(await drain(spool)).toEqual([0, 1]);
  });

  it('stores synchronously no more than fits', async () => {
    const { spool } = openSpool(spoolDirectory(), { maxBytes: 640 });
    await spool.append(makeLines(0, 8));
    expect(spool.appendSync(makeLines(8, 8))).toBe(2);
    expect(await drain(spool)).toEqual(range(0, 10));
  });

  it('is read and acknowledged synchronously, and the position is on the disk at once', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 10));
    const batch = spool.readSync({ events: 4, bytes: 1e6 });
    expect(numbersOf(batch)).toEqual(range(0, 4));
    if (batch !== undefined) spool.acknowledgeSync(batch, 3);
    const position = path.join(path.dirname(segments(folder)[0] ?? ''), 'position');
    expect(fs.readFileSync(position, 'utf8')).toBe(`000000000001 ${String(3 * 64).padStart(15, '0')}\n`);
    expect(numbersOf(spool.readSync(ALL))).toEqual([3]);
  });

  it('stores how far it was read when it stores the last lines, or none', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 10));
    await drain(spool);
    expect(spool.appendSync([])).toBe(0);
    // As if the process had ended.
    const owner = path.dirname(segments(folder)[0] ?? '');
    fs.rmSync(path.join(owner, 'lock'));
    expect(await openSpool(folder).spool.read(ALL)).toBeUndefined();
  });

  it('has its position on the disk a second after an acknowledgement', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 10));
    const batch = await spool.read({ events: 4, bytes: 1e6 });
    if (batch !== undefined) await spool.acknowledge(batch);
    const position = path.join(path.dirname(segments(folder)[0] ?? ''), 'position');
    const text = () => fs.readFileSync(position, 'utf8');
    expect(text()).toMatch(/^0{12} 0{15}\n$/);
    await expect.poll(text, { timeout: 30_000 }).toBe(`000000000001 ${String(4 * 64).padStart(15, '0')}\n`);
  });

  it('takes nothing after its close', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 1));
    await Promise.all([spool.close(), spool.close()]);
    expect([await spool.append(makeLines(1, 1)), spool.appendSync(makeLines(1, 1))]).toEqual([0, 0]);
    expect(await spool.read(ALL)).toBeUndefined();
    expect(segments(folder)).toHaveLength(1);
  });

  it('that was never used leaves nothing', async () => {
    const folder = spoolDirectory();
    await openSpool(folder).spool.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('The data of a spool is synced', () => {
  /** The number of times that data was synced after each of three appended lines, after some time, and at the close. */
  async function syncs(fsync: 'never' | 'interval' | 'batch') {
    let count = 0;
    const { fdatasync } = fs;
    fs.fdatasync = ((...args: Parameters<typeof fdatasync>) => {
      count += 1;
      fdatasync(...args);
    }) as typeof fdatasync;
    onTestFinished(() => {
      fs.fdatasync = fdatasync;
    });
    vi.resetModules();
    const { Spool } = await import('../../../src/delivery/spool/spool.js');
    const spool = new Spool({ directory: spoolDirectory(), fsync }, SINK, () => {});
    const counts: number[] = [];
    const begin = performance.now();
    for (const line of makeLines(0, 3)) {
      await spool.append([line]);
      counts.push(count);
    }
    const seconds = (performance.now() - begin) / 1_000;
    await pause(1_300);
    if (fsync === 'interval') await expect.poll(() => count).toBeGreaterThan(0);
    counts.push(count);
    await spool.append(makeLines(3, 1));
    await spool.close();
    counts.push(count);
    return { counts, seconds };
  }

  it.each([
    ['never', 'by the operating system alone', [0, 0, 0, 0, 0]],
    ['batch', 'before the lines count as stored', [1, 2, 3, 3, 4]],
  ] as const)('with %s: %s', async (fsync, _when, expected) => {
    expect((await syncs(fsync)).counts).toEqual(expected);
  });

  it('with interval: once a second, and at the close', async () => {
    const { counts, seconds } = await syncs('interval');
    const [, , ofLines = 0, afterSome = 0, atClose = 0] = counts;
    // A slow disk may need more than a second for three lines.
    expect(ofLines).toBeLessThanOrEqual(Math.floor(seconds));
    expect(afterSome).toBeGreaterThanOrEqual(1);
    expect(atClose).toBeGreaterThan(afterSome);
  });
});
