import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import type { SealedEvent } from '../../src/chaukas/sealed-event.js';
import { EventQueue } from '../../src/delivery/event-queue.js';
import { DeliveryError } from '../../src/sinks/delivery-error.js';
import type { EventSink } from '../../src/sinks/event-sink.js';
import { makeFolder } from '../harness/folder.js';
import { runFixture } from '../run-fixture.js';
import { makeEvent, makeEvents, numberOf } from './make-event.js';

vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'));

const FLUSH_TIMEOUT_MS = 30_000;

/** A sink that logs its calls. */
class LoggingSink implements EventSink {
  readonly name = 'logging';
  readonly log: unknown[] = [];
  busy = 0;
  mostBusy = 0;
  /** A promise that `send` awaits before it takes the batch. */
  ready: () => Promise<void> = async () => {};

  async send(events: readonly ChaukasEvent[]): Promise<void> {
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    try {
      await this.ready();
      this.log.push(events.map(numberOf));
    } finally {
      this.busy -= 1;
    }
  }

  async forceFlush(): Promise<void> {
    this.log.push('forceFlush');
  }

  async shutdown(): Promise<void> {
    this.log.push('shutdown');
  }

  /** The numbers of the events taken so far, in order. */
  get taken(): unknown[] {
    return this.log.filter((entry) => Array.isArray(entry)).flat();
  }
}

class SyncSink extends LoggingSink {
  sendSync(events: readonly ChaukasEvent[]): void {
    this.log.push(['sync', ...events.map(numberOf)]);
  }
}

interface Report {
  readonly message: string;
  readonly error: unknown;
}

function queueFor(sink: EventSink, maxSize = 10_000): { queue: EventQueue; reports: Report[] } {
  const reports: Report[] = [];
  const queue = new EventQueue(sink, {
    maxSize,
    maxBytes: 1_000_000,
    onError: (message, error) => reports.push({ message, error }),
  });
  // An open queue would write out its events when the test's process exits.
  onTestFinished(async () => {
    await queue.shutdown().catch(() => {});
  });
  return { queue, reports };
}

/** A promise, and the function that resolves it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

function sealed(event: ChaukasEvent): SealedEvent {
  return { event, line: JSON.stringify(event) };
}

function push(queue: EventQueue, events: readonly ChaukasEvent[]): void {
  for (const event of events) queue.push(sealed(event));
}

function counts({ stats: { delivered, dropped } }: EventQueue): number[] {
  return [delivered, dropped];
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Hangs until the end of the test. */
const hang = () => endOfTest.opened;
let endOfTest = gate();

beforeEach(() => {
  endOfTest = gate();
});

afterEach(() => {
  vi.useRealTimers();
  endOfTest.open();
});

describe('push', () => {
  it('sends nothing within the call, and sends the events of one turn together', async () => {
    const sink = new LoggingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(3));
    await Promise.resolve();
    expect(sink.log).toEqual([]);
    await nextTurn();
    expect(sink.log).toEqual([[1, 2, 3]]);
    expect(counts(queue)).toEqual([3, 0]);
  });

  it.each<[count: number, batches: number[]]>([
    [1, [1]],
    [511, [511]],
    [512, [512]],
    [513, [512, 1]],
    [1300, [512, 512, 276]],
  ])('sends %i events in batches of %j, in order', async (count, batches) => {
    const sink = new LoggingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(count));
    await queue.forceFlush();
    expect(sink.log.filter(Array.isArray).map((batch) => batch.length)).toEqual(batches);
    expect(sink.taken).toEqual(numbers(1, count));
    expect(counts(queue)).toEqual([count, 0]);
  });

  it('sends one batch at a time, and the events pushed meanwhile in the next batch', async () => {
    const sink = new LoggingSink();
    const first = gate();
    sink.ready = () => first.opened;
    const { queue } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await nextTurn();
    push(queue, [makeEvent(2), makeEvent(3)]);
    await nextTurn();
    expect([sink.busy, sink.log]).toEqual([1, []]);
    first.open();
    await queue.forceFlush();
    expect(sink.log).toEqual([[1], [2, 3], 'forceFlush']);
    expect(sink.mostBusy).toBe(1);
  });

  it('starts sending again after the queue was empty', async () => {
    const sink = new LoggingSink();
    const { queue } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await queue.forceFlush();
    queue.push(sealed(makeEvent(2)));
    await nextTurn();
    expect(sink.taken).toEqual([1, 2]);
  });
});

