import { expect, test } from 'vitest';
import { makeMeterProvider } from './meter-provider.js';

test('Metrics are collected as plain data, each recording once', async () => {
  const metrics = makeMeterProvider();
  const meter = metrics.provider.getMeter('test');
  const duration = meter.createHistogram('call.duration', {
    unit: 's',
    description: 'How long a call took.',
    advice: { explicitBucketBoundaries: [1, 10] },
  });
  const calls = meter.createCounter('calls');
  const open = meter.createGauge('calls.open', { unit: '{call}' });

  duration.record(0.5, { model: 'a' });
  duration.record(4, { model: 'a' });
  duration.record(20, { model: 'b' });
  calls.add(2);
  calls.add(1);
  open.record(7, { model: 'a' });
  expect(await metrics.collect()).toEqual([
    {
      name: 'call.duration',
      unit: 's',
      description: 'How long a call took.',
      type: 'histogram',
      points: [
        {
          attributes: { model: 'a' },
          value: {
            count: 2,
            sum: 4.5,
            min: 0.5,
            max: 4,
            buckets: { boundaries: [1, 10], counts: [1, 1, 0] },
          },
        },
        {
          attributes: { model: 'b' },
          value: {
            count: 1,
            sum: 20,
            min: 20,
            max: 20,
            buckets: { boundaries: [1, 10], counts: [0, 0, 1] },
          },
        },
      ],
    },
    { name: 'calls', unit: '', description: '', type: 'sum', points: [{ attributes: {}, value: 3 }] },
    {
      name: 'calls.open',
      unit: '{call}',
      description: '',
      type: 'gauge',
      points: [{ attributes: { model: 'a' }, value: 7 }],
    },
  ]);

  expect(await metrics.collect()).toEqual([]);
  calls.add(5);
  expect(await metrics.collect()).toEqual([
    { name: 'calls', unit: '', description: '', type: 'sum', points: [{ attributes: {}, value: 5 }] },
  ]);
  await metrics.provider.shutdown();
});
