import { describe, expect, it } from 'vitest';
import { textsOf, userMessages } from '../../src/openai-api/text-or-tokens.js';

describe('textsOf', () => {
  it.each<[what: string, input: unknown, expected: string[]]>([
    ['a text', 'Hi', ['Hi']],
    ['an empty text', '', ['']],
    ['texts', ['Hi', 'Ho'], ['Hi', 'Ho']],
    ['tokens', [1, 2, 3], ['[3 tokens]']],
    ['one token', [1], ['[1 token]']],
    ['tokens of several texts', [[1, 2], [], [3]], ['[2 tokens]', '[0 tokens]', '[1 token]']],
    ['nothing in a list', [], []],
    ['nothing', undefined, []],
    ['null', null, []],
    ['what is neither', ['Hi', null, { text: 'Ho' }, true], ['Hi']],
  ])('%s', (_what, input, expected) => {
    expect(textsOf(input)).toStrictEqual(expected);
  });
});

it('userMessages makes each a message of its own', () => {
  expect(userMessages(['Hi', [1, 2]])).toStrictEqual([
    { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
    { role: 'user', parts: [{ type: 'text', content: '[2 tokens]' }] },
  ]);
});
