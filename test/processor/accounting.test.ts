/** Every event is delivered, dropped or waiting, whatever the sinks do. */
import type { Tracer } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { type ChaukasEvent, ChaukasSpanProcessor, type EventSink, MemorySink } from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { withoutStreamSession } from '../harness/stream-session.js';

const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'm',
  'gen_ai.provider.name': 'openai',
};

function application(sinks: readonly EventSink[], maxQueueSize = 10_000) {
  const processor = new ChaukasSpanProcessor({ sinks, maxQueueSize, systemEvents: false, tags: ['a'] });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  return { processor, provider, tracer: provider.getTracer('application') };
}

function call(tracer: Tracer, sessionId: string): void {
  tracer.startSpan('chat m', { attributes: { ...CHAT, 'session.id': sessionId } }).end();
}

/** A sink that holds each batch until it is released. */
class HungSink extends MemorySink {
  release = () => {};
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async send(events: readonly ChaukasEvent[]): Promise<void> {
    await this.#released;
    await super.send(events);
  }
}

function balance({ processor }: { processor: ChaukasSpanProcessor }) {
  const { eventsMade, eventsDelivered, eventsDropped, eventsWaiting } = processor.stats();
  return { made: eventsMade, sum: eventsDelivered + eventsDropped + eventsWaiting, waiting: eventsWaiting };
}

describe('The events made', () => {
  it('are delivered, dropped or waiting at every moment, also if the sink hangs', async () => {
    const sink = new HungSink();
    const traced = application([sink], 10);
    for (let n = 0; n < 20; n += 1) {
      call(traced.tracer, `s-${n}`);
      const now = balance(traced);
      expect(now.sum).toBe(now.made);
      if (n % 5 === 4) await new Promise(setImmediate);
      expect(balance(traced).sum).toBe(now.made);
    }
    const { eventsDropped } = traced.processor.stats();
    expect(eventsDropped).toBeGreaterThan(0);
    expect(balance(traced).waiting).toBeGreaterThan(10);
    sink.release();
    await traced.provider.shutdown();
    // Four of each call, two of the stream itself, and the one that says what was dropped.
    expect(balance(traced)).toEqual({ made: 83, sum: 83, waiting: 0 });
    expect(sink.events).toHaveLength(83 - eventsDropped);
  });

  it('are counted once per sink', async () => {
    const traced = application([new MemorySink(), new MemorySink()]);
    call(traced.tracer, 's');
    expect(balance(traced)).toEqual({ made: 4, sum: 8, waiting: 8 });
    await traced.provider.shutdown();
    expect(balance(traced)).toEqual({ made: 6, sum: 12, waiting: 0 });
  });
});

describe('The sessions that end at shutdown', () => {
  it('are never dropped, even if the queue has no room for their ENDs', async () => {
    const sink = new MemorySink();
    const { processor, provider, tracer } = application([sink], 100);
    for (let n = 0; n < 150; n += 1) {
      call(tracer, `user-${n}`);
      await processor.forceFlush();
    }
    const open = tracer.startSpan('chat m', { attributes: { ...CHAT, 'session.id': 'user-0' } });
    await provider.shutdown();
    open.end();
    expect(processor.stats()).toMatchObject({ eventsDropped: 0, eventsWaiting: 0 });
    expect(sink.events.filter(({ type }) => type === 'EVENT_TYPE_SESSION_END')).toHaveLength(151);
    expect(streamViolations(sink.events)).toEqual([]);
  });
});

describe('A sink', () => {
  it('whose name cannot be read gets its events, and so do the others', async () => {
    const nameless = Object.defineProperty(new MemorySink(), 'name', {
      get() {
        throw new Error('no name');
      },
    });
    const sinks = [nameless, new MemorySink()];
    const processor = new ChaukasSpanProcessor({ sinks });
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    call(provider.getTracer('application'), 's');
    await provider.shutdown();
    expect(sinks.map(({ events }) => events.length)).toEqual([8, 8]);
    expect(processor.stats().errors).toBe(0);
  });

  it('that changes its events changes those of no other sink', async () => {
    const before = new MemorySink();
    const after = new MemorySink();
    const meddler: EventSink = {
      name: 'meddler',
      async send(events) {
        for (const event of events) {
          event.session_id = 'other';
          event.tags?.push('changed');
          if (event.llm_invocation !== undefined) event.llm_invocation.model = 'changed';
        }
      },
      async forceFlush() {},
      async shutdown() {},
    };
    const { provider, tracer } = application([before, meddler, after]);
    for (const session of ['s-1', 's-2']) {
      call(tracer, session);
      await provider.forceFlush();
    }
    await provider.shutdown();
    for (const { events } of [before, after]) {
      expect(events).toHaveLength(10);
      expect(streamViolations(events)).toEqual([]);
      expect(
        new Set(
          withoutStreamSession(events).flatMap(({ tags, session_id }) => [...(tags ?? []), session_id]),
        ),
      ).toEqual(new Set(['a', 's-1', 's-2']));
      expect(JSON.stringify(events)).not.toContain('changed');
    }
  });

  it('that cannot read its earlier chains leaves those of other sinks', async () => {
    class Chained extends MemorySink {
      storedEvents = () => ({
        chainHeads: new Map([['s', { hash: 'f'.repeat(64), count: 3 }]]),
        streams: [],
      });
    }
    class Broken extends MemorySink {
      storedEvents = () => {
        throw new Error('no disk');
      };
    }
    const chained = new Chained();
    const { provider, tracer } = application([new Broken(), chained, new Broken()]);
    call(tracer, 's');
    await provider.shutdown();
    expect(withoutStreamSession(chained.events)[0]?.hash_prev).toBe('f'.repeat(64));
  });
});
