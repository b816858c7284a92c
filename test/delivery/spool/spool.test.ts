/** A spool of one process: order, acknowledgement, segments, restart. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  ALL,
  drain,
  makeLine,
  makeLines,
  numbersOf,
  openSpool,
  range,
  segments,
  spoolDirectory,
  tree,
} from './spool-harness.js';

const MIB = 1024 ** 2;

describe('A spool', () => {
  it('returns lines in the order in which they were appended', async () => {
    const { spool } = openSpool(spoolDirectory());
    const stored = await Promise.all([
      spool.append(makeLines(0, 3)),
      spool.append(makeLines(3, 1)),
      spool.append([]),
      spool.append(makeLines(4, 2)),
    ]);
    expect(stored).toEqual([3, 1, 0, 2]);
    expect(spool.waiting).toBe(6);
    expect(spool.waitingBytes).toBe(6 * 64);
    expect(await drain(spool)).toEqual(range(0, 6));
    expect([spool.waiting, spool.waitingBytes]).toEqual([0, 0]);
    expect(await spool.read(ALL)).toBeUndefined();
  });

  it('returns the same batch until it is acknowledged, or its beginning', async () => {
    const { spool } = openSpool(spoolDirectory());
    await spool.append(makeLines(0, 10));
    const first = await spool.read({ events: 4, bytes: MIB });
    expect(numbersOf(first)).toEqual([0, 1, 2, 3]);
    await spool.append(makeLines(10, 1));
    expect(numbersOf(await spool.read({ events: 8, bytes: MIB }))).toEqual([0, 1, 2, 3]);
    const half = await spool.read({ events: 2, bytes: MIB });
    expect(numbersOf(half)).toEqual([0, 1]);
    if (half !== undefined) await spool.acknowledge(half);
    expect(numbersOf(await spool.read({ events: 8, bytes: MIB }))).toEqual([2, 3]);
    // A batch that was returned again counts no more.
    if (first !== undefined) await spool.acknowledge(first);
    expect(await drain(spool)).toEqual(range(2, 9));
  });

  it('goes on behind the acknowledged part of a batch', async () => {
    const { spool } = openSpool(spoolDirectory());
    await spool.append(makeLines(0, 5));
    const batch = await spool.read(ALL);
    if (batch !== undefined) await spool.acknowledge(batch, 3);
    expect(spool.waiting).toBe(2);
    expect(await drain(spool)).toEqual([3, 4]);
  });

  it('keeps to the limits of a batch, and returns a larger line alone', async () => {
    const { spool } = openSpool(spoolDirectory());
    await spool.append([...makeLines(0, 4), makeLine(4, 3 * MIB), makeLine(5)]);
    const limit = { events: 100, bytes: 3 * 64 };
    const batches: unknown[] = [];
    for (let batch = await spool.read(limit); batch !== undefined; batch = await spool.read(limit)) {
      batches.push(numbersOf(batch));
      await spool.acknowledge(batch);
    }
    expect(batches).toEqual([[0, 1, 2], [3], [4], [5]]);
  });

  it('stores a line with line breaks as one record', async () => {
    const { spool } = openSpool(spoolDirectory());
    await spool.append(['{\n  "n": 1\n}', makeLine(2)]);
    expect(await drain(spool)).toEqual([1, 2]);
  });

  it('deletes a segment when all its records are acknowledged', async () => {
    const folder = spoolDirectory();
    const { spool } = openSpool(folder, { maxBytes: 8 * 1000 });
    await spool.append(makeLines(0, 50, 100));
    expect(segments(folder)).toHaveLength(5);
    const batch = await spool.read({ events: 15, bytes: MIB });
    expect(numbersOf(batch)).toEqual(range(0, 10));
    if (batch !== undefined) await spool.acknowledge(batch);
    await expect.poll(() => segments(folder)).toHaveLength(4);
    expect(await drain(spool)).toEqual(range(10, 40));
    await spool.close();
    expect(tree(folder)).toEqual([]);
  });

  it('keeps what is not acknowledged for the next one', async () => {
    const folder = spoolDirectory();
    const earlier = openSpool(folder);
    await earlier.spool.append(makeLines(0, 5));
    const batch = await earlier.spool.read(ALL);
    if (batch !== undefined) await earlier.spool.acknowledge(batch, 2);
    await earlier.spool.close();
    expect(tree(folder)).toEqual([
      'http-https-events-example-v1-0a56117a/A/000001.jsonl',
      'http-https-events-example-v1-0a56117a/A/position',
    ]);
    const { spool } = openSpool(folder);
    await spool.append(makeLines(5, 2));
    expect(await drain(spool)).toEqual(range(2, 5));
    await spool.close();
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
