/** Batches, attempts, pauses and bounds of the queue in front of every destination. */
import { diag } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeliveryError, type DeliveryErrorOptions } from '../../src/sinks/delivery-error.js';
import { fakeTime, pass, queueTo, ScriptedDestination } from './delivery-harness.js';

vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'));

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const fail = (message = 'down') => {
  throw new Error(message);
};

/** An answer with a `DeliveryError`. */
const answer =
  (outcome: DeliveryErrorOptions['outcome'], options: Partial<DeliveryErrorOptions> = {}) =>
  () => {
    throw new DeliveryError('no', { outcome, ...options });
  };

describe('A batch', () => {
  it.each<[what: string, options: object, bytes: number, batches: string[]]>([
    ['by the number of its events', { maxBatchSize: 4 }, 10, ['0: 1-4', '0: 5-8', '0: 9-10']],
    ['by its bytes', { maxBatchBytes: 35 }, 10, ['0: 1-3', '0: 4-6', '0: 7-9', '0: 10-10']],
    [
      'to a single event that is larger than that',
      { maxBatchBytes: 9 },
      10,
      range(1, 10).map((n) => `0: ${n}-${n}`),
    ],
  ])('is limited %s', async (_what, options, bytes, batches) => {
    fakeTime();
    const destination = new ScriptedDestination(options);
    const { queue, push } = queueTo(destination);
    push(1, 10, bytes);
    await pass(0);
    expect(destination.attempts).toEqual(batches);
    expect(queue.stats).toMatchObject({ delivered: 10, waiting: 0, waitingBytes: 0 });
  });

  it('waits for its interval, or until it is full', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 4, flushIntervalMillis: 5_000 });
    const { push } = queueTo(destination);
    push(1, 2);
    await pass(3_000);
    push(3);
    await pass(1_999);
    expect(destination.attempts).toEqual([]);
    await pass(1);
    expect(destination.attempts).toEqual(['5000: 1-3']);
    push(4, 9);
    await pass(0);
    expect(destination.attempts.slice(1)).toEqual(['5000: 4-7']);
    await pass(5_000);
    expect(destination.attempts.slice(2)).toEqual(['10000: 8-9']);
  });

  it('waits for its interval with one timer, which keeps no process alive', async () => {
    fakeTime();
    const { push } = queueTo(new ScriptedDestination({ flushIntervalMillis: 5_000 }));
    push(1, 100);
    expect(vi.getTimerCount()).toBe(1);
    await pass(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('A failure that may pass', () => {
  it('is tried again after pauses that double up to the longest', async () => {
    fakeTime();
    const destination = new ScriptedDestination();
    destination.answer(...range(1, 8).map(() => () => fail()));
    const { queue, push } = queueTo(destination);
    push(1, 2);
    await pass(0);
    expect(queue.stats.failing).toBe(true);
    await pass(200_000);
    expect(destination.log.map(({ at }) => at)).toEqual([
      0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000,
    ]);
    expect(queue.stats).toMatchObject({ delivered: 2, dropped: 0, retried: 16, failing: false });
    expect(destination.taken).toEqual([1, 2]);
  });

  it('has pauses that are a random part of the longest', async () => {
    fakeTime(0.25);
    const destination = new ScriptedDestination().answer(
      () => fail(),
      () => fail(),
      () => fail(),
    );
    const { push } = queueTo(destination);
    push(1);
    await pass(10_000);
    expect(destination.log.map(({ at }) => at)).toEqual([0, 250, 750, 1_750]);
  });

  it.each([
    [2_500, 2_500],
    [60_000, 60_000],
    [3_600_000, 300_000],
    [-5, 1],
    [Number.NaN, 1],
  ])('asking for %d milliseconds gets %d', async (retryAfterMillis, pause) => {
    fakeTime(0);
    const destination = new ScriptedDestination().answer(answer('retry', { retryAfterMillis }));
    const { push } = queueTo(destination);
    push(1);
    await pass(400_000);
    expect(destination.log.map(({ at }) => at)).toEqual([0, pause]);
  });

  it('keeps the batch as it was, and later events behind it', async () => {
    fakeTime();
    const destination = new ScriptedDestination().answer(() => fail());
    const { push } = queueTo(destination);
    push(1, 2);
    await pass(500);
    push(3, 4);
    await pass(500);
    expect(destination.attempts).toEqual(['0: 1-2', '1000: 1-2', '1000: 3-4']);
  });

  it('is given up after its time, and the next batch has a time of its own', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 1, retry: { maxElapsedMillis: 10_000 } });
    destination.forever = () => fail();
    const { queue, push, reports } = queueTo(destination);
    push(1, 2);
    await pass(15_000);
    expect(queue.stats).toMatchObject({ dropped: 1, waiting: 1 });
    await pass(15_000);
    expect(queue.stats).toMatchObject({ dropped: 2, waiting: 0 });
    expect(destination.log.map(({ at }) => at)).toEqual([
      0, 1_000, 3_000, 7_000, 15_000, 15_000, 16_000, 18_000, 22_000, 30_000,
    ]);
    expect(reports.map(([message]) => message).filter((message) => message.includes('dropped'))).toHaveLength(
      2,
    );
  });

  it('is given up at once with retry: false', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ retry: false }).answer(() => fail());
    const { queue, push } = queueTo(destination);
    push(1);
    await pass(0);
    expect(queue.stats).toMatchObject({ delivered: 0, dropped: 1, waiting: 0, retried: 0 });
  });

  it('resends only what was not delivered', async () => {
    fakeTime();
    const destination = new ScriptedDestination().answer(answer('retry', { delivered: 3 }));
    const { queue, push } = queueTo(destination);
    push(1, 5);
    await pass(1_000);
    expect(destination.attempts).toEqual(['0: 1-5', '1000: 4-5']);
    expect(queue.stats).toMatchObject({ delivered: 5, dropped: 0, retried: 2 });
  });
});

