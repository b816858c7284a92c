import assert from 'node:assert/strict';
import type { ChaukasEvent } from '../chaukas/event.js';
import * as clock from '../clock.js';
import { DeliveryError } from '../sinks/delivery-error.js';
import { type EventSink, type SendOptions, sinkName } from '../sinks/event-sink.js';
import { lineOf } from '../sinks/json-lines.js';

/** A sink with an empty destination. */
export interface SinkUnderTest {
  readonly sink: EventSink;
  /** Returns the events that the destination has got, in the order in which it got them. */
  received(): readonly ChaukasEvent[] | Promise<readonly ChaukasEvent[]>;
  /**
   * Makes the destination fail in a way that may pass, and returns a function that puts it in order again. Without it, the
   * case about failures does nothing.
   */
  fail?(): RestoreSink | Promise<RestoreSink>;
  /** Like `fail`, for a destination that does not answer. */
  hang?(): RestoreSink | Promise<RestoreSink>;
  /** Releases the destination after the case. */
  close?(): void | Promise<void>;
}

/** A function that puts a destination in order again. */
export type RestoreSink = () => void | Promise<void>;

/** One requirement of a sink. */
export interface SinkCase {
  /** A sentence about the sink: `delivers a batch in order and unchanged`. */
  readonly name: string;
  /** Rejects with an `AssertionError` if the sink does not meet the requirement. */
  run(): Promise<void>;
}

type CaseBody = (tested: SinkUnderTest) => Promise<void>;

/** Longest time in which a sink ends an attempt whose time is over. */
const ABORT_LIMIT_MS = 5_000;
const ATTEMPT_MS = 100;
/** Longest time in which a destination that was put in order takes events again. A broker may need some of it. */
const RECOVERY_MS = 10_000;
const RETRY_MS = 200;

/**
 * Returns what the queue in front of a sink relies on, as cases for any test framework.
 *
 * ```ts
 * import { describe, test } from 'node:test';
 *
 * describe('WarehouseSink', () => {
 *   const cases = sinkConformance(() => {
 *     const warehouse = startTestWarehouse();
 *     return { sink: new WarehouseSink(warehouse.url), received: () => warehouse.events() };
 *   });
 *   for (const { name, run } of cases) test(name, run);
 * });
 * ```
 *
 * @param open - makes a new sink with an empty destination. Called for each case.
 */
export function sinkConformance(open: () => SinkUnderTest | Promise<SinkUnderTest>): SinkCase[] {
  return Object.entries(CHECKS).map(([name, check]) => ({
    name,
    async run() {
      const tested = await open();
      try {
        await check(tested);
      } finally {
        // A shutdown that fails is found by its own case.
        await tested.sink.shutdown().catch(() => {});
        await tested.close?.();
      }
    },
  }));
}

const CHECKS: Readonly<Record<string, CaseBody>> = {
  async 'has a name'({ sink }) {
    assert.equal(typeof sink.name, 'string', 'name must be a string');
    assert.notEqual(sink.name, '', 'name must not be empty');
  },

  async 'has a name without credentials and query'({ sink }) {
    assert.equal(sink.name, sinkName(sink), 'name must not hold a secret; log messages have it');
  },

  async 'delivers a batch in order and unchanged before its promise resolves'(tested) {
    const events = sampleEvents(1, 20);
    await send(tested, events);
    assert.deepEqual(await tested.received(), events);
  },

  async 'delivers one batch after another'(tested) {
    const events = sampleEvents(1, 9);
    for (let from = 0; from < events.length; from += 3) await send(tested, events.slice(from, from + 3));
    assert.deepEqual(await tested.received(), events);
  },

  async 'delivers a single event, and one that is large'(tested) {
    const events = [sampleEvent(1), sampleEvent(2, 'x'.repeat(100_000)), sampleEvent(3)];
    for (const event of events) await send(tested, [event]);
    assert.deepEqual(await tested.received(), events);
  },

  async 'does not change the events, which other sinks get as well'(tested) {
    const events = sampleEvents(1, 3);
    const before = structuredClone(events);
    await send(tested, events);
    assert.deepEqual(events, before);
  },

  async 'flushes and shuts down without an event, and twice'({ sink }) {
    await assert.doesNotReject(() => sink.forceFlush());
    await assert.doesNotReject(() => sink.shutdown());
    await assert.doesNotReject(() => sink.shutdown(), 'shutdown may be called twice');
  },

  async 'keeps what it has delivered when it is flushed and shut down'(tested) {
    const events = sampleEvents(1, 3);
    await send(tested, events);
    await tested.sink.forceFlush();
    await tested.sink.shutdown();
    assert.deepEqual(await tested.received(), events);
  },

  async 'delivers synchronously, if it has sendSync'(tested) {
    if (tested.sink.sendSync === undefined) return;
    const events = sampleEvents(1, 3);
    tested.sink.sendSync(events, events.map(lineOf));
    assert.deepEqual(await tested.received(), events);
  },

  async 'rejects while its destination fails, and delivers everything afterwards'(tested) {
    if (tested.fail === undefined) return;
    const events = sampleEvents(1, 10);
    const restore = await tested.fail();
    const delivered = await failure(send(tested, events), events.length);
    await restore();
    await sendUntilDelivered(tested, events.slice(delivered));
    assert.deepEqual(withoutRepeats(await tested.received()), events);
  },

  async 'rejects when the time of an attempt is over, and delivers everything afterwards'(tested) {
    if (tested.hang === undefined) return;
    const events = sampleEvents(1, 3);
    const restore = await tested.hang();
    const delivered = await failure(send(tested, events, ATTEMPT_MS), events.length);
    await restore();
    await sendUntilDelivered(tested, events.slice(delivered));
    assert.deepEqual(withoutRepeats(await tested.received()), events);
  },
};