describe('An overflow', () => {
  const message =
    'logging: 3 events are waiting, further events are dropped; ' +
    'the sink is too slow, or option "maxQueueSize" is too small';

  it('drops the newest events, counts them, and is reported once', async () => {
    const sink = new LoggingSink();
    const { queue, reports } = queueFor(sink, 3);
    push(queue, makeEvents(6));
    expect([counts(queue), reports]).toEqual([[0, 3], [{ message, error: undefined }]]);
    await queue.forceFlush();
    expect(sink.taken).toEqual([1, 2, 3]);
    expect(counts(queue)).toEqual([3, 3]);
  });

  it('does not count the batch that the sink is processing', async () => {
    const sink = new LoggingSink();
    const first = gate();
    sink.ready = () => first.opened;
    const { queue } = queueFor(sink, 3);
    push(
      queue,
      numbers(1, 3).map((n) => makeEvent(n)),
    );
    await nextTurn();
    push(
      queue,
      numbers(4, 7).map((n) => makeEvent(n)),
    );
    expect(counts(queue)).toEqual([0, 1]);
    first.open();
    await queue.forceFlush();
    expect(sink.taken).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is reported again after the sink had caught up', async () => {
    const { queue, reports } = queueFor(new LoggingSink(), 3);
    for (let round = 0; round < 2; round += 1) {
      push(queue, makeEvents(5));
      await queue.forceFlush();
    }
    expect(reports.map((each) => each.message)).toEqual([message, message]);
    expect(counts(queue)).toEqual([6, 4]);
  });
});

describe('A sink that refuses its events', () => {
  const error = new DeliveryError('not these', { outcome: 'refused' });

  it.each<[how: string, fail: () => Promise<void>]>([
    ['rejects', () => Promise.reject(error)],
    [
      'throws',
      () => {
        throw error;
      },
    ],
  ])('loses only its batch, which is counted and reported: %s', async (_how, fail) => {
    const sink = new LoggingSink();
    const { queue, reports } = queueFor(sink);
    const send = sink.send.bind(sink);
    sink.send = (events) => (events.length === 512 ? fail() : send(events));
    push(queue, makeEvents(520));
    await queue.forceFlush();
    expect(sink.taken).toEqual(numbers(513, 520));
    expect(counts(queue)).toEqual([8, 512]);
    expect(reports).toEqual([{ message: 'logging: events could not be delivered and were dropped', error }]);
  });

  it('is reported each time', async () => {
    const sink = new LoggingSink();
    sink.send = () => Promise.reject(error);
    const { queue, reports } = queueFor(sink);
    for (const event of makeEvents(3)) {
      queue.push(sealed(event));
      await queue.forceFlush();
    }
    expect([counts(queue), reports.length]).toEqual([[0, 3], 3]);
  });
});

