import { describe, expect, it } from 'vitest';
import { moderations } from '../../src/openai-api/moderations.js';

const result = (...flagged: string[]) => ({
  flagged: flagged.length > 0,
  categories: { ...Object.fromEntries(flagged.map((name) => [name, true])), hate: false, illicit: null },
  category_scores: { hate: 0.1 },
  category_applied_input_types: { hate: ['text'] },
});
const answer = (...results: unknown[]) => ({ id: 'modr_1', model: 'omni-moderation-1', results });
const text = (content: string) => ({ role: 'user', parts: [{ type: 'text', content }] });

describe('request', () => {
  it('names the model, if there is one', () => {
    expect(moderations.requestAttributes({ model: 'omni-moderation-latest' })).toEqual({
      'gen_ai.request.model': 'omni-moderation-latest',
    });
    expect(moderations.requestAttributes({ input: 'Hi' })).toEqual({});
  });

  it.each<[what: string, input: unknown, messages: unknown[]]>([
    ['a text', 'Hi', [text('Hi')]],
    ['texts, each judged for itself', ['Hi', 'Ho'], [text('Hi'), text('Ho')]],
    [
      'one message of text and picture',
      [
        { type: 'text', text: 'Hi' },
        { type: 'image_url', image_url: { url: 'https://host/cat.png' } },
      ],
      [
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'Hi' },
            { type: 'uri', modality: 'image', uri: 'https://host/cat.png' },
          ],
        },
      ],
    ],
    ['nothing', undefined, []],
    ['an empty list', [], []],
  ])('asks about %s', (_what, input, messages) => {
    expect(moderations.requestDetails?.({ input })).toStrictEqual({ messages });
  });
});

describe('response', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'nothing flagged',
      answer(result()),
      {
        id: 'modr_1',
        model: 'omni-moderation-1',
        attributes: { 'openai_agents.moderation.flagged': false },
      },
    ],
    [
      'one of two flagged',
      answer(result(), result('violence')),
      {
        id: 'modr_1',
        model: 'omni-moderation-1',
        attributes: { 'openai_agents.moderation.flagged': true },
      },
    ],
    [
      'members of a wrong type',
      { id: 5, model: null, results: [null, 'flagged', { flagged: 'true' }] },
      { attributes: { 'openai_agents.moderation.flagged': false } },
    ],
  ])('says %s', (_what, value, expected) => {
    expect(moderations.readResponse(value, {})).toEqual(expected);
  });

  it.each([null, undefined, 'flagged', [result()], {}, { results: 'none' }])('is not %j', (value) => {
    expect(moderations.readResponse(value, {})).toBeUndefined();
    expect(moderations.outputMessages?.(value)).toStrictEqual([]);
    expect(moderations.facts?.(value, {})).toStrictEqual([]);
  });

  it('has one part per input', () => {
    expect(moderations.outputMessages?.(answer(result('violence', 'harassment'), result()))).toStrictEqual([
      {
        role: 'assistant',
        parts: [
          {
            type: 'moderation_result',
            flagged: true,
            categories: ['harassment', 'violence'],
            category_scores: { hate: 0.1 },
          },
          { type: 'moderation_result', flagged: false, categories: [], category_scores: { hate: 0.1 } },
        ],
      },
    ]);
  });
});

describe('facts', () => {
  it.each<[what: string, value: unknown, fact: Record<string, unknown>]>([
    ['nothing flagged', answer(result()), { outcome: 'allow', rationale: '0 of 1 inputs flagged' }],
    [
      'flagged inputs: their categories in order, each once',
      answer(result('violence', 'sexual'), result(), result('sexual', 'harassment')),
      {
        outcome: 'deny',
        ruleIds: ['harassment', 'sexual', 'violence'],
        rationale: '2 of 3 inputs flagged',
      },
    ],
    [
      'flagged without a category',
      answer({ flagged: true }),
      { outcome: 'deny', rationale: '1 of 1 inputs flagged' },
    ],
    [
      'categories of an input that was not flagged',
      answer({ flagged: false, categories: { hate: true } }),
      { outcome: 'allow', rationale: '0 of 1 inputs flagged' },
    ],
  ])('%s', (_what, value, fact) => {
    expect(moderations.facts?.(value, {})).toStrictEqual([
      { type: 'policy.decision', policyId: 'moderation', ...fact },
    ]);
  });
});
