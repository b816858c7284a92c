/** The queue with a spool: what is on the disk, and what is delivered, by this process or the next one. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeadLetterFile } from '../../src/delivery/dead-letter-file.js';
import type { DeliveryQueueOptions } from '../../src/delivery/delivery-destination.js';
import { DeliveryError } from '../../src/sinks/delivery-error.js';
import { makeFolder } from '../harness/folder.js';
import { type NumberedItem, queueTo, ScriptedDestination } from './delivery-harness.js';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

let directory = '';
beforeEach(() => {
  directory = makeFolder('spooled-queue');
});

/** An item as the spool takes it: a JSON object. */
const record = (n: number, padding = ''): NumberedItem => ({ n, line: JSON.stringify({ n, padding }) });
const restore = (line: string): NumberedItem => ({ n: Number(JSON.parse(line).n), line });

function spooledQueue(
  destination: ScriptedDestination,
  options: Partial<DeliveryQueueOptions<NumberedItem>> = {},
) {
  const made = queueTo(destination, { spool: { directory }, restore, ...options });
  onTestFinished(() => made.queue.shutdown());
  const push = (from: number, to = from, padding = '') => {
    for (let n = from; n <= to; n += 1) made.queue.push(record(n, padding));
  };
  return { ...made, push };
}

/** All records in the files of the spool. */
function onDisk(): number[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.jsonl') && !file.includes('dead'))
    .sort()
    .flatMap((file) => readFileSync(path.join(directory, file), 'utf8').split('\n').filter(Boolean))
    .map((line) => Number(JSON.parse(line).n));
}

/** Waits until an expectation holds. A machine that runs much else is slow. */
const soon = (expectation: () => void) => vi.waitFor(expectation, { timeout: 30_000, interval: 1 });

const down = () => {
  throw new Error('down');
};

