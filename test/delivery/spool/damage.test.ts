/** Files of a spool that were damaged, deleted or replaced, and who may read them. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
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
  tree,
} from './spool-harness.js';

const TORN = `${SINK}: records in the spool are damaged and were skipped`;
const VANISHED = `${SINK}: a file of the spool was deleted by another program`;

/** Leaves a spool with five records in a folder. Returns the path of its segment. */
async function leaveRecords(folder: string, count = 5): Promise<string> {
  const { spool } = openSpool(folder);
  await spool.append(makeLines(0, count));
  await spool.close();
  return segments(folder)[0] ?? '';
}

describe('A spool that finds the segment of an earlier process', () => {
  const line = (number: number) => `${makeLines(number, 1)[0]}\n`;

  it.each<[what: string, content: string | Buffer, numbers: number[], torn: number]>([
    ['a torn last record', line(0) + line(1) + line(2).slice(0, 20), [0, 1], 1],
    ['nothing but a torn record', line(0).slice(0, 20), [], 1],
    ['a torn record before others', line(0) + line(1).slice(0, 20) + line(2) + line(3), [0, 3], 1],
    ['a damaged record in the middle', `${line(0)}{"n":1,"text":"\u0000\n${line(2)}`, [0, 2], 1],
    ['several damaged records', `x\n${line(0)}\n{}}\n${line(1)}[1]\n`, [0, 1], 4],
    ['blocks that the disk never got', Buffer.concat([Buffer.from(line(0)), Buffer.alloc(4096)]), [0], 1],
    [
      'bytes that are not UTF-8',
      Buffer.from(`${line(0)}{"n":1,"text":"\xff"}\n${line(2)}`, 'latin1'),
      [0, 2],
      1,
    ],
    ['an empty file', '', [], 0],
  ])('reads what is whole of %s', async (_what, content, numbers, torn) => {
    const folder = spoolDirectory();
    const file = await leaveRecords(folder);
    fs.writeFileSync(file, content);
    const { spool, reports } = openSpool(folder);
    await spool.append(makeLines(100, 2));
    expect(await drain(spool)).toEqual([...numbers, 100, 101]);
    expect(spool.torn).toBe(torn);
    expect(spool.waiting).toBe(0);
    expect(reports).toEqual(torn === 0 ? [] : [TORN]);
    await spool.close();
    expect(tree(folder)).toEqual([]);
  });

  it('never continues a torn record with one of its own', async () => {
    const folder = spoolDirectory();
    const file = await leaveRecords(folder);
    fs.appendFileSync(file, '{"n":5,');
    const { spool } = openSpool(folder);
    await spool.append(makeLines(6, 1));
    expect(segments(folder)).toHaveLength(2);
    expect(await drain(spool)).toEqual([0, 1, 2, 3, 4, 6]);
  });

  it.each([
    ['garbage', 'x'],
    ['a place behind the end', '000000000001 000000000999999\n'],
  ])('survives a position that is %s', async (what, position) => {
    const folder = spoolDirectory();
    const file = await leaveRecords(folder);
    fs.writeFileSync(path.join(path.dirname(file), 'position'), position);
    const { spool } = openSpool(folder);
    // Such a place says that nothing in the file waits.
    expect(await drain(spool)).toEqual(what === 'garbage' ? range(0, 5) : []);
  });

  it('begins again behind the record that a position cuts', async () => {
    const folder = spoolDirectory();
    const file = await leaveRecords(folder);
    fs.writeFileSync(path.join(path.dirname(file), 'position'), '000000000001 000000000000070\n');
    const { spool } = openSpool(folder);
    expect(await drain(spool)).toEqual([2, 3, 4]);
    expect(spool.torn).toBe(1);
  });

  it('leaves out a file that is a symbolic link, a folder or no segment', async () => {
    const folder = spoolDirectory();
    const file = await leaveRecords(folder);
    const secret = path.join(path.dirname(folder), 'secret.jsonl');
    fs.writeFileSync(secret, '{"n":99}\n');
    fs.symlinkSync(secret, path.join(path.dirname(file), '000002.jsonl'));
    fs.mkdirSync(path.join(path.dirname(file), '000003.jsonl'));
    fs.writeFileSync(path.join(path.dirname(file), 'notes.txt'), 'mine');
    const { spool } = openSpool(folder);
    expect(await drain(spool)).toEqual(range(0, 5));
    await spool.close();
    expect(fs.readFileSync(secret, 'utf8')).toBe('{"n":99}\n');
  });
});