describe('An attempt', () => {
  it('is aborted after its time, and made again', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ timeoutMillis: 2_000 }).answer(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const { queue, push, reports } = queueTo(destination);
    push(1);
    await pass(10_000);
    expect(destination.log.map(({ at }) => at)).toEqual([0, 3_000]);
    expect(queue.stats).toMatchObject({ delivered: 1, retried: 1 });
    expect(reports.map(([message]) => message)).toContain('scripted: no answer within 2000 ms');
  });

  it('that ignores its end is waited for, and counts as delivered if it succeeds', async () => {
    fakeTime();
    let succeed = () => {};
    const destination = new ScriptedDestination({ timeoutMillis: 2_000 }).answer(
      () =>
        new Promise<void>((resolve) => {
          succeed = resolve;
        }),
    );
    const { queue, push } = queueTo(destination);
    push(1);
    await pass(0);
    push(2);
    await pass(60_000);
    expect(queue.stats).toMatchObject({ delivered: 0, waiting: 2, failing: true });
    expect(destination.attempts).toEqual(['0: 1-1']);
    succeed();
    await pass(0);
    expect(destination.attempts).toEqual(['0: 1-1', '60000: 2-2']);
    expect(queue.stats).toMatchObject({ delivered: 2, waiting: 0, failing: false, retried: 0 });
  });
});

describe('Refused events', () => {
  it('are not sent again, and the rest of the batch is sent at once', async () => {
    fakeTime();
    const destination = new ScriptedDestination().answer(answer('refused', { delivered: 2, affected: 1 }));
    const { queue, push } = queueTo(destination);
    push(1, 6);
    await pass(0);
    expect(destination.attempts).toEqual(['0: 1-6', '0: 4-6']);
    expect(queue.stats).toMatchObject({ delivered: 5, dropped: 1, waiting: 0 });
  });

  it.each([
    ['more than there are', { delivered: 1, affected: 99 }, { delivered: 1, dropped: 2 }],
    ['fewer than one', { delivered: -3, affected: 0 }, { delivered: 2, dropped: 1 }],
    ['no numbers', { delivered: Number.NaN, affected: Number.NaN }, { delivered: 2, dropped: 1 }],
  ])('that are %s are counted within the batch', async (_what, counts, expected) => {
    fakeTime();
    const destination = new ScriptedDestination().answer(answer('refused', counts));
    const { queue, push } = queueTo(destination);
    push(1, 3);
    await pass(0);
    expect(queue.stats).toMatchObject({ ...expected, waiting: 0 });
  });
});

