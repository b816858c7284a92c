/** The metrics of the delivery, through OpenTelemetry's own SDK. */
import { metrics } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DeliveryError } from '../../src/sinks/delivery-error.js';
import { type CollectedMetric, makeMeterProvider } from '../harness/meter-provider.js';
import { fakeTime, pass, queueTo, ScriptedDestination } from './delivery-harness.js';

vi.mock('../../src/clock.js', () => import('../harness/global-clock.js'));

/** Each point as `name{error.type} value`, of the queue with this name. */
function points(collected: readonly CollectedMetric[], component: string): string[] {
  return collected
    .flatMap(({ name, points: all }) =>
      all
        .filter(({ attributes }) => attributes['otel.component.name'] === component)
        .map(({ attributes, value }) => {
          const error = attributes['error.type'] === undefined ? '' : `{${attributes['error.type']}}`;
          const shown = typeof value === 'number' ? value : `${value.count} in ${value.sum} s`;
          return `${name.replace('chaukas.sdk.', '')}${error} ${shown}`;
        }),
    )
    .sort();
}

class Named extends ScriptedDestination {
  constructor(
    override readonly name: string,
    ...options: ConstructorParameters<typeof ScriptedDestination>
  ) {
    super(...options);
  }
}

describe('The metrics of a queue', () => {
  it('count what was passed on, delivered, sent again, refused and dropped', async () => {
    fakeTime();
    const { provider, collect } = makeMeterProvider();
    const destination = new Named('counted', { maxBatchSize: 5 });
    destination.answer(
      () => {
        throw new Error('down');
      },
      () => {
        throw new DeliveryError('no', { outcome: 'refused', delivered: 3, affected: 1 });
      },
    );
    const { push } = queueTo(destination, { maxSize: 10, meterProvider: provider });
    push(1, 12);
    await pass(500);
    expect(points(await collect(), 'counted')).toEqual([
      'exporter.event.inflight 5',
      'processor.event.processed 5',
      'processor.event.processed{queue_full} 2',
      'processor.event.queue.capacity 10',
      'processor.event.queue.size 5',
    ]);
    await pass(500);
    // The difference to what was collected before.
    expect(points(await collect(), 'counted')).toEqual([
      'exporter.event.exported 9',
      'exporter.event.exported{refused} 1',
      'exporter.event.inflight -5',
      'exporter.event.retried 6',
      // The first batch in three parts: its attempts took no time, and the pause one second.
      'exporter.operation.duration 3 in 2 s',
      'exporter.operation.duration{refused} 1 in 1 s',
      'processor.event.processed 5',
      'processor.event.queue.capacity 0',
      'processor.event.queue.size -5',
    ]);
  });

  it('have the units and the types of the convention', async () => {
    fakeTime();
    const { provider, collect } = makeMeterProvider();
    const { push } = queueTo(new Named('typed'), { meterProvider: provider });
    push(1);
    await pass(0);
    const collected = await collect();
    expect(collected.map(({ name, unit, type }) => `${name} ${unit} ${type}`).sort()).toEqual([
      'chaukas.sdk.exporter.event.exported {event} sum',
      'chaukas.sdk.exporter.event.inflight {event} sum',
      'chaukas.sdk.exporter.operation.duration s histogram',
      'chaukas.sdk.processor.event.processed {event} sum',
      'chaukas.sdk.processor.event.queue.capacity {event} sum',
      'chaukas.sdk.processor.event.queue.size {event} sum',
    ]);
    expect(collected[0]?.points[0]?.attributes).toEqual({
      'otel.component.name': 'typed',
      'otel.component.type': expect.stringMatching(/^chaukas_event_(queue|sink)$/),
    });
  });

  it('reach a global provider that is registered after the queue was made', async () => {
    fakeTime();
    const { push } = queueTo(new Named('late'));
    push(1);
    await pass(0);
    const { provider, collect } = makeMeterProvider();
    metrics.setGlobalMeterProvider(provider);
    onTestFinished(() => metrics.disable());
    push(2, 3);
    await pass(0);
    expect(points(await collect(), 'late')).toContain('exporter.event.exported 2');
  });

  it('tell queues of one name apart', async () => {
    fakeTime();
    const { provider, collect } = makeMeterProvider();
    for (let n = 1; n <= 2; n += 1) {
      const { push } = queueTo(new Named('twin'), { meterProvider: provider });
      push(1, n);
    }
    await pass(0);
    const collected = await collect();
    expect(points(collected, 'twin')).toContain('exporter.event.exported 1');
    expect(points(collected, 'twin/1')).toContain('exporter.event.exported 2');
  });

  it('end with the queue', async () => {
    fakeTime();
    const { provider, collect } = makeMeterProvider();
    const { queue, push } = queueTo(new Named('ended'), { meterProvider: provider });
    push(1);
    await queue.shutdown();
    expect(points(await collect(), 'ended')).toContain('exporter.event.exported 1');
    expect(points(await collect(), 'ended')).toEqual([]);
  });
});