describe('forceFlush', () => {
  it('resolves after all events were sent and the sink was flushed', async () => {
    const sink = new LoggingSink();
    const first = gate();
    sink.ready = () => first.opened;
    const { queue } = queueFor(sink);
    push(queue, makeEvents(600));
    let flushed = false;
    const flushing = queue.forceFlush().then(() => {
      flushed = true;
    });
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect([flushed, sink.log]).toEqual([false, []]);
    first.open();
    await flushing;
    expect(sink.log).toEqual([numbers(1, 512), numbers(513, 600), 'forceFlush']);
  });

  it('flushes the sink even if no event is waiting', async () => {
    const sink = new LoggingSink();
    await queueFor(sink).queue.forceFlush();
    expect(sink.log).toEqual(['forceFlush']);
  });

  it('resolves after undeliverable events were dropped', async () => {
    const sink = new LoggingSink();
    sink.send = () => Promise.reject(new DeliveryError('no', { outcome: 'refused' }));
    const { queue } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await queue.forceFlush();
    expect(counts(queue)).toEqual([0, 1]);
  });

  it('rejects if the sink cannot flush', async () => {
    const sink = new LoggingSink();
    const error = new Error('no');
    sink.forceFlush = () => Promise.reject(error);
    await expect(queueFor(sink).queue.forceFlush()).rejects.toBe(error);
  });

  it('leaves no timer that would keep the process alive', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await queueFor(new LoggingSink()).queue.forceFlush();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[what: string, block: (sink: LoggingSink) => void]>([
    [
      'send',
      (sink) => {
        sink.send = hang;
      },
    ],
    [
      'forceFlush',
      (sink) => {
        sink.forceFlush = hang;
      },
    ],
  ])('waits half a minute for a sink that hangs in %s, and reports it', async (what, block) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new LoggingSink();
    block(sink);
    const { queue, reports } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await nextTurn();
    let flushed = false;
    const flushing = queue.forceFlush().then(() => {
      flushed = true;
    });
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS - 1);
    expect([flushed, reports]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(1);
    await flushing;
    expect(reports.map(({ message }) => message)).toEqual([
      ...(what === 'send' ? ['logging: no answer within 30000 ms'] : []),
      'logging: flush timed out',
    ]);
  });
});

describe('shutdown', () => {
  it('delivers waiting events, flushes, and shuts the sink down, in this order', async () => {
    const sink = new LoggingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(2));
    await queue.shutdown();
    expect(sink.log).toEqual([[1, 2], 'forceFlush', 'shutdown']);
  });

  it('rejects, but still shuts the sink down, if the sink cannot flush', async () => {
    const sink = new LoggingSink();
    const error = new Error('no');
    sink.forceFlush = () => Promise.reject(error);
    await expect(queueFor(sink).queue.shutdown()).rejects.toBe(error);
    expect(sink.log).toEqual(['shutdown']);
  });

  it('counts the events that a hanging sink did not take as dropped, and never sends them', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new LoggingSink();
    const first = gate();
    sink.ready = () => first.opened;
    const { queue, reports } = queueFor(sink);
    push(queue, makeEvents(600));
    await nextTurn();
    const closing = queue.shutdown();
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS);
    await closing;
    expect(counts(queue)).toEqual([0, 88]);
    expect(reports.map(({ message }) => message)).toEqual([
      'logging: no answer within 30000 ms',
      'logging: flush timed out',
      'logging: events could not be delivered and were dropped',
    ]);
    // Now the sink answers. Its late batch is delivered, and there is no other.
    first.open();
    await nextTurn();
    expect(sink.log[0]).toBe('shutdown');
    expect(sink.taken).toEqual(numbers(1, 512));
    expect(counts(queue)).toEqual([512, 88]);
  });

  it.each(['send', 'forceFlush'] as const)(
    'does not wait again for a sink that hung in %s',
    async (method) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const sink = new LoggingSink();
      if (method === 'send') sink.ready = hang;
      else sink.forceFlush = hang;
      const { queue, reports } = queueFor(sink);
      queue.push(sealed(makeEvent(1)));
      const flushing = queue.forceFlush();
      await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS);
      await flushing;
      queue.push(sealed(makeEvent(2)));
      await queue.shutdown();
      // The last event still reaches a sink that takes events.
      expect(counts(queue)).toEqual(method === 'send' ? [0, 1] : [2, 0]);
      expect(reports.map(({ message }) => message)).toContain('logging: flush timed out');
      expect(sink.log.at(-1)).toBe('shutdown');
    },
  );

  it('waits half a minute for a sink that hangs in shutdown, and reports it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new LoggingSink();
    sink.shutdown = hang;
    const { queue, reports } = queueFor(sink);
    const closing = queue.shutdown();
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS);
    await closing;
    expect(reports).toEqual([{ message: 'logging: shutdown timed out', error: undefined }]);
  });
});

