import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import type { SealedEvent } from '../../src/chaukas/sealed-event.js';
import { EventQueue } from '../../src/delivery/event-queue.js';
import type { EventSink } from '../../src/sinks/event-sink.js';
import { runFixture } from '../run-fixture.js';
import { makeEvent, makeEvents, numberOf } from './make-event.js';

const FLUSH_TIMEOUT_MS = 30_000;

/** A sink that writes down what is done with it. */
class NotingSink implements EventSink {
  readonly name = 'noting';
  readonly log: unknown[] = [];
  busy = 0;
  mostBusy = 0;
  /** What `send` waits for before it has taken the batch. */
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

  /** The numbers of the events that it has taken, in their order. */
  get taken(): unknown[] {
    return this.log.filter((entry) => Array.isArray(entry)).flat();
  }
}

class SyncSink extends NotingSink {
  sendSync(events: readonly ChaukasEvent[]): void {
    this.log.push(['sync', ...events.map(numberOf)]);
  }
}

interface Told {
  readonly message: string;
  readonly error: unknown;
}

function queueFor(sink: EventSink, maxSize = 10_000): { queue: EventQueue; told: Told[] } {
  const told: Told[] = [];
  const queue = new EventQueue(sink, { maxSize, onError: (message, error) => told.push({ message, error }) });
  // A queue that stays open would write out when the test's process exits.
  onTestFinished(async () => {
    await queue.shutdown().catch(() => {});
  });
  return { queue, told };
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

function counts({ delivered, dropped }: EventQueue): number[] {
  return [delivered, dropped];
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Hangs until the test is over. */
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
  it('sends nothing within the call, and what was made in one turn together', async () => {
    const sink = new NotingSink();
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
    const sink = new NotingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(count));
    await queue.forceFlush();
    expect(sink.log.filter(Array.isArray).map((batch) => batch.length)).toEqual(batches);
    expect(sink.taken).toEqual(numbers(1, count));
    expect(counts(queue)).toEqual([count, 0]);
  });

  it('sends one batch at a time, and what came meanwhile in the next', async () => {
    const sink = new NotingSink();
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

  it('begins anew when the queue was empty in between', async () => {
    const sink = new NotingSink();
    const { queue } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await queue.forceFlush();
    queue.push(sealed(makeEvent(2)));
    await nextTurn();
    expect(sink.taken).toEqual([1, 2]);
  });
});

describe('overflow', () => {
  const message =
    'noting: 3 events are waiting, further events are dropped; ' +
    'the sink is too slow, or option "maxQueueSize" is too small';

  it('drops the newest, counts them, and tells it once', async () => {
    const sink = new NotingSink();
    const { queue, told } = queueFor(sink, 3);
    push(queue, makeEvents(6));
    expect([counts(queue), told]).toEqual([[0, 3], [{ message, error: undefined }]]);
    await queue.forceFlush();
    expect(sink.taken).toEqual([1, 2, 3]);
    expect(counts(queue)).toEqual([3, 3]);
  });

  it('has room for as many while a batch is with the sink', async () => {
    const sink = new NotingSink();
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

  it('tells the next one too, once the sink had caught up', async () => {
    const { queue, told } = queueFor(new NotingSink(), 3);
    for (let round = 0; round < 2; round += 1) {
      push(queue, makeEvents(5));
      await queue.forceFlush();
    }
    expect(told.map((each) => each.message)).toEqual([message, message]);
    expect(counts(queue)).toEqual([6, 4]);
  });
});

describe('a sink that fails', () => {
  const error = new Error('disk full');

  it.each<[how: string, fail: () => Promise<void>]>([
    ['rejects', () => Promise.reject(error)],
    [
      'throws',
      () => {
        throw error;
      },
    ],
  ])('%s: its batch is dropped, counted and told, and the next one is sent', async (_how, fail) => {
    const sink = new NotingSink();
    const { queue, told } = queueFor(sink);
    const send = sink.send.bind(sink);
    sink.send = (events) => (events.length === 512 ? fail() : send(events));
    push(queue, makeEvents(520));
    await queue.forceFlush();
    expect(sink.taken).toEqual(numbers(513, 520));
    expect(counts(queue)).toEqual([8, 512]);
    expect(told).toEqual([{ message: 'noting: events could not be delivered and were dropped', error }]);
  });

  it('is told each time', async () => {
    const sink = new NotingSink();
    sink.send = () => Promise.reject(error);
    const { queue, told } = queueFor(sink);
    for (const event of makeEvents(3)) {
      queue.push(sealed(event));
      await queue.forceFlush();
    }
    expect([counts(queue), told.length]).toEqual([[0, 3], 3]);
  });
});

describe('forceFlush', () => {
  it('is done when all has been taken, and the sink was flushed after it', async () => {
    const sink = new NotingSink();
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

  it('flushes the sink also where nothing waits', async () => {
    const sink = new NotingSink();
    await queueFor(sink).queue.forceFlush();
    expect(sink.log).toEqual(['forceFlush']);
  });

  it('is done once what could not be delivered is dropped', async () => {
    const sink = new NotingSink();
    sink.send = () => Promise.reject(new Error('no'));
    const { queue } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await queue.forceFlush();
    expect(counts(queue)).toEqual([0, 1]);
  });

  it('fails where the sink cannot flush', async () => {
    const sink = new NotingSink();
    const error = new Error('no');
    sink.forceFlush = () => Promise.reject(error);
    await expect(queueFor(sink).queue.forceFlush()).rejects.toBe(error);
  });

  it('leaves no timer behind that would keep the process', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await queueFor(new NotingSink()).queue.forceFlush();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[what: string, block: (sink: NotingSink) => void]>([
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
  ])('waits half a minute for a sink that hangs in %s, and tells it', async (_what, block) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new NotingSink();
    block(sink);
    const { queue, told } = queueFor(sink);
    queue.push(sealed(makeEvent(1)));
    await nextTurn();
    let flushed = false;
    const flushing = queue.forceFlush().then(() => {
      flushed = true;
    });
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS - 1);
    expect([flushed, told]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(1);
    await flushing;
    expect(told).toEqual([{ message: 'noting: flush timed out', error: undefined }]);
  });
});

describe('shutdown', () => {
  it('delivers what waits, flushes, and shuts the sink down, in this order', async () => {
    const sink = new NotingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(2));
    await queue.shutdown();
    expect(sink.log).toEqual([[1, 2], 'forceFlush', 'shutdown']);
  });

  it('shuts down a sink that cannot flush all the same, and fails', async () => {
    const sink = new NotingSink();
    const error = new Error('no');
    sink.forceFlush = () => Promise.reject(error);
    await expect(queueFor(sink).queue.shutdown()).rejects.toBe(error);
    expect(sink.log).toEqual(['shutdown']);
  });

  it('counts what a sink that hangs never took, and sends it nothing more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new NotingSink();
    const first = gate();
    sink.ready = () => first.opened;
    const { queue, told } = queueFor(sink);
    push(queue, makeEvents(600));
    await nextTurn();
    const closing = queue.shutdown();
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS);
    await closing;
    expect(counts(queue)).toEqual([0, 88]);
    expect(told.map(({ message }) => message)).toEqual([
      'noting: flush timed out',
      'noting: events could not be delivered and were dropped',
    ]);
    // Now it answers: the batch that it had is delivered, late, and there is no other.
    first.open();
    await nextTurn();
    expect(sink.log[0]).toBe('shutdown');
    expect(sink.taken).toEqual(numbers(1, 512));
    expect(counts(queue)).toEqual([512, 88]);
  });

  it('waits half a minute for a sink that hangs in shutdown, and tells it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sink = new NotingSink();
    sink.shutdown = hang;
    const { queue, told } = queueFor(sink);
    const closing = queue.shutdown();
    await vi.advanceTimersByTimeAsync(FLUSH_TIMEOUT_MS);
    await closing;
    expect(told).toEqual([{ message: 'noting: shutdown timed out', error: undefined }]);
  });
});

describe('writeOut', () => {
  it('hands over what waits, which is not sent again', async () => {
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

  it('leaves alone what the sink has already', async () => {
    const sink = new SyncSink();
    sink.ready = hang;
    const { queue } = queueFor(sink);
    push(queue, makeEvents(520));
    await nextTurn();
    queue.writeOut();
    expect(sink.log).toEqual([['sync', ...numbers(513, 520)]]);
  });

  it('does nothing where nothing waits', () => {
    const sink = new SyncSink();
    queueFor(sink).queue.writeOut();
    expect(sink.log).toEqual([]);
  });

  it('counts and tells what the sink does not take', () => {
    const sink = new SyncSink();
    const error = new Error('disk full');
    sink.sendSync = () => {
      throw error;
    };
    const { queue, told } = queueFor(sink);
    push(queue, makeEvents(3));
    queue.writeOut();
    expect(counts(queue)).toEqual([0, 3]);
    expect(told).toEqual([{ message: 'noting: events could not be delivered and were dropped', error }]);
  });

  it('keeps what waits for a sink that can only take its time', async () => {
    const sink = new NotingSink();
    const { queue } = queueFor(sink);
    push(queue, makeEvents(3));
    queue.writeOut();
    expect(sink.log).toEqual([]);
    await queue.forceFlush();
    expect(sink.taken).toEqual([1, 2, 3]);
  });
});

describe('the end of the process', () => {
  it('is listened to once for all queues, and no longer when the last is shut down', async () => {
    const before = process.listenerCount('exit');
    // Every other queue of this file has been shut down, or it would be listening already.
    const queues = numbers(1, 20).map(() => queueFor(new NotingSink()).queue);
    expect(process.listenerCount('exit')).toBe(before + 1);
    await Promise.all(queues.map((queue) => queue.shutdown()));
    expect(process.listenerCount('exit')).toBe(before);
  });

  it.each<[end: string, count: number, code: number]>([
    ['return', 600, 0],
    ['exit', 600, 0],
    ['exit', 1, 0],
    ['throw', 600, 1],
    ['exit while a batch is being written', 2000, 0],
  ])('%s, with %i events unsent: all of them are in the file, in order', (end, count, code) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'event-queue-'));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'events.jsonl');
    const child = runFixture(path.join(import.meta.dirname, 'fixtures/exit.ts'), file, String(count), end);
    expect(child.status).toBe(code);
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => numberOf(JSON.parse(line)))).toEqual(numbers(1, count));
  });
});
