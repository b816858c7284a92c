/** Costs calculated by hand from the published prices of the providers, in USD per million tokens. */
import { describe, expect, it } from 'vitest';
import { createCostCalculator } from '../../src/cost/cost-calculator.js';
import type { ModelCall } from '../../src/cost/model-call.js';

const NOVEMBER_2025 = Date.parse('2025-11-14T12:00:00Z');

function call(model: string, usage: ModelCall['usage'], rest: Partial<ModelCall> = {}): ModelCall {
  return {
    provider: 'openai',
    serverAddress: 'api.openai.com',
    requestModel: model,
    responseModel: model,
    operation: 'chat',
    time: NOVEMBER_2025,
    usage,
    ...rest,
  };
}

const { costOf } = createCostCalculator();

/** Each with its input cost and its output cost. */
const COSTS: readonly (readonly [what: string, priced: ModelCall, costs: readonly [number, number]])[] = [
  // gpt-5: 1.25 input, 0.125 cached, 10 output.
  ['a call without cached tokens', call('gpt-5', { input: 1000, output: 500 }), [0.00125, 0.005]],
  ['a snapshot', call('gpt-5-2025-08-07', { input: 1000, output: 500 }), [0.00125, 0.005]],
  // 600 × 1.25 + 400 × 0.125 = 800
  [
    'cached tokens at their price',
    call('gpt-5', { input: 1000, output: 500, cacheRead: 400 }),
    [0.0008, 0.005],
  ],
  ['a fully cached prompt', call('gpt-5', { input: 1000, output: 1, cacheRead: 1000 }), [0.000125, 0.00001]],
  ['reasoning tokens once', call('gpt-5', { input: 1000, output: 500, reasoning: 448 }), [0.00125, 0.005]],
  [
    'a prompt too short for the cache, without a count of cached tokens',
    call('gpt-5', { input: 1023, output: 1 }),
    [0.00127875, 0.00001],
  ],
  ['a call without tokens', call('gpt-5', { input: 0, output: 0 }), [0, 0]],
  // gpt-4o: 2.5, 1.25 cached, 10.
  ['one token of each', call('gpt-4o', { input: 1, output: 1 }), [0.0000025, 0.00001]],
  // gpt-5-pro: 15 and 120, and no price of its own for cached tokens.
  [
    'cached tokens of a model without a price for them',
    call('gpt-5-pro', { input: 100, output: 10, cacheRead: 50 }),
    [0.0015, 0.0012],
  ],
  // gpt-5.6-luna until 2026-07-30: 1, 0.1 cached, 1.25 written, 6. 300 × 1 + 500 × 0.1 + 200 × 1.25 = 600.
  [
    'tokens written to the cache',
    call(
      'gpt-5.6-luna',
      { input: 1000, output: 100, cacheRead: 500, cacheWrite: 200 },
      { time: Date.parse('2026-07-01') },
    ),
    [0.0006, 0.0006],
  ],
  // gpt-5.4: 2.5 and 15; above 272,000 input tokens 5 and 22.5 for the whole call.
  ['a short context', call('gpt-5.4', { input: 271_999, output: 1000, cacheRead: 0 }), [0.6799975, 0.015]],
  ['a long context', call('gpt-5.4', { input: 272_000, output: 1000, cacheRead: 0 }), [1.36, 0.0225]],
  // o3: 10 and 40 until 2025-06-10, 2 and 8 since.
  [
    'a call before a price fell',
    call('o3', { input: 1000, output: 1000 }, { time: Date.parse('2025-06-09T23:59:59.999Z') }),
    [0.01, 0.04],
  ],
  [
    'a call after it',
    call('o3', { input: 1000, output: 1000 }, { time: Date.parse('2025-06-10T00:00:00Z') }),
    [0.002, 0.008],
  ],
  // text-embedding-3-small: 0.02.
  ['embeddings', call('text-embedding-3-small', { input: 8 }, { operation: 'embeddings' }), [0.00000016, 0]],
  // gpt-4o-transcribe: 2.5 text, 6 audio, 10 output. 20 × 2.5 + 100 × 6 = 650.
  [
    'a transcription',
    call(
      'gpt-4o-transcribe',
      { input: 120, output: 30, text: { input: 20 }, audio: { input: 100 } },
      { responseModel: undefined },
    ),
    [0.00065, 0.0003],
  ],
  // gpt-realtime: text 4 / 0.4 cached / 16, audio 32 / 0.4 cached / 64.
  // Input: (100 − 60) × 4 + 60 × 0.4 + (200 − 40) × 32 + 40 × 0.4 = 5,320. Output: 20 × 16 + 80 × 64 = 5,440.
  [
    'a spoken exchange',
    call('gpt-realtime', {
      input: 300,
      output: 100,
      cacheRead: 100,
      text: { input: 100, cacheRead: 60, output: 20 },
      audio: { input: 200, cacheRead: 40, output: 80 },
    }),
    [0.00532, 0.00544],
  ],
  // gpt-image-1: 5 text, 10 image, 40 output. 50 × 5 + 300 × 10 = 3,250.
  [
    'an edited image',
    call('gpt-image-1', { input: 350, output: 1056, text: { input: 50 }, image: { input: 300 } }),
    [0.00325, 0.04224],
  ],
  // gpt-audio: text 2.5 / 10, audio 32 / 64.
  [
    'a chat with audio input and text output',
    call('gpt-audio', { input: 50, output: 10, audio: { input: 40, output: 0 } }),
    [0.001305, 0.0001],
  ],
  [
    'an audio model without audio',
    call('gpt-4o', { input: 10, output: 10, audio: { input: 0, output: 0 } }),
    [0.000025, 0.0001],
  ],
  // Azure's global deployments have OpenAI's prices; the answer names the model.
  [
    'a deployment of Azure',
    call(
      '',
      { input: 1000, output: 500 },
      {
        provider: 'azure.ai.openai',
        serverAddress: 'us.openai.azure.com',
        requestModel: 'my-deployment',
        responseModel: 'gpt-5-2025-08-07',
      },
    ),
    [0.00125, 0.005],
  ],
  // Groq's gpt-oss-120b: 0.15 and 0.6; on_demand is its name for the standard tier.
  [
    'another company with the same API',
    call(
      'openai/gpt-oss-120b',
      { input: 1000, output: 1000 },
      { provider: 'groq', serverAddress: 'api.groq.com', serviceTier: 'on_demand' },
    ),
    [0.00015, 0.0006],
  ],
  [
    'the default tier',
    call('gpt-5', { input: 1000, output: 500 }, { serviceTier: 'default' }),
    [0.00125, 0.005],
  ],
  // A span of another instrumentation, which does not name the host.
  [
    'a call without a host',
    call('gpt-5', { input: 1000, output: 500 }, { serverAddress: undefined }),
    [0.00125, 0.005],
  ],
  // OpenAI: "free to use".
  ['a moderation', call('omni-moderation-latest', {}, { operation: 'moderation' }), [0, 0]],
];