describe('A queue with a spool', () => {
  it('has every event on the disk before it is sent', async () => {
    const seen: number[][] = [];
    const destination = new ScriptedDestination();
    destination.forever = () => void seen.push(onDisk());
    const { queue, push } = spooledQueue(destination);
    push(1, 3);
    await queue.forceFlush();
    expect(seen).toEqual([[1, 2, 3]]);
    expect(destination.taken).toEqual([1, 2, 3]);
    expect(queue.stats).toMatchObject({ delivered: 3, waiting: 0, spooled: 0, recovered: 0, dropped: 0 });
  });

  it('stores what comes while the destination is down, without an end', async () => {
    const destination = new ScriptedDestination({
      retry: { initialDelayMillis: 5, maxDelayMillis: 5, maxElapsedMillis: 1 },
    });
    destination.forever = down;
    const { queue, push } = spooledQueue(destination, { maxSize: 100 });
    for (let turn = 0; turn < 30; turn += 1) {
      push(turn * 100 + 1, turn * 100 + 100);
      await soon(() => expect(queue.stats.spooled).toBe(turn * 100 + 100));
    }
    expect(queue.stats).toMatchObject({ delivered: 0, dropped: 0, waiting: 3_000, failing: true });
    destination.forever = undefined;
    await soon(() => expect(queue.stats.delivered).toBe(3_000));
    expect(destination.taken).toEqual(range(1, 3_000));
    expect(queue.stats).toMatchObject({ waiting: 0, waitingBytes: 0, spooled: 0, failing: false });
  });

  it('delivers and flushes while events come without a pause', async () => {
    const destination = new ScriptedDestination();
    // A busy machine may need long for one write, and thousands of events come meanwhile.
    const { queue, push } = spooledQueue(destination, { maxSize: 1_000_000, maxBytes: 1e9 });
    let made = 0;
    let isUnderLoad = true;
    const load = (async () => {
      for (const end = performance.now() + 20_000; isUnderLoad && performance.now() < end; ) {
        made += 1;
        push(made);
        await new Promise(setImmediate);
      }
      return isUnderLoad;
    })();
    await soon(() => expect(destination.taken.length).toBeGreaterThan(100));
    await queue.forceFlush();
    isUnderLoad = false;
    expect(await load, 'whether the load ended by itself').toBe(false);
    await queue.forceFlush();
    expect(destination.taken).toEqual(range(1, made));
  });

  it('ends a flush after an attempt that failed, because the events are safe', async () => {
    const destination = new ScriptedDestination();
    destination.forever = down;
    const { queue, push } = spooledQueue(destination);
    push(1, 5);
    const begin = performance.now();
    await queue.forceFlush();
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(onDisk()).toEqual([1, 2, 3, 4, 5]);
    expect(queue.stats).toMatchObject({ spooled: 5, waiting: 5, dropped: 0 });
  });

  it('leaves what was not delivered to the next queue, which delivers it first', async () => {
    const first = new ScriptedDestination({ maxBatchSize: 2 });
    first.answer(() => {}, down).forever = down;
    const one = spooledQueue(first);
    one.push(1, 5);
    await one.queue.shutdown();
    expect(one.queue.stats).toMatchObject({ delivered: 2, dropped: 0 });
    const second = new ScriptedDestination({ maxBatchSize: 2 });
    const two = spooledQueue(second);
    two.push(6, 7);
    await soon(() => expect(second.taken).toEqual([3, 4, 5, 6, 7]));
    expect(two.queue.stats).toMatchObject({ delivered: 5, recovered: 3, waiting: 0 });
  });

  it('delivers what earlier processes left although nothing new comes', async () => {
    const first = new ScriptedDestination();
    first.forever = down;
    const one = spooledQueue(first);
    one.push(1, 2);
    await one.queue.shutdown();
    const second = new ScriptedDestination({ flushIntervalMillis: 60_000 });
    spooledQueue(second);
    await soon(() => expect(second.taken).toEqual([1, 2]));
  });

  it('settles a batch in parts', async () => {
    const destination = new ScriptedDestination();
    destination.answer(() => {
      throw new DeliveryError('one is wrong', { outcome: 'refused', delivered: 2, affected: 1 });
    });
    const letters = path.join(directory, 'dead-letters.jsonl');
    const { queue, push } = spooledQueue(destination, {
      deadLetters: new DeadLetterFile(letters, undefined, () => {}),
    });
    push(1, 5);
    await queue.forceFlush();
    expect(destination.log.map(({ numbers }) => numbers)).toEqual([
      [1, 2, 3, 4, 5],
      [4, 5],
    ]);
    expect(queue.stats).toMatchObject({
      delivered: 4,
      dropped: 1,
      deadLettered: 1,
      waiting: 0,
      recovered: 0,
    });
    expect(
      readFileSync(letters, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        sink: 'scripted',
        reason: 'refused: one is wrong',
        time: expect.any(String),
        event: { n: 3, padding: '' },
      },
    ]);
  });

  it('skips a record that is not an event, and counts it', async () => {
    const first = new ScriptedDestination();
    first.forever = down;
    const one = spooledQueue(first);
    one.push(1, 5);
    await one.queue.shutdown();
    const second = new ScriptedDestination();
    const { queue } = spooledQueue(second, {
      restore: (line) => {
        const item = restore(line);
        if (item.n === 1 || item.n === 3) throw new Error('not an event');
        return item;
      },
    });
    await soon(() => expect(second.taken).toEqual([2, 4, 5]));
    expect(queue.stats).toMatchObject({ delivered: 3, dropped: 2, recovered: 5, waiting: 0 });
  });

  it('gives up the oldest events if it is full and that is the policy, and counts them', async () => {
    const destination = new ScriptedDestination();
    destination.forever = down;
    const { queue, push, drops } = spooledQueue(destination, {
      spool: { directory, maxBytes: 20_000, whenFull: 'drop-oldest' },
    });
    for (let n = 1; n <= 50; n += 1) {
      push(n, n, 'x'.repeat(1_000));
      await sleep(1);
    }
    await soon(() => expect(queue.stats.spooled).toBe(queue.stats.waiting));
    const { dropped, waiting } = queue.stats;
    expect(dropped + waiting).toBe(50);
    expect(dropped).toBeGreaterThan(20);
    destination.forever = undefined;
    await queue.forceFlush();
    // The batch that was being sent is among those that are left.
    expect(destination.taken).toHaveLength(50 - dropped);
    expect(destination.taken).toEqual([...destination.taken].sort((a, b) => a - b));
    expect(destination.taken.at(-1)).toBe(50);
    expect(drops).toMatchObject([{ dropped, reasons: { spool_full: dropped } }]);
  });

  it('keeps events in memory up to its bound if the spool refuses them, and drops the newest', async () => {
    const destination = new ScriptedDestination();
    destination.forever = down;
    const { queue, push, drops } = spooledQueue(destination, {
      maxSize: 10,
      spool: { directory, maxBytes: 20_000, whenFull: 'refuse-new' },
    });
    for (let n = 1; n <= 50; n += 1) {
      push(n, n, 'x'.repeat(1_000));
      // The first 15 have room in the spool, and none of them may find the memory full because the disk is slow.
      if (n <= 15) await soon(() => expect(queue.stats.spooled).toBe(n));
      else await sleep(1);
    }
    const { dropped, waiting, spooled } = queue.stats;
    expect(dropped + waiting).toBe(50);
    expect(waiting - spooled).toBeLessThanOrEqual(10);
    destination.forever = undefined;
    await queue.forceFlush();
    expect(destination.taken).toHaveLength(50 - dropped);
    expect(destination.taken.slice(0, 15)).toEqual(range(1, 15));
    expect(destination.taken).toEqual([...destination.taken].sort((a, b) => a - b));
    await queue.shutdown();
    expect(drops).toMatchObject([{ dropped, reasons: { queue_full: dropped } }]);
  });

  it('sends from memory if the directory is a file now, so that a broken disk holds up nothing', async () => {
    const destination = new ScriptedDestination();
    const { queue, push } = spooledQueue(destination);
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
    push(1, 5);
    await soon(() => expect(destination.taken).toEqual([1, 2, 3, 4, 5]));
    expect(queue.stats).toMatchObject({ delivered: 5, waiting: 0, dropped: 0 });
  });

  it('takes thousands of events in a second of processor time', async () => {
    const destination = new ScriptedDestination();
    const { queue } = spooledQueue(destination, { maxSize: 100_000, maxBytes: 1e9 });
    const padding = 'x'.repeat(1_000);
    const begin = process.cpuUsage();
    for (let n = 1; n <= 40_000; n += 1) {
      queue.push(record(n, padding));
      if (n % 256 === 0) await new Promise(setImmediate);
    }
    await queue.forceFlush();
    const { user, system } = process.cpuUsage(begin);
    const perSecond = 40_000 / ((user + system) / 1e6);
    expect(destination.taken).toHaveLength(40_000);
    // 20,000 on an idle machine.
    expect(perSecond).toBeGreaterThan(2_000);
    // They do not go one by one.
    expect(destination.log.length).toBeLessThan(4_000);
  });
});