describe('A batch that is too large', () => {
  /** Takes at most this many events at once. */
  const taking = (most: number) => (numbers: readonly number[]) => {
    if (numbers.length > most) throw new DeliveryError('413', { outcome: 'too-large' });
  };

  it('is halved until it is small enough, at once', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 16 });
    destination.forever = taking(5);
    const { queue, push } = queueTo(destination);
    push(1, 16);
    await pass(0);
    expect(destination.attempts).toEqual(['0: 1-16', '0: 1-8', '0: 1-4', '0: 5-8', '0: 9-12', '0: 13-16']);
    expect(queue.stats).toMatchObject({ delivered: 16, dropped: 0, failing: false });
  });

  it('makes later batches small, which grow again one by one', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 16 }).answer(taking(8));
    const { push } = queueTo(destination);
    push(1, 400);
    await pass(0);
    const sizes = destination.log.map(({ numbers }) => numbers.length);
    expect(sizes).toEqual([
      16,
      ...Array(8).fill(8),
      ...Array(8).fill(10),
      ...Array(8).fill(12),
      ...Array(8).fill(14),
      ...Array(3).fill(16),
    ]);
  });

  it('is refused if it is a single event', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 4 });
    destination.forever = (numbers) => {
      if (numbers.includes(2)) throw new DeliveryError('413', { outcome: 'too-large' });
    };
    const { queue, push, drops } = queueTo(destination);
    push(1, 4);
    await pass(0);
    expect(destination.taken).toEqual([1, 3, 4]);
    expect(queue.stats).toMatchObject({ delivered: 3, dropped: 1 });
    expect(drops).toMatchObject([{ dropped: 1, reasons: { too_large: 1 } }]);
  });

  it.each([
    ['the least size', { maxBatchSize: 4, minBatchSize: 4 }],
    ['adaptiveBatching: false', { maxBatchSize: 4, adaptiveBatching: false }],
  ])('is sent again as it is with %s', async (_what, options) => {
    fakeTime();
    const destination = new ScriptedDestination(options).answer(taking(1));
    const { push } = queueTo(destination);
    push(1, 4);
    await pass(1_000);
    expect(destination.attempts).toEqual(['0: 1-4', '1000: 1-4']);
  });
});

describe('The bounds', () => {
  it('hold for the bytes in memory', async () => {
    fakeTime();
    const destination = new ScriptedDestination();
    const { queue, push, reports } = queueTo(destination, { maxBytes: 45 });
    push(1, 6);
    expect(queue.stats).toMatchObject({ waiting: 4, waitingBytes: 40, dropped: 2 });
    await pass(0);
    expect(destination.taken).toEqual([1, 2, 3, 4]);
    expect(reports).toEqual([
      [
        'scripted: 45 bytes of events are waiting, further events are dropped; ' +
          'the sink is too slow, or option "maxQueueBytes" is too small',
        undefined,
      ],
    ]);
  });

  it('report what was dropped as one when there is room again', async () => {
    fakeTime();
    vi.setSystemTime(1_000_000);
    const destination = new ScriptedDestination({ maxBatchSize: 2 }).answer(() => fail());
    const { push, drops } = queueTo(destination, { maxSize: 10 });
    push(1, 10);
    await pass(0);
    push(11, 13);
    await pass(400);
    push(14, 15);
    expect(drops).toEqual([]);
    await pass(600);
    expect(drops).toEqual([
      {
        destination: 'scripted',
        dropped: 5,
        from: 1_000_000,
        to: 1_000_400,
        reasons: { queue_full: 5 },
      },
    ]);
  });
});

describe('Dropped events', () => {
  it('are logged at most once a minute, with their number', async () => {
    fakeTime();
    const logged: string[] = [];
    const log = (message: string) => void logged.push(message);
    diag.setLogger({ error: log, warn: log, info() {}, debug() {}, verbose() {} });
    onTestFinished(() => diag.disable());
    const destination = new ScriptedDestination();
    destination.forever = () => fail();
    const { queue, push } = queueTo(destination, { maxSize: 1 });
    for (let second = 0; second <= 150; second += 1) {
      push(1, 10);
      await pass(1_000);
    }
    const name = 'opentelemetry-instrumentation-openai-agents: scripted';
    expect(logged).toEqual([
      `${name}: 600 events dropped, 600 in all`,
      `${name}: 600 events dropped, 1200 in all`,
    ]);
    const closing = queue.shutdown();
    await pass(30_000);
    await closing;
    expect(logged.at(-1)).toBe(`${name}: 310 events dropped, 1510 in all`);
  });
});

