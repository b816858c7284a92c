import { expect, it } from 'vitest';
import { compactedMessages } from '../../../src/openai-api/responses/operation.js';

it.each<[what: string, value: unknown, expected: unknown]>([
  [
    'who said what stays as it was',
    {
      output: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
        { type: 'compaction', id: 'cmp_1', encrypted_content: 'xyz' },
      ],
    },
    [
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'assistant', parts: [{ type: 'compaction', id: 'cmp_1' }] },
    ],
  ],
  ['nothing', { output: [] }, []],
  ['what is no response', null, []],
])('compactedMessages: %s', (_what, value, expected) => {
  expect(compactedMessages(value)).toStrictEqual(expected);
});