describe('The exit of the process', () => {
  it('stores what is in memory', () => {
    const { queue, push } = spooledQueue(new ScriptedDestination());
    push(1, 3);
    queue.writeOut();
    expect(onDisk()).toEqual([1, 2, 3]);
    expect(queue.stats).toMatchObject({ waiting: 3, spooled: 3, dropped: 0 });
  });

  it('lets a sink that can write what the spool has, from the oldest', async () => {
    const written: number[] = [];
    const destination = Object.assign(new ScriptedDestination({ maxBatchSize: 2 }), {
      sendSync: (items: readonly NumberedItem[]) => written.push(...items.map(({ n }) => n)),
    });
    destination.answer(down);
    const { queue, push } = spooledQueue(destination);
    push(1, 3);
    await soon(() => expect(queue.stats.failing).toBe(true));
    push(4, 5);
    queue.writeOut();
    expect(written).toEqual([1, 2, 3, 4, 5]);
    expect(queue.stats).toMatchObject({ delivered: 5, waiting: 0, dropped: 0, recovered: 0 });
  });

  it('leaves the events in the spool if the sink cannot write them', async () => {
    const destination = Object.assign(new ScriptedDestination(), { sendSync: down });
    const { queue, push } = spooledQueue(destination);
    push(1, 3);
    queue.writeOut();
    expect(queue.stats).toMatchObject({ delivered: 0, waiting: 3, spooled: 3, dropped: 0 });
    expect(onDisk()).toEqual([1, 2, 3]);
  });
});
