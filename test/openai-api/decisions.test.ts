import { describe, expect, it } from 'vitest';
import { decisions } from '../../src/openai-api/decisions.js';

const question = { type: 'predicate', name: 'polite', instructions: 'Is it polite?' };
const answer = { type: 'predicate', name: 'polite', probability: 0.9 };
const refusal = { type: 'refusal', name: null };

describe('request', () => {
  it('names the model', () => {
    expect(decisions.requestAttributes({ model: 'gpt-6-luna' })).toEqual({
      'gen_ai.request.model': 'gpt-6-luna',
    });
    expect(decisions.requestAttributes({ model: 5 })).toEqual({});
  });

  it.each<[what: string, request: Record<string, unknown>, messages: unknown[]]>([
    [
      'a text and the questions about it',
      { input: 'Please.', questions: [question] },
      [
        { role: 'user', parts: [{ type: 'text', content: 'Please.' }] },
        { role: 'user', parts: [question] },
      ],
    ],
    [
      'messages',
      { input: [{ role: 'developer', content: [{ type: 'input_text', text: 'Hi' }] }] },
      [{ role: 'developer', parts: [{ type: 'text', content: 'Hi' }] }],
    ],
    ['questions that are none', { questions: [null, 'polite?', 5] }, []],
    [
      'a question of no kind',
      { questions: [{ name: 'x' }] },
      [{ role: 'user', parts: [{ name: 'x', type: 'unknown' }] }],
    ],
    ['nothing', {}, []],
  ])('asks %s', (_what, request, messages) => {
    expect(decisions.requestDetails?.(request)).toStrictEqual({ messages });
  });
});

describe('response', () => {
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 40, cache_write_tokens: 20 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 30 },
  };

  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'model and usage',
      { answers: [answer], model: 'gpt-6-luna-1', usage },
      {
        model: 'gpt-6-luna-1',
        usage: {
          inputTokens: 100,
          outputTokens: 50,
          cacheReadInputTokens: 40,
          cacheWriteInputTokens: 20,
          reasoningOutputTokens: 30,
        },
      },
    ],
    ['answers alone', { answers: [] }, {}],
    ['members of a wrong type', { answers: [], model: 5, usage: 'much' }, {}],
  ])('says %s', (_what, value, expected) => {
    expect(decisions.readResponse(value, {})).toEqual(expected);
  });

  it.each([null, undefined, 'yes', [answer], {}, { answers: 'yes' }])('is not %j', (value) => {
    expect(decisions.readResponse(value, {})).toBeUndefined();
  });

  it.each<[what: string, value: unknown, messages: unknown[]]>([
    ['the answers', { answers: [answer, refusal] }, [{ role: 'assistant', parts: [answer, refusal] }]],
    ['no answers', { answers: [] }, []],
    ['answers that are none', { answers: [null, true] }, []],
    ['no decision', undefined, []],
  ])('holds %s', (_what, value, messages) => {
    expect(decisions.outputMessages?.(value)).toStrictEqual(messages);
  });
});
