import { describe, expect, it } from 'vitest';
import { modelCallOf, settledCost } from '../../../src/events/content/cost.js';
import { plainSpan } from '../plain-span.js';

const SPAN = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const NONE = { input: undefined, output: undefined, cacheRead: undefined };

describe('modelCallOf', () => {
  it('returns what the price depends on', () => {
    const span = plainSpan({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'azure.ai.openai',
      'server.address': 'us.openai.azure.com',
      'gen_ai.request.model': 'my-deployment',
      'gen_ai.response.model': 'gpt-5-2025-08-07',
      'openai.request.service_tier': 'flex',
      'openai.response.service_tier': 'default',
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.usage.cache_read.input_tokens': 3,
      'gen_ai.usage.cache_write.input_tokens': 4,
      'gen_ai.usage.reasoning.output_tokens': 5,
      'gen_ai.usage.text.input_tokens': 6,
      'gen_ai.usage.text.output_tokens': 7,
      'gen_ai.usage.text.cache_read.input_tokens': 8,
      'gen_ai.usage.image.input_tokens': 9,
      'gen_ai.usage.image.output_tokens': 10,
      'gen_ai.usage.image.cache_read.input_tokens': 11,
      'gen_ai.usage.audio.input_tokens': 12,
      'gen_ai.usage.audio.output_tokens': 13,
      'gen_ai.usage.audio.cache_read.input_tokens': 14,
    });
    expect(modelCallOf(span)).toEqual({
      provider: 'azure.ai.openai',
      serverAddress: 'us.openai.azure.com',
      requestModel: 'my-deployment',
      responseModel: 'gpt-5-2025-08-07',
      serviceTier: 'default',
      operation: 'chat',
      time: 1_700_000_000_000,
      usage: {
        input: 1,
        output: 2,
        cacheRead: 3,
        cacheWrite: 4,
        reasoning: 5,
        text: { input: 6, output: 7, cacheRead: 8 },
        image: { input: 9, output: 10, cacheRead: 11 },
        audio: { input: 12, output: 13, cacheRead: 14 },
      },
    });
  });

  it('returns the requested tier if the response has none', () => {
    const span = plainSpan({ 'gen_ai.request.model': 'gpt-5', 'openai.request.service_tier': 'flex' });
    expect(modelCallOf(span)).toEqual({
      provider: undefined,
      serverAddress: undefined,
      requestModel: 'gpt-5',
      responseModel: undefined,
      serviceTier: 'flex',
      operation: undefined,
      time: 1_700_000_000_000,
      usage: { ...NONE, cacheWrite: undefined, reasoning: undefined, text: NONE, image: NONE, audio: NONE },
    });
  });

  it('returns the span type as the operation of a call that the convention has no operation for', () => {
    const span = plainSpan({
      'gen_ai.request.model': 'whisper-1',
      'openai_agents.span.type': 'transcription',
    });
    expect(modelCallOf(span)?.operation).toBe('transcription');
  });

  it.each([
    ['of no model', { 'gen_ai.usage.input_tokens': 1 }],
    [
      "with the sum of other spans' usage",
      {
        'gen_ai.request.model': 'gpt-5',
        'openai_agents.usage.aggregated': true,
        'gen_ai.usage.input_tokens': 1,
      },
    ],
  ])('is undefined for a span %s', (_what, attributes) => {
    expect(modelCallOf(plainSpan(attributes))).toBeUndefined();
  });
});

describe('settledCost', () => {
  it('counts tokens as an event can hold them', () => {
    const attributes = { 'gen_ai.usage.input_tokens': 1e12, 'gen_ai.usage.output_tokens': 12.5 };
    expect(settledCost({ span: SPAN, attributes }, 0, undefined)).toEqual({
      input_tokens: 2_147_483_647,
      output_tokens: 13,
      total_tokens: 2_147_483_647,
    });
  });
});