/** Calls `send` as the queue does, and rejects if it goes on for long after its time. */
async function send(
  { sink }: SinkUnderTest,
  events: readonly ChaukasEvent[],
  millis = 30_000,
): Promise<void> {
  const attempt = new AbortController();
  let limit: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    limit = clock.setTimeout(
      () => reject(new assert.AssertionError({ message: 'send must reject when its signal is aborted' })),
      millis + ABORT_LIMIT_MS,
    );
  });
  const timer = clock.setTimeout(() => attempt.abort(), millis);
  const options: SendOptions = { signal: attempt.signal };
  try {
    await Promise.race([sink.send(events, events.map(lineOf), options), tooLate]);
  } finally {
    clock.clearTimeout(timer);
    clock.clearTimeout(limit);
  }
}

/** Sends again after each failure, as the queue does. */
async function sendUntilDelivered(tested: SinkUnderTest, events: readonly ChaukasEvent[]): Promise<void> {
  const deadline = clock.ticks() + RECOVERY_MS;
  let rest = events;
  for (;;) {
    try {
      await send(tested, rest);
      return;
    } catch (error) {
      rest = rest.slice(deliveredOf(error, rest.length));
      if (clock.ticks() >= deadline)
        assert.fail(`send must deliver when the destination works again: ${error}`);
    }
    await new Promise((resolve) => clock.setTimeout(resolve, RETRY_MS));
  }
}

/** Returns the number of events that are delivered although the batch has failed. */
async function failure(sending: Promise<void>, count: number): Promise<number> {
  const error: unknown = await sending.then(
    () => assert.fail('send must reject if the events have not reached their destination'),
    (reason: unknown) => reason,
  );
  return deliveredOf(error, count);
}

function deliveredOf(error: unknown, count: number): number {
  if (error instanceof assert.AssertionError) throw error;
  if (!(error instanceof DeliveryError)) return 0;
  assert.notEqual(error.outcome, 'refused', 'a failure that may pass must not refuse the events');
  assert.ok(
    Number.isInteger(error.delivered) && error.delivered >= 0 && error.delivered < count,
    `"delivered" is ${error.delivered}; it must be the number of events at the beginning that were taken`,
  );
  return error.delivered;
}

/** A destination may get an event twice if an answer was lost. */
function withoutRepeats(events: readonly ChaukasEvent[]): ChaukasEvent[] {
  return [...new Map(events.map((event) => [event.event_id, event])).values()];
}

function sampleEvents(first: number, count: number): ChaukasEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent(first + index));
}

/** Text of several bytes a character, and values that are easily lost: zero, an empty object, a fraction. */
function sampleEvent(n: number, text = 'é " \\ % 😀\n'): ChaukasEvent {
  const id = n.toString(16);
  return {
    event_id: `01931f2a-7c00-7000-8000-${id.padStart(12, '0')}`,
    tenant_id: 'acme',
    project_id: 'conformance',
    session_id: 'session-1',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: id.padStart(16, 'b'),
    type: 'EVENT_TYPE_TOOL_CALL_END',
    status: 'EVENT_STATUS_COMPLETED',
    severity: 'SEVERITY_INFO',
    author: 'AUTHOR_TOOL',
    timestamp: '2026-03-14T09:26:53.589793Z',
    tags: ['eu'],
    tool_response: {
      tool_call_id: `call-${n}`,
      output: { text, n, zero: 0, half: 0.5, empty: {}, list: [null, true] },
    },
  };
}
