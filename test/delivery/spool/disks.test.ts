/** A disk that is full, read-only or not writable for this user. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { canMountDisks, mountDisk } from '../../harness/disk.js';
import { runFixture } from '../../run-fixture.js';
import { drain, makeLines, openSpool, range, SINK, segments, spoolDirectory } from './spool-harness.js';

const FAILED = `${SINK}: events cannot be stored in the spool`;

describe.skipIf(!canMountDisks)('A spool on a disk', () => {
  it('of 1 MB that is full stores what fits in whole lines, and goes on when there is room', async () => {
    const disk = mountDisk('1m');
    const { spool, reports } = openSpool(path.join(disk, 'spool'));
    const stored = await spool.append(makeLines(0, 1500, 1000));
    expect(stored).toBeGreaterThan(900);
    expect(stored).toBeLessThan(1100);
    expect(spool.waiting).toBe(stored);
    expect(reports).toEqual([`${FAILED}: ENOSPC`]);
    // Within the next second nothing is attempted.
    expect(await spool.append(makeLines(stored, 1, 1000))).toBe(0);
    expect(await drain(spool)).toEqual(range(0, stored));
    await pause(1_100);
    let next = stored;
    while (next < stored + 500) {
      next += await spool.append(makeLines(next, stored + 500 - next, 1000));
      await drain(spool);
      await pause(10);
    }
    expect(next).toBe(stored + 500);
    await spool.close();
    expect(fs.readdirSync(path.join(disk, 'spool'))).toEqual([]);
  });

  it('that another program fills begins as soon as there is room', async () => {
    const disk = mountDisk('1m');
    const filler = path.join(disk, 'filler');
    const { spool, reports } = openSpool(path.join(disk, 'spool'));
    expect(() => fs.writeFileSync(filler, Buffer.alloc(2 ** 21))).toThrow('ENOSPC');
    expect(await spool.append(makeLines(0, 10))).toBe(0);
    expect(reports).toEqual([`${FAILED}: ENOSPC`]);
    fs.rmSync(filler);
    await pause(1_100);
    expect(await spool.append(makeLines(0, 10))).toBe(10);
    expect(await drain(spool)).toEqual(range(0, 10));
  });

  it('that is full in the middle of a line goes on behind the last whole one', async () => {
    const disk = mountDisk('1m');
    const filler = path.join(disk, 'filler');
    const { spool } = openSpool(path.join(disk, 'spool'));
    await spool.append(makeLines(0, 3, 1001));
    const { bavail, bsize } = fs.statfsSync(disk);
    fs.writeFileSync(filler, Buffer.alloc((bavail - 5) * bsize));
    const stored = await spool.append(makeLines(3, 97, 1001));
    expect(stored).toBeGreaterThan(10);
    expect(stored).toBeLessThan(30);
    fs.rmSync(filler);
    await pause(1_100);
    expect(await spool.append(makeLines(3 + stored, 97 - stored, 1001))).toBe(97 - stored);
    expect(await drain(spool)).toEqual(range(0, 100));
    expect(spool.torn).toBe(0);
  });

  it('that was full at the start is used later', async () => {
    const disk = mountDisk('1m');
    const filler = path.join(disk, 'filler');
    expect(() => fs.writeFileSync(filler, Buffer.alloc(2 ** 21))).toThrow('ENOSPC');
    const { spool } = openSpool(path.join(disk, 'spool'));
    expect(await spool.append(makeLines(0, 10))).toBe(0);
    fs.rmSync(filler);
    await pause(1_100);
    expect(await spool.append(makeLines(0, 10))).toBe(10);
    expect(await drain(spool)).toEqual(range(0, 10));
  });

  it('that becomes read-only delivers, deletes nothing, doubles nothing after a restart, and goes on when it is writable', async () => {
    const disk = mountDisk('8m') ?? '';
    const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, disk]);
    const folder = path.join(disk, 'spool');
    const earlier = openSpool(folder, { maxBytes: 8 * 640 });
    await earlier.spool.append(makeLines(0, 40));
    await earlier.spool.close();
    const { spool, reports } = openSpool(folder, { maxBytes: 8 * 640 });
    remount('ro');
    expect(await drain(spool)).toEqual(range(0, 40));
    expect(await spool.append(makeLines(40, 5))).toBe(0);
    expect(reports).toContain(`${FAILED}: EROFS`);
    await pause(1_500);
    expect(segments(folder)).toHaveLength(4);
    expect(reports).toContain(`${SINK}: the spool cannot be written: EROFS`);
    remount('rw');
    expect(await spool.append(makeLines(40, 5))).toBe(5);
    await expect.poll(() => segments(folder), { timeout: 30_000 }).toHaveLength(1);
    await spool.close();
    const next = openSpool(folder);
    expect(await drain(next.spool)).toEqual(range(40, 5));
  });

  it('that is read-only at the start begins when it is writable', async () => {
    const disk = mountDisk('1m');
    const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, disk]);
    remount('ro');
    const { spool, reports } = openSpool(path.join(disk, 'spool'));
    expect(await spool.append(makeLines(0, 2))).toBe(0);
    expect(reports.join()).toContain('EROFS');
    remount('rw');
    await pause(1_100);
    expect(await spool.append(makeLines(0, 2))).toBe(2);
    expect(await drain(spool)).toEqual([0, 1]);
  });
});

describe.skipIf(process.getuid?.() !== 0)('A spool of another user', () => {
  it('survives a folder that becomes unwritable, and refuses one that is at the start', () => {
    const folder = spoolDirectory();
    fs.mkdirSync(folder);
    fs.chmodSync(path.dirname(folder), 0o755);
    fs.chownSync(folder, 65534, 65534);
    const fixture = path.join(import.meta.dirname, 'fixtures/unwritable.ts');
    const { stdout, stderr } = runFixture(fixture, folder);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      atStart: `option "spool.directory" is '${folder}', which cannot be used (EACCES)`,
      stored: [10, 0, 10],
      read: range(0, 20),
      reports: [`${FAILED}: EACCES`],
    });
  });
});

describe('A limit of the size of files', () => {
  it('stops the spool within whole lines', () => {
    const folder = spoolDirectory();
    const fixture = path.join(import.meta.dirname, 'fixtures/small-files.ts');
    const command = `ulimit -f 64; exec "${process.execPath}" --import tsx "${fixture}" "${folder}"`;
    const output = execFileSync('bash', ['-c', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { stored, waiting, numbers } = JSON.parse(output) as Record<string, unknown>;
    // 64 KiB, or 32 where the unit is 512 bytes.
    expect([65, 32]).toContain(stored);
    expect(waiting).toBe(stored);
    expect(numbers).toEqual(range(0, Number(stored)));
  });
});
