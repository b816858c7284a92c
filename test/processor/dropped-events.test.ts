/** What a sink did not get stands in the stream, and `verify` sees it. */
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  DeliveryError,
  type EventSink,
  MemorySink,
} from '../../src/index.js';

/** A sink that holds each batch until it is released. */
class HeldSink extends MemorySink {
  override readonly name = 'held' as 'memory';
  release = () => {};
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async send(events: readonly ChaukasEvent[]): Promise<void> {
    await this.#released;
    await super.send(events);
  }
}

function application(sinks: readonly EventSink[], maxQueueSize: number) {
  const processor = new ChaukasSpanProcessor({ sinks, maxQueueSize, systemEvents: false });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('application');
  const call = (session: string) => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'm',
      'session.id': session,
    };
    tracer.startSpan('chat m', { attributes }).end();
  };
  return { processor, provider, call };
}

const droppedEvents = (events: readonly ChaukasEvent[]) =>
  events.filter(({ metadata }) => metadata?.message === 'events dropped');

async function overflowed() {
  const held = new HeldSink();
  const other = new MemorySink();
  const { processor, provider, call } = application([held, other], 20);
  for (let n = 0; n < 30; n += 1) {
    call(`s-${n}`);
    await new Promise(setImmediate);
  }
  held.release();
  await processor.forceFlush();
  const { dropped } = processor.stats().sinks[0] ?? { dropped: 0 };
  call('after');
  await processor.forceFlush();
  return { held, other, provider, dropped };
}

describe('A sink that did not get some events', () => {
  it('is named in the stream once, when it takes events again', async () => {
    const { held, other, provider, dropped } = await overflowed();
    expect(dropped).toBeGreaterThan(20);
    for (const sink of [held, other]) {
      expect(droppedEvents(sink.events).map(({ metadata }) => metadata)).toEqual([
        {
          message: 'events dropped',
          sink: 'held',
          dropped,
          from: expect.stringMatching(/Z$/),
          to: expect.stringMatching(/Z$/),
          reasons: { queue_full: dropped },
        },
      ]);
    }
    await provider.shutdown();
    expect(droppedEvents(held.events)).toHaveLength(1);
  });

  it('has a stream whose END counts them, so that verify knows the reason and the time', async () => {
    const { held, other, provider, dropped } = await overflowed();
    await provider.shutdown();
    const findings = (await verifyEvents(held.events)).findings;
    const found = findings.find(({ code }) => code === 'dropped_events');
    expect(found?.message).toMatch(
      new RegExp(
        `^${dropped} events of the stream are missing: .*held.* dropped as many, between .*Z.* and .*Z`,
      ),
    );
    expect((await verifyEvents(other.events)).findings).toEqual([]);
  });

  it('is named by verify also if the process was killed before the END', async () => {
    const { held, provider, dropped } = await overflowed();
    const { findings } = await verifyEvents([...held.events]);
    expect(findings.filter(({ code }) => code === 'dropped_events')).toMatchObject([
      { severity: 'warning', message: expect.stringContaining(`dropped ${dropped} events of the stream`) },
    ]);
    await provider.shutdown();
  });

  it('is named in the stream if it refused them', async () => {
    let refuses = true;
    class Choosy extends MemorySink {
      override async send(events: readonly ChaukasEvent[]): Promise<void> {
        if (refuses) throw new DeliveryError('no', { outcome: 'refused' });
        await super.send(events);
      }
    }
    const choosy = new Choosy();
    const { processor, provider, call } = application([choosy], 100);
    call('a');
    await processor.forceFlush();
    refuses = false;
    call('b');
    await processor.forceFlush();
    await provider.shutdown();
    expect(droppedEvents(choosy.events)).toMatchObject([{ metadata: { reasons: { refused: 4 } } }]);
  });
});

describe('forceFlush', () => {
  it('waits no longer than its time for a sink that hangs', async () => {
    const held = new HeldSink();
    const { processor, provider, call } = application([held], 100);
    call('a');
    const begin = performance.now();
    await processor.forceFlush(100);
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(held.events).toEqual([]);
    held.release();
    await provider.shutdown();
    expect(processor.stats()).toMatchObject({ eventsDropped: 0, eventsWaiting: 0 });
  });
});