describe('forceFlush', () => {
  it('cuts a pause short', async () => {
    fakeTime();
    const destination = new ScriptedDestination().answer(() => fail());
    const { queue, push } = queueTo(destination);
    push(1);
    await pass(100);
    await queue.forceFlush();
    expect(destination.attempts).toEqual(['0: 1-1', '100: 1-1']);
  });

  it('sends a batch that is not full', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ flushIntervalMillis: 5_000 });
    const { queue, push } = queueTo(destination);
    push(1);
    await queue.forceFlush();
    expect(destination.taken).toEqual([1]);
  });

  it('ends after its time, and delivery goes on', async () => {
    fakeTime();
    const destination = new ScriptedDestination();
    destination.answer(
      () => fail(),
      () => fail(),
      () => fail(),
    );
    const { queue, push } = queueTo(destination);
    push(1);
    let flushed = false;
    const flushing = queue.forceFlush(2_000).then(() => {
      flushed = true;
    });
    await pass(1_999);
    expect(flushed).toBe(false);
    await pass(1);
    await flushing;
    await pass(5_000);
    expect(destination.taken).toEqual([1]);
  });

  it('waits for the events pushed before it only', async () => {
    fakeTime();
    const destination = new ScriptedDestination({ maxBatchSize: 1 });
    const { queue, push } = queueTo(destination);
    destination.forever = (numbers) => {
      if (numbers[0] !== undefined && numbers[0] < 50) push(numbers[0] + 100);
    };
    push(1, 3);
    await queue.forceFlush();
    expect(destination.taken.slice(0, 3)).toEqual([1, 2, 3]);
    await pass(0);
    expect(destination.taken).toHaveLength(6);
  });
});

describe('shutdown', () => {
  it('tries until its time is over, and then drops and counts the rest', async () => {
    fakeTime();
    const destination = new ScriptedDestination();
    destination.forever = () => fail();
    const { queue, push, drops } = queueTo(destination);
    push(1, 3);
    await pass(100);
    const closing = queue.shutdown();
    await pass(30_000);
    await closing;
    expect(destination.log.map(({ at }) => at)).toEqual(
      [0, 100, 2_100, 6_100, 14_100, 30_100].slice(0, 6).filter((at) => at < 30_100),
    );
    expect(queue.stats).toMatchObject({ delivered: 0, dropped: 3, waiting: 0 });
    expect(drops).toMatchObject([{ dropped: 3, reasons: { shutdown: 3 } }]);
    await pass(100_000);
    expect(destination.log).toHaveLength(5);
  });

  it('counts before the last events what the destination did not take', async () => {
    fakeTime();
    const destination = new ScriptedDestination();
    destination.forever = () => fail();
    const { queue, push } = queueTo(destination);
    push(1, 3);
    const finishing = queue.finish();
    await pass(30_000);
    await finishing;
    expect(queue.stats).toMatchObject({ dropped: 3, waiting: 0 });
    const before = destination.log.length;
    push(4);
    await queue.shutdown();
    expect(destination.log.length - before).toBe(1);
    expect(queue.stats).toMatchObject({ dropped: 4, waiting: 0 });
  });
});

describe('writeOut', () => {
  it('delivers a batch that waits for its next attempt', async () => {
    fakeTime();
    const written: number[] = [];
    const destination = Object.assign(new ScriptedDestination({ maxBatchSize: 2 }), {
      sendSync: (items: readonly { n: number }[]) => written.push(...items.map(({ n }) => n)),
    });
    destination.answer(() => fail());
    const { queue, push } = queueTo(destination);
    push(1, 5);
    await pass(100);
    queue.writeOut();
    expect(written).toEqual([1, 2, 3, 4, 5]);
    await pass(10_000);
    expect(queue.stats).toMatchObject({ delivered: 5, dropped: 0, waiting: 0 });
    expect(destination.attempts).toEqual(['0: 1-2']);
  });
});
