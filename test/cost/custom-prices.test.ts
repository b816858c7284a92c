import { describe, expect, it } from 'vitest';
import { createCostCalculator } from '../../src/cost/cost-calculator.js';
import type { CostOptions } from '../../src/cost/cost-options.js';
import type { ModelCall } from '../../src/cost/model-call.js';

function call(rest: Partial<ModelCall> = {}): ModelCall {
  return {
    provider: 'openai',
    serverAddress: '127.0.0.1',
    requestModel: 'gpt-5',
    responseModel: 'gpt-5-2025-08-07',
    time: Date.parse('2025-11-14'),
    usage: { input: 1_000_000, output: 1_000_000, cacheRead: 0 },
    ...rest,
  };
}

/** Prices that differ everywhere, so that the cost of a million output tokens shows which one applied. */
const costing = (amount: number) => ({ inputPerMillion: 0, outputPerMillion: amount });

const CASES: readonly (readonly [
  what: string,
  options: CostOptions,
  call: ModelCall,
  total: number | undefined,
])[] = [
  [
    'wins over the library',
    { prices: { 'gpt-5': costing(1) } },
    call({ serverAddress: 'api.openai.com' }),
    1,
  ],
  [
    'for a provider wins over that for all',
    { prices: { 'gpt-5': costing(1), 'openai/gpt-5': costing(2), 'groq/gpt-5': costing(3) } },
    call(),
    2,
  ],
  [
    'for a snapshot wins over that for the model, with a provider or not',
    { prices: { 'openai/gpt-5': costing(1), 'gpt-5-2025-08-07': costing(2) } },
    call(),
    2,
  ],
  [
    'for a model is that of its snapshots',
    { prices: { 'gpt-5': costing(1) } },
    call({ requestModel: undefined }),
    1,
  ],
  [
    'for a model is not that of others that begin alike',
    { prices: { 'gpt-5': costing(1) } },
    call({ requestModel: 'gpt-5-mini', responseModel: undefined }),
    undefined,
  ],
  [
    'for a deployment',
    { prices: { 'azure.ai.openai/my-deployment': costing(1) } },
    call({ provider: 'azure.ai.openai', requestModel: 'my-deployment', responseModel: 'gpt-5-2025-08-07' }),
    1,
  ],
  [
    'does not need a known host or provider',
    { prices: { llama: costing(1) } },
    call({ provider: undefined, requestModel: 'llama', responseModel: undefined }),
    1,
  ],
  [
    'does not apply to another tier',
    { prices: { 'gpt-5': costing(1) } },
    call({ serviceTier: 'flex' }),
    undefined,
  ],
  [
    'applies to its own tier',
    { prices: { 'gpt-5': { ...costing(1), serviceTiers: { flex: costing(0.5) } } } },
    call({ serviceTier: 'flex' }),
    0.5,
  ],
  [
    'may differ for cached, written and reasoning tokens',
    {
      prices: {
        'gpt-5': {
          inputPerMillion: 1,
          cachedInputPerMillion: 0.1,
          cacheWritePerMillion: 2,
          outputPerMillion: 10,
          reasoningPerMillion: 5,
        },
      },
    },
    // 300 × 1 + 500 × 0.1 + 200 × 2 = 750; 60 × 10 + 40 × 5 = 800
    call({ usage: { input: 300 + 500 + 200, output: 100, cacheRead: 500, cacheWrite: 200, reasoning: 40 } }),
    0.00155,
  ],
  [
    'applies to cached tokens without a price of their own',
    { prices: { 'gpt-5': { inputPerMillion: 1, outputPerMillion: 1 } } },
    call({ usage: { input: 1000, output: 100, cacheRead: 500, cacheWrite: 200, reasoning: 40 } }),
    0.0011,
  ],
  [
    'applies to audio without a price of its own',
    { prices: { 'gpt-5': { inputPerMillion: 1, cachedInputPerMillion: 0.5, outputPerMillion: 1 } } },
    call({
      usage: {
        input: 1000,
        output: 100,
        cacheRead: 400,
        text: { input: 400, cacheRead: 200 },
        audio: { input: 600, cacheRead: 200, output: 100 },
      },
    }),
    0.0009,
  ],
  [
    'may differ for audio',
    {
      prices: {
        'gpt-5': {
          inputPerMillion: 1,
          inputAudioPerMillion: 10,
          outputPerMillion: 1,
          outputAudioPerMillion: 20,
        },
      },
    },
    call({ usage: { input: 1000, output: 100, audio: { input: 600, output: 50 } } }),
    // 400 × 1 + 600 × 10 = 6,400; 50 × 1 + 50 × 20 = 1,050
    0.00745,
  ],
  [
    'depends on the provider that bills for the host',
    { providersByHost: { '127.0.0.1': 'openai' } },
    call(),
    11.25,
  ],
  [
    'is that of the provider configured for the host',
    { providersByHost: { '127.0.0.1': 'groq' } },
    call({ requestModel: 'openai/gpt-oss-120b', responseModel: undefined }),
    0.75,
  ],
];

describe('A price of the application', () => {
  it.each(CASES)('%s', (_what, options, priced, total) => {
    expect(createCostCalculator(options).costOf(priced)?.total_cost).toBe(total);
  });

  it('may be in another currency', () => {
    const { costOf } = createCostCalculator({ prices: { 'gpt-5': { ...costing(3), currency: 'EUR' } } });
    expect(costOf(call())).toEqual({
      provider: 'openai',
      input_tokens: 1_000_000,
      output_tokens: 1_000_000,
      total_tokens: 2_000_000,
      input_cost: 0,
      output_cost: 3,
      total_cost: 3,
      currency: 'EUR',
      input_rate_per_token: 0,
      output_rate_per_token: 0.000003,
    });
  });

  it('leaves no rounding errors of doubles', () => {
    const { costOf } = createCostCalculator({
      prices: { m: { inputPerMillion: 0.1, outputPerMillion: 0.7 } },
    });
    const cost = costOf(call({ requestModel: 'm', responseModel: 'm', usage: { input: 3, output: 3 } }));
    // 3 × 0.1 is 0.30000000000000004 in doubles.
    expect([cost?.input_cost, cost?.output_cost, cost?.total_cost]).toEqual([
      0.0000003, 0.0000021, 0.0000024,
    ]);
  });
});