describe('A spool that is in use', () => {
  it('skips a record that was damaged on the disk', async () => {
    const folder = spoolDirectory();
    const { spool, reports } = openSpool(folder);
    await spool.append(makeLines(0, 3));
    const fd = fs.openSync(segments(folder)[0] ?? '', 'r+');
    fs.writeSync(fd, Buffer.alloc(8), 0, 8, 64);
    fs.closeSync(fd);
    expect(await drain(spool)).toEqual([0, 2]);
    expect([spool.torn, spool.waiting]).toEqual([1, 0]);
    expect(reports).toEqual([TORN]);
  });

  it('goes on in a new folder if its folder is deleted, and still delivers the open file', async () => {
    const folder = spoolDirectory();
    const { spool, reports } = openSpool(folder);
    await spool.append(makeLines(0, 3));
    fs.rmSync(folder, { recursive: true });
    expect(await spool.append(makeLines(3, 2))).toBe(2);
    expect(tree(folder)).toEqual([
      'http-https-events-example-v1-0a56117a/A/000002.jsonl',
      'http-https-events-example-v1-0a56117a/A/lock',
      'http-https-events-example-v1-0a56117a/A/position',
    ]);
    expect(await drain(spool)).toEqual(range(0, 5));
    expect(reports).toEqual([]);
    await spool.close();
    expect(tree(folder)).toEqual([]);
  });

  it('counts the records of files that were deleted', async () => {
    const folder = spoolDirectory();
    const { spool, reports } = openSpool(folder, { maxBytes: 8 * 640 });
    for (let first = 0; first < 40; first += 10) await spool.append(makeLines(first, 10));
    expect(segments(folder)).toHaveLength(4);
    for (const file of segments(folder).slice(0, 2)) fs.rmSync(file);
    expect(await drain(spool)).toEqual(range(20, 20));
    expect([spool.torn, spool.waiting, spool.waitingBytes]).toEqual([20, 0, 0]);
    expect(reports).toEqual([`${VANISHED}: ENOENT`]);
  });

  it('counts the records that were cut off a file, except those that it has read', async () => {
    const folder = spoolDirectory();
    await leaveRecords(folder, 10_000);
    const { spool, reports } = openSpool(folder);
    const limit = { events: 512, bytes: 64 * 1024 };
    expect(numbersOf(await spool.read(limit))).toEqual(range(0, 512));
    expect(spool.waiting).toBe(10_000);
    fs.truncateSync(segments(folder)[0] ?? '', 0);
    // 256 KiB are read at a time.
    expect(await drain(spool, limit)).toEqual(range(0, 4096));
    expect([spool.torn, spool.waiting]).toEqual([10_000 - 4096, 0]);
    expect(reports).toEqual([`${VANISHED}: SegmentEndError`]);
  });

  it('keeps one file open, however many wait', async () => {
    const folder = spoolDirectory();
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const { spool } = openSpool(folder, { maxBytes: 8 * 640 });
    await spool.append(makeLines(0, 10));
    await expect.poll(open).toBeGreaterThan(0);
    const before = open();
    for (let first = 10; first < 70; first += 10) await spool.append(makeLines(first, 10));
    expect(segments(folder)).toHaveLength(7);
    await expect.poll(open).toBe(before);
    await spool.close();
    const next = openSpool(folder, { maxBytes: 8 * 640 });
    await next.spool.read(ALL);
    await expect.poll(open).toBe(before - 1);
  });

  it('has folders and files that only its user may read', async () => {
    const folder = spoolDirectory();
    const earlier = openSpool(folder);
    await earlier.spool.append(makeLines(0, 1));
    const { spool } = openSpool(folder);
    await spool.append(makeLines(0, 1));
    const modes = (fs.readdirSync(folder, { recursive: true }) as string[]).map((name) => {
      const stat = fs.statSync(path.join(folder, name));
      return `${stat.isDirectory() ? 'folder' : 'file'} ${(stat.mode & 0o777).toString(8)}`;
    });
    expect(
      [...new Set([...modes, `folder ${(fs.statSync(folder).mode & 0o777).toString(8)}`])].sort(),
    ).toEqual(['file 600', 'folder 700']);
  });
});

describe('The folder of a spool', () => {
  it.each<[what: string, make: (folder: string) => void, reason: RegExp]>([
    ['a file', (folder) => fs.writeFileSync(folder, ''), /is not a folder/],
    [
      'a symbolic link',
      (folder) => {
        fs.mkdirSync(`${folder}-elsewhere`);
        fs.symlinkSync(`${folder}-elsewhere`, folder);
      },
      /is not a folder; a symbolic link is not followed/,
    ],
  ])('is refused with option, value and fix if it is %s', (_what, make, reason) => {
    const folder = spoolDirectory();
    make(folder);
    expect(() => openSpool(folder)).toThrow(reason);
    expect(() => openSpool(folder)).toThrow(
      `option "spool.directory" is '${folder}', which cannot be used (`,
    );
    expect(() => openSpool(folder)).toThrow('it must be a folder that this process may create and write to');
  });

  it('is refused if the folder of the sink is a symbolic link', async () => {
    const folder = spoolDirectory();
    await leaveRecords(folder);
    const sinkFolder = path.join(folder, fs.readdirSync(folder)[0] ?? '');
    fs.renameSync(sinkFolder, `${folder}-elsewhere`);
    fs.symlinkSync(`${folder}-elsewhere`, sinkFolder);
    expect(() => openSpool(folder)).toThrow('a symbolic link is not followed');
    expect(segments(`${folder}-elsewhere`)).toHaveLength(1);
  });

  it('of an earlier process is left alone if it is a symbolic link', async () => {
    const folder = spoolDirectory();
    const owner = path.dirname(await leaveRecords(folder));
    fs.renameSync(owner, `${folder}-elsewhere`);
    fs.symlinkSync(`${folder}-elsewhere`, owner);
    const { spool } = openSpool(folder);
    expect(await spool.read(ALL)).toBeUndefined();
    expect(segments(`${folder}-elsewhere`)).toHaveLength(1);
  });
});
