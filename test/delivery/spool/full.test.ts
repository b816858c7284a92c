/** A spool that reaches its own limit. */
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ALL,
  drain,
  makeLine,
  makeLines,
  numbersOf,
  openSpool,
  range,
  SINK,
  segments,
  spoolDirectory,
} from './spool-harness.js';

const FULL = `${SINK}: the spool is full; further events are given up; the sink is too slow, or option "spool.maxBytes" is too small`;
const FULL_OLDEST = FULL.replace('further', 'its oldest');

/** Room for 80 lines of 100 bytes, in segments of 10 lines. */
const ROOM_FOR_80 = { maxBytes: 8000 };

describe('A full spool that refuses new lines', () => {
  it('stores exactly as many as fit, and more when there is room again', async () => {
    const folder = spoolDirectory();
    const { spool, reports } = openSpool(folder, { ...ROOM_FOR_80, whenFull: 'refuse-new' });
    expect(await spool.append(makeLines(0, 75, 100))).toBe(75);
    expect(await spool.append(makeLines(75, 10, 100))).toBe(5);
    expect(await spool.append(makeLines(80, 10, 100))).toBe(0);
    expect([spool.waiting, spool.waitingBytes, spool.droppedOldest]).toEqual([80, 8000, 0]);
    const batch = await spool.read({ events: 10, bytes: 1e6 });
    if (batch !== undefined) await spool.acknowledge(batch);
    expect(await spool.append(makeLines(80, 20, 100))).toBe(10);
    expect(await drain(spool)).toEqual(range(10, 80));
    expect(reports).toEqual([FULL]);
  });

  it('uses the room of acknowledged lines in the file that it writes', async () => {
    const { spool } = openSpool(spoolDirectory(), { ...ROOM_FOR_80, whenFull: 'refuse-new' });
    await spool.append(makeLines(0, 5, 100));
    await drain(spool);
    expect(await spool.append([makeLine(5, 8000)])).toBe(1);
    expect(await drain(spool)).toEqual([5]);
  });

  it.each(['refuse-new', 'drop-oldest'] as const)(
    'never stores a line that is larger than the spool (%s)',
    async (whenFull) => {
      const { spool } = openSpool(spoolDirectory(), { ...ROOM_FOR_80, whenFull });
      expect(await spool.append([makeLine(0, 100), makeLine(1, 8001), makeLine(2, 100)])).toBe(1);
      expect(await drain(spool)).toEqual([0]);
      expect(spool.droppedOldest).toBe(0);
    },
  );

  it('is full for the next process as well', async () => {
    const folder = spoolDirectory();
    const earlier = openSpool(folder, ROOM_FOR_80);
    await earlier.spool.append(makeLines(0, 78, 100));
    await earlier.spool.close();
    const { spool } = openSpool(folder, ROOM_FOR_80);
    expect(await spool.append(makeLines(78, 10, 100))).toBe(2);
    expect(await drain(spool)).toEqual(range(0, 80));
  });
});

describe('A full spool that drops the oldest lines', () => {
  it('counts them exactly, a file at a time', async () => {
    const { spool, reports } = openSpool(spoolDirectory(), { ...ROOM_FOR_80, whenFull: 'drop-oldest' });
    expect(await spool.append(makeLines(0, 205, 100))).toBe(205);
    expect(spool.droppedOldest).toBe(130);
    expect([spool.waiting, spool.waitingBytes]).toEqual([75, 7500]);
    expect(await drain(spool)).toEqual(range(130, 75));
    expect(reports).toEqual([FULL_OLDEST]);
  });

  it('keeps the batch that is out', async () => {
    const { spool } = openSpool(spoolDirectory(), { ...ROOM_FOR_80, whenFull: 'drop-oldest' });
    await spool.append(makeLines(0, 80, 100));
    const batch = await spool.read({ events: 4, bytes: 1e6 });
    await spool.append(makeLines(80, 80, 100));
    expect(spool.droppedOldest).toBe(76);
    expect(spool.waiting).toBe(84);
    expect(numbersOf(await spool.read({ events: 4, bytes: 1e6 }))).toEqual(range(0, 4));
    if (batch !== undefined) await spool.acknowledge(batch, 4);
    const again = await spool.read({ events: 3, bytes: 1e6 });
    expect(numbersOf(again)).toEqual(range(0, 3));
    if (again !== undefined) await spool.acknowledge(again, 2);
    expect(spool.waiting).toBe(82);
    expect(await drain(spool)).toEqual([2, 3, ...range(80, 80)]);
  });

  it('counts those of an earlier process', async () => {
    const folder = spoolDirectory();
    const earlier = openSpool(folder, ROOM_FOR_80);
    await earlier.spool.append(makeLines(0, 80, 100));
    await earlier.spool.close();
    const { spool } = openSpool(folder, { ...ROOM_FOR_80, whenFull: 'drop-oldest' });
    expect(await spool.append(makeLines(80, 15, 100))).toBe(15);
    expect(spool.droppedOldest).toBe(20);
    expect(await drain(spool)).toEqual(range(20, 75));
  });
});

describe('A spool takes over', () => {
  it('only as much from ended processes as its limit allows, and the rest later', async () => {
    const folder = spoolDirectory();
    const first = openSpool(folder);
    // The name of a folder has the millisecond in which its spool was opened, and the oldest one comes first.
    await sleep(2);
    const second = openSpool(folder);
    await first.spool.append(makeLines(0, 50, 100));
    await second.spool.append(makeLines(50, 50, 100));
    await first.spool.close();
    await second.spool.close();
    const third = openSpool(folder, ROOM_FOR_80);
    expect(await drain(third.spool)).toEqual(range(0, 50));
    await third.spool.close();
    const fourth = openSpool(folder, ROOM_FOR_80);
    expect(await drain(fourth.spool)).toEqual(range(50, 50));
  });
});

it('The limit of a spool holds for all of its files', async () => {
  const folder = spoolDirectory();
  const { spool } = openSpool(folder, { ...ROOM_FOR_80, whenFull: 'drop-oldest' });
  const size = () =>
    segments(folder).reduce(
      (sum, file) => sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  for (let first = 0; first < 500; first += 7) {
    await spool.append(makeLines(first, 7, 100));
    await expect.poll(size).toBeLessThanOrEqual(8000);
  }
  const batch = await spool.read(ALL);
  expect(numbersOf(batch)?.[0]).toBe(spool.droppedOldest);
});