describe('writeOut', () => {
  it('delivers the waiting events, which are not sent again', async () => {
    const sink = new SyncSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(3));
    queue.writeOut();
    expect(counts(queue)).toEqual([3, 0]);
    queue.writeOut();
    await queue.forceFlush();
    expect(sink.log).toEqual([['sync', 1, 2, 3], 'forceFlush']);
    expect(counts(queue)).toEqual([3, 0]);
  });

  it('does not deliver the batch that the sink has already', async () => {
    const sink = new SyncSink();
    sink.ready = hang;
    const { queue } = queueFor(sink);
    push(queue, makeEvents(520));
    await nextTurn();
    queue.writeOut();
    expect(sink.log).toEqual([['sync', ...numbers(513, 520)]]);
  });

  it('does nothing if no event is waiting', () => {
    const sink = new SyncSink();
    queueFor(sink).queue.writeOut();
    expect(sink.log).toEqual([]);
  });

  it('counts and reports events that the sink rejects', () => {
    const sink = new SyncSink();
    const error = new Error('disk full');
    sink.sendSync = () => {
      throw error;
    };
    const { queue, reports } = queueFor(sink);
    push(queue, makeEvents(3));
    queue.writeOut();
    expect(counts(queue)).toEqual([0, 3]);
    expect(reports).toEqual([{ message: 'logging: events could not be delivered and were dropped', error }]);
  });

  it('counts and reports the events if the sink has no sendSync', () => {
    const sink = new LoggingSink();
    const { queue, reports } = queueFor(sink);
    push(queue, makeEvents(3));
    queue.writeOut();
    queue.writeOut();
    expect(sink.log).toEqual([]);
    expect(counts(queue)).toEqual([0, 3]);
    const message =
      'logging: the process exits before 3 events were delivered; ' +
      'wait for shutdown() before the exit, or set option "spool"';
    expect(reports).toEqual([{ message, error: undefined }]);
  });
});

describe('The end of the process', () => {
  it('has one listener for all queues, which is removed with the last queue', async () => {
    const before = process.listenerCount('exit');
    // All other queues of this file are shut down; otherwise there would be a listener already.
    const queues = numbers(1, 20).map(() => queueFor(new LoggingSink()).queue);
    expect(process.listenerCount('exit')).toBe(before + 1);
    await Promise.all(queues.map((queue) => queue.shutdown()));
    expect(process.listenerCount('exit')).toBe(before);
  });

  it.each<[end: string, count: number, code: number, spool: string]>([
    ['return', 600, 0, 'no spool'],
    ['exit', 600, 0, 'no spool'],
    ['exit', 1, 0, 'no spool'],
    ['throw', 600, 1, 'no spool'],
    ['exit while a batch is being written', 2000, 0, 'no spool'],
    ['return', 600, 0, 'a spool'],
    ['exit', 600, 0, 'a spool'],
    ['throw', 600, 1, 'a spool'],
    ['exit while a batch is being written', 2000, 0, 'a spool'],
  ])(
    'writes all unsent events to the file, in order: %s, with %i events, %i, %s',
    (end, count, code, spool) => {
      const folder = makeFolder('event-queue');
      const file = path.join(folder, 'events.jsonl');
      const directory = spool === 'a spool' ? path.join(folder, 'spool') : '';
      const script = path.join(import.meta.dirname, 'fixtures/exit.ts');
      const child = runFixture(script, file, String(count), end, directory);
      expect(child.status).toBe(code);
      const lines = fs.readFileSync(file, 'utf8').split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.map((line) => numberOf(JSON.parse(line)))).toEqual(numbers(1, count));
    },
  );
});
