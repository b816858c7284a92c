import { describe, expect, it } from 'vitest';
import { type ModelResponseDetails, modelResponseAttributes } from '../../src/openai-api/model-response.js';

describe('modelResponseAttributes', () => {
  it.each<[what: string, response: ModelResponseDetails, expected: Record<string, unknown>]>([
    ['nothing', {}, {}],
    ['id', { id: 'resp_1' }, { 'gen_ai.response.id': 'resp_1' }],
    ['model', { model: 'gpt-5-mini-2025' }, { 'gen_ai.response.model': 'gpt-5-mini-2025' }],
    [
      'finish reasons',
      { finishReasons: ['stop', 'length'] },
      { 'gen_ai.response.finish_reasons': ['stop', 'length'] },
    ],
    ['service tier', { serviceTier: 'default' }, { 'openai.response.service_tier': 'default' }],
    ['fingerprint', { systemFingerprint: 'fp_1' }, { 'openai.response.system_fingerprint': 'fp_1' }],
    ['input tokens', { usage: { inputTokens: 9 } }, { 'gen_ai.usage.input_tokens': 9 }],
    ['output tokens', { usage: { outputTokens: 3 } }, { 'gen_ai.usage.output_tokens': 3 }],
    ['cached tokens', { usage: { cacheReadInputTokens: 4 } }, { 'gen_ai.usage.cache_read.input_tokens': 4 }],
    [
      'tokens written to the cache',
      { usage: { cacheWriteInputTokens: 5 } },
      { 'gen_ai.usage.cache_write.input_tokens': 5 },
    ],
    [
      'reasoning tokens',
      { usage: { reasoningOutputTokens: 2 } },
      { 'gen_ai.usage.reasoning.output_tokens': 2 },
    ],
    [
      'tokens of text',
      { usage: { text: { inputTokens: 6, outputTokens: 7, cacheReadInputTokens: 2 } } },
      {
        'gen_ai.usage.text.input_tokens': 6,
        'gen_ai.usage.text.output_tokens': 7,
        'gen_ai.usage.text.cache_read.input_tokens': 2,
      },
    ],
    [
      'tokens of images',
      { usage: { image: { inputTokens: 6, outputTokens: 7, cacheReadInputTokens: 2 } } },
      {
        'gen_ai.usage.image.input_tokens': 6,
        'gen_ai.usage.image.output_tokens': 7,
        'gen_ai.usage.image.cache_read.input_tokens': 2,
      },
    ],
    [
      'tokens of sound',
      { usage: { audio: { inputTokens: 6, outputTokens: 7, cacheReadInputTokens: 2 } } },
      {
        'gen_ai.usage.audio.input_tokens': 6,
        'gen_ai.usage.audio.output_tokens': 7,
        'gen_ai.usage.audio.cache_read.input_tokens': 2,
      },
    ],
    [
      'the known finish reasons, if a choice has none',
      { finishReasons: ['stop', undefined] },
      { 'gen_ai.response.finish_reasons': ['stop'] },
    ],
    ['finish reasons of which none was given', { finishReasons: [undefined] }, {}],
    [
      'what only one operation says',
      { attributes: { 'gen_ai.embeddings.dimension.count': 3 } },
      { 'gen_ai.embeddings.dimension.count': 3 },
    ],
    [
      'zeros, which are counts',
      { usage: { inputTokens: 0, cacheReadInputTokens: 0 } },
      { 'gen_ai.usage.input_tokens': 0, 'gen_ai.usage.cache_read.input_tokens': 0 },
    ],
    ['empty usage', { usage: {} }, {}],
    ["a failure, which is the span's to tell", { failure: { type: 'server_error', message: 'Oops' } }, {}],
  ])('%s', (_what, response, expected) => {
    expect(modelResponseAttributes(response)).toEqual(expected);
  });

  it('returns a list of its own', () => {
    const finishReasons = ['stop'];
    const attributes = modelResponseAttributes({ finishReasons });
    finishReasons.push('length');
    expect(attributes['gen_ai.response.finish_reasons']).toEqual(['stop']);
  });
});