const WITHOUT: readonly (readonly [why: string, priced: ModelCall])[] = [
  ['the model is unknown', call('gpt-99-unheard-of', { input: 1, output: 1 })],
  ['the snapshot is unknown', call('gpt-5-2099-01-01', { input: 1, output: 1 })],
  ['the usage is missing', call('gpt-5', {})],
  ['the tier has other prices', call('gpt-5', { input: 1, output: 1 }, { serviceTier: 'flex' })],
  ['the tier has other prices', call('gpt-5', { input: 1, output: 1 }, { serviceTier: 'priority' })],
  ['the provider is unknown', call('gpt-5', { input: 1, output: 1 }, { provider: 'acme' })],
  ['the provider is missing', call('gpt-5', { input: 1, output: 1 }, { provider: undefined })],
  [
    'the provider has no prices in the library',
    call('granite', { input: 1, output: 1 }, { provider: 'ibm.watsonx.ai' }),
  ],
  ['the host is not OpenAI', call('gpt-5', { input: 1, output: 1 }, { serverAddress: 'llm.internal' })],
  [
    'the region may cost more',
    call('gpt-5', { input: 1, output: 1 }, { serverAddress: 'eu.api.openai.com' }),
  ],
  [
    'only the name of a deployment is known',
    call('gpt-5', { input: 1, output: 1 }, { provider: 'azure.ai.openai', responseModel: undefined }),
  ],
  [
    "another provider's model is not sold at its price",
    call('deepseek-reasoner', { input: 1, output: 1 }, { provider: 'azure.ai.openai' }),
  ],
  ['each call makes a search', call('gpt-4o-mini-search-preview', { input: 1, output: 1 })],
  [
    'audio has a price that the library lacks',
    call('gpt-4o-audio-preview', { input: 1, output: 1, audio: { input: 1 } }),
  ],
  ['audio and text are not counted separately', call('gpt-realtime', { input: 100, output: 10 })],
  ['image and text are not counted separately', call('gpt-image-1', { input: 100, output: 10 })],
  [
    'the cache that was written to is unknown',
    call(
      'claude-sonnet-4-5',
      { input: 1000, output: 100, cacheRead: 0, cacheWrite: 10 },
      { provider: 'anthropic' },
    ),
  ],
  ['it is billed by the minute', call('whisper-1', { input: 100, output: 10 })],
  ['it is also billed per request', call('sonar', { input: 100, output: 10 }, { provider: 'perplexity' })],
  ['the cached tokens of a long prompt are unknown', call('gpt-5', { input: 1024, output: 10 })],
  ['more is cached than there is', call('gpt-5', { input: 100, output: 10, cacheRead: 101 })],
  ['more is reasoning than there is', call('gpt-5', { input: 100, output: 10, reasoning: 11 })],
  [
    'its output tokens exclude reasoning tokens',
    call('grok-4', { input: 100, output: 10, reasoning: 5 }, { provider: 'x_ai' }),
  ],
  ['the count is not a count', call('gpt-5', { input: Number.NaN, output: 10 })],
  ['the count is not a count', call('gpt-5', { input: -1, output: 10 })],
];

