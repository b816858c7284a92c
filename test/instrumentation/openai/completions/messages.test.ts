import { expect, it } from 'vitest';
import {
  completionOutputMessages,
  completionRequestDetails,
} from '../../../../src/instrumentation/openai/completions/messages.js';

it('completionRequestDetails has each prompt as a message', () => {
  expect(completionRequestDetails({ prompt: ['Hi', 'Ho'] })).toStrictEqual({
    messages: [
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'user', parts: [{ type: 'text', content: 'Ho' }] },
    ],
  });
});

it.each<[what: string, value: unknown, expected: unknown]>([
  [
    'a message a choice',
    { choices: [{ text: 'Paris.' }, { text: '' }, { text: 'Rome.' }] },
    [
      { role: 'assistant', parts: [{ type: 'text', content: 'Paris.' }] },
      { role: 'assistant', parts: [] },
      { role: 'assistant', parts: [{ type: 'text', content: 'Rome.' }] },
    ],
  ],
  ['a choice that is none', { choices: [null] }, [{ role: 'assistant', parts: [] }]],
  ['what is no response', null, []],
])('completionOutputMessages: %s', (_what, value, expected) => {
  expect(completionOutputMessages(value)).toStrictEqual(expected);
});
