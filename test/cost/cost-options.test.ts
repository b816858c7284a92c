import { describe, expect, it } from 'vitest';
import { COST_RULE } from '../../src/cost/cost-options.js';

const PROVIDERS =
  "'openai', 'azure.ai.openai', 'anthropic', 'aws.bedrock', 'cohere', 'deepseek', 'gcp.gemini', 'gcp.vertex_ai', " +
  "'groq', 'mistral_ai', 'moonshot_ai', 'perplexity' or 'x_ai'";
const PRICES =
  'inputPerMillion, outputPerMillion, cachedInputPerMillion, cacheWritePerMillion, reasoningPerMillion, ' +
  'inputAudioPerMillion, outputAudioPerMillion, inputImagePerMillion, outputImagePerMillion, currency';

const ACCEPTED: readonly unknown[] = [
  false,
  true,
  {},
  { prices: undefined, providersByHost: undefined },
  { prices: {} },
  { prices: { 'gpt-5': { inputPerMillion: 1.25, outputPerMillion: 10, currency: 'EUR' } } },
  { prices: { embed: { inputPerMillion: 0, outputPerMillion: undefined } } },
  { prices: { m: { inputPerMillion: 1, serviceTiers: { flex: { inputPerMillion: 0.5 } } } } },
  { providersByHost: { 'llm.internal': 'openai' } },
];

const REFUSED: readonly (readonly [value: unknown, problems: readonly string[]])[] = [
  [
    'on',
    [
      'option "cost" is \'on\'; it must be false, true or an object of options, e.g. ' +
        "{ prices: { 'gpt-5': { inputPerMillion: 1.25, outputPerMillion: 10 } } }",
    ],
  ],
  [{ price: {} }, ['unknown option "cost.price"; known options: prices, providersByHost']],
  [{ prices: [] }, ['option "cost.prices" is an empty array; it must be an object of prices by model name']],
  [
    { prices: { m: 1 } },
    [
      'option "cost.prices[\'m\']" is 1; it must be an object of prices, e.g. ' +
        '{ inputPerMillion: 1.25, outputPerMillion: 10 }',
    ],
  ],
  [
    { prices: { m: { outputPerMillion: -1, currency: 'dollars' } } },
    [
      'option "cost.prices[\'m\'].inputPerMillion" is missing; it must be a number for a million tokens, 0 or above',
      'option "cost.prices[\'m\'].outputPerMillion" is -1; it must be a number for a million tokens, 0 or above',
      "option \"cost.prices['m'].currency\" is 'dollars'; it must be a currency's code, e.g. 'EUR'",
    ],
  ],
  [
    { prices: { m: { inputPerMillion: 1, input: 1 } } },
    [`unknown option "cost.prices['m'].input"; known options: ${PRICES}, serviceTiers`],
  ],
  [
    { prices: { m: { inputPerMillion: 1, serviceTiers: { flex: { inputPerMillion: '1' }, priority: {} } } } },
    [
      "option \"cost.prices['m'].serviceTiers['flex'].inputPerMillion\" is '1'; it must be a number for a million " +
        'tokens, 0 or above',
      "option \"cost.prices['m'].serviceTiers['priority'].inputPerMillion\" is missing; it must be a number for a " +
        'million tokens, 0 or above',
    ],
  ],
  [
    {
      prices: { m: { inputPerMillion: 1, serviceTiers: { flex: { inputPerMillion: 1, serviceTiers: {} } } } },
    },
    [`unknown option "cost.prices['m'].serviceTiers['flex'].serviceTiers"; known options: ${PRICES}`],
  ],
  [
    { providersByHost: { h: 'acme' } },
    [`option "cost.providersByHost['h']" is 'acme'; it must be ${PROVIDERS}`],
  ],
  [
    { providersByHost: 'openai' },
    [
      'option "cost.providersByHost" is \'openai\'; it must be an object of provider names by host, ' +
        "e.g. { 'llm.internal': 'openai' }",
    ],
  ],
];

describe('The option cost', () => {
  it.each(ACCEPTED.map((value) => [value]))('accepts %j', (value) => {
    expect(COST_RULE.problems('cost', value)).toEqual([]);
  });

  it.each(REFUSED)('refuses %j', (value, problems) => {
    expect(COST_RULE.problems('cost', value)).toEqual(problems);
  });
});