describe('The cost of a model call', () => {
  it.each(COSTS)('is that of %s', (_what, priced, [input, output]) => {
    const cost = costOf(priced);
    expect([cost?.input_cost, cost?.output_cost]).toEqual([input, output]);
    expect(cost?.total_cost).toBeCloseTo(input + output, 12);
    expect(cost?.currency).toBe('USD');
  });

  it.each(WITHOUT)('is left out if %s', (_why, priced) => {
    expect(costOf(priced)).toBeUndefined();
  });

  it('fills all fields of the event', () => {
    expect(costOf(call('gpt-5', { input: 1000, output: 500, cacheRead: 400, reasoning: 100 }))).toEqual({
      provider: 'openai',
      service: 'chat',
      input_tokens: 1000,
      output_tokens: 500,
      total_tokens: 1500,
      input_cost: 0.0008,
      output_cost: 0.005,
      total_cost: 0.0058,
      currency: 'USD',
      // The rate of the list: the price of one more uncached token.
      input_rate_per_token: 0.00000125,
      output_rate_per_token: 0.00001,
    });
  });

  it('is zero for a free call', () => {
    expect(costOf(call('omni-moderation-latest', {}, { operation: 'moderation' }))).toEqual({
      provider: 'openai',
      service: 'moderation',
      input_cost: 0,
      output_cost: 0,
      total_cost: 0,
      currency: 'USD',
      input_rate_per_token: 0,
      output_rate_per_token: 0,
    });
  });

  it('depends on the hour, as for DeepSeek', () => {
    // deepseek-chat: 0.27 and 1.1 from 00:30 to 16:30 UTC, else half of it.
    const at = (time: string) =>
      costOf(
        call(
          'deepseek-chat',
          { input: 1_000_000, output: 1_000_000, cacheRead: 0 },
          { provider: 'deepseek', time: Date.parse(time) },
        ),
      );
    expect(at('2025-08-01T00:29:59Z')?.total_cost).toBe(0.685);
    expect(at('2025-08-01T00:30:00Z')?.total_cost).toBe(1.37);
    expect(at('2025-08-01T16:29:59Z')?.total_cost).toBe(1.37);
    expect(at('2025-08-01T16:30:00Z')?.total_cost).toBe(0.685);
  });
});
