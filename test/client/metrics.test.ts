import { afterEach, describe, expect, it } from 'vitest';
import type { CollectedMetric } from '../harness/meter-provider.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
afterEach(() => harness.stop());

const messages = [{ role: 'user' as const, content: 'Hello' }];

/** The recorded points by metric: their attributes, and their counts or sums. */
function recorded(metrics: readonly CollectedMetric[]) {
  return Object.fromEntries(
    metrics
      .filter(({ points }) => points.length > 0)
      .map(({ name, unit, points }) => [
        `${name} ${unit}`,
        points.map(({ attributes, value }) => ({
          ...attributes,
          is: typeof value === 'number' ? value : unit === 's' ? `${value.count} times` : value.sum,
        })),
      ]),
  );
}

const common = () => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'plain',
  'gen_ai.response.model': 'plain',
  'server.address': '127.0.0.1',
  'server.port': Number(new URL(harness.server.origin).port),
});
const answered = () => ({
  ...common(),
  'openai.response.service_tier': 'default',
  'openai.response.system_fingerprint': expect.stringMatching(/^fp_/),
});

describe('The metrics', () => {
  it('of a model call are its duration and tokens', async () => {
    harness = await startHarness();
    await harness.client.chat.completions.create({ model: 'plain', messages });
    const tokens = (is: number) => [{ ...answered(), 'gen_ai.token.modality': 'unknown', is }];
    expect(recorded(await harness.metrics.collect())).toEqual({
      'gen_ai.client.inference.duration s': [{ ...answered(), is: '1 times' }],
      'gen_ai.client.inference.usage.input_tokens {token}': tokens(14),
      'gen_ai.client.inference.usage.output_tokens {token}': tokens(7),
      'gen_ai.client.inference.operation.input_tokens {token}': [{ ...answered(), is: 14 }],
      'gen_ai.client.inference.operation.output_tokens {token}': [{ ...answered(), is: 7 }],
    });
  });

  it('of a streamed model call have the time to the first chunk and each gap after it', async () => {
    harness = await startHarness();
    const stream = await harness.client.chat.completions.create({ model: 'plain', messages, stream: true });
    let chunks = 0;
    for await (const _chunk of stream) chunks += 1;
    const metrics = await harness.metrics.collect();
    expect(recorded(metrics)).toEqual({
      'gen_ai.client.inference.duration s': [{ ...answered(), is: '1 times' }],
      'gen_ai.client.inference.time_to_first_chunk s': [{ ...common(), is: '1 times' }],
      'gen_ai.client.inference.time_per_output_chunk s': [{ ...common(), is: `${chunks - 1} times` }],
    });
    expect(harness.spans()[0]?.attributes['openai_agents.response.chunk_count']).toBe(chunks);
  });

  it('of a failed call have the same error type as its span', async () => {
    harness = await startHarness();
    const failing = harness.client.chat.completions.create(
      { model: 'plain', messages },
      { headers: { 'x-fault': 'http-error;status=403;code=my_code', 'x-fault-key': crypto.randomUUID() } },
    );
    await expect(failing).rejects.toThrow();
    const { 'gen_ai.response.model': _model, ...requested } = common();
    expect(recorded(await harness.metrics.collect())).toEqual({
      'gen_ai.client.inference.duration s': [{ ...requested, 'error.type': 'my_code', is: '1 times' }],
    });
  });

  it('of embeddings stand apart from those of inference', async () => {
    harness = await startHarness();
    await harness.client.embeddings.create({ model: 'text-embedding-3-small', input: 'Hello' });
    expect(recorded(await harness.metrics.collect())).toEqual({
      'gen_ai.client.operation.duration s': [
        {
          ...common(),
          'gen_ai.operation.name': 'embeddings',
          'gen_ai.request.model': 'text-embedding-3-small',
          'gen_ai.response.model': 'text-embedding-3-small',
          is: '1 times',
        },
      ],
    });
  });

  it('of the older convention are recorded if configured', async () => {
    harness = await startHarness({ instrumentation: { legacyMetrics: true } });
    await harness.client.chat.completions.create({ model: 'plain', messages });
    const metrics = recorded(await harness.metrics.collect());
    expect(metrics['gen_ai.client.operation.duration s']).toEqual([{ ...answered(), is: '1 times' }]);
    expect(metrics['gen_ai.client.token.usage {token}']).toEqual([
      { ...answered(), 'gen_ai.token.type': 'input', is: 14 },
      { ...answered(), 'gen_ai.token.type': 'output', is: 7 },
    ]);
  });

  it('have the buckets of the convention', async () => {
    harness = await startHarness();
    await harness.client.chat.completions.create({ model: 'plain', messages });
    const metrics = await harness.metrics.collect();
    const boundaries = (name: string) => {
      const value = metrics.find((metric) => metric.name === name)?.points[0]?.value;
      return typeof value === 'object' ? value.buckets.boundaries : undefined;
    };
    expect(boundaries('gen_ai.client.inference.duration')).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]);
    expect(boundaries('gen_ai.client.inference.operation.input_tokens')).toEqual([
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    ]);
  });
});
