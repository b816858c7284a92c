import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { createCostCalculator } from '../../src/cost/cost-calculator.js';
import type { ModelCall } from '../../src/cost/model-call.js';

const CALL: ModelCall = {
  provider: 'openai',
  requestModel: 'gpt-5',
  time: Date.parse('2026-10-01'),
  usage: { input: 1000, output: 100 },
};

describe('The price library', () => {
  it('is loaded at its first use, once per process', async () => {
    const own = createCostCalculator({ prices: { 'gpt-5': { inputPerMillion: 1, outputPerMillion: 1 } } });
    expect(own.costOf(CALL)?.total_cost).toBe(0.0011);
    // The call of an unknown provider does not load the library.
    expect(own.costOf({ ...CALL, provider: undefined, requestModel: 'mine' })).toBeUndefined();
    expect(own.ready).toBe(false);
    const listed = createCostCalculator();
    expect(listed.costOf(CALL)?.total_cost).toBe(0.00225);
    expect([listed.ready, own.ready]).toEqual([true, true]);
    await listed.prepare();
    expect(listed.costOf(CALL)?.total_cost).toBe(0.00225);
  });

  it('calculates the same sum for every model of OpenAI that has a price here', () => {
    const { costOf } = createCostCalculator();
    const usage: ModelCall['usage'] = {
      input: 10_000,
      output: 3000,
      cacheRead: 2500,
      cacheWrite: 500,
      reasoning: 700,
      text: { input: 6000, cacheRead: 1500, output: 3000 },
      audio: { input: 4000, cacheRead: 1000, output: 0 },
    };
    const textOnly: ModelCall['usage'] = {
      ...usage,
      text: { input: 10_000, cacheRead: 2500, output: 3000 },
      audio: { input: 0, cacheRead: 0, output: 0 },
    };
    const compared = (findProvider({ providerId: 'openai' })?.models ?? []).flatMap(({ id }) =>
      [usage, textOnly].flatMap((used) => {
        const ours = costOf({ ...CALL, requestModel: id, usage: used });
        if (ours === undefined) return [];
        const theirs = calcPrice(libraryUsage(used), id, {
          providerId: 'openai',
          timestamp: new Date(CALL.time),
        });
        expect(ours.input_cost, id).toBeCloseTo(theirs?.input_price ?? Number.NaN, 9);
        expect(ours.output_cost, id).toBeCloseTo(theirs?.output_price ?? Number.NaN, 9);
        return [id];
      }),
    );
    expect(compared.length).toBeGreaterThan(70);
  });
});

function libraryUsage({ input, output, cacheRead, cacheWrite, text, audio }: ModelCall['usage']) {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite,
    input_text_tokens: text?.input,
    cache_text_read_tokens: text?.cacheRead,
    input_audio_tokens: audio?.input,
    cache_audio_read_tokens: audio?.cacheRead,
    output_text_tokens: text?.output,
    output_audio_tokens: audio?.output,
  };
}
