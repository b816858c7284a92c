import { expect, it } from 'vitest';
import { promptVariables } from '../../../../src/instrumentation/openai/responses/prompt-variables.js';

it.each<[what: string, request: Record<string, unknown>, expected: unknown]>([
  [
    'texts as they are',
    { prompt: { id: 'pmpt_1', variables: { city: 'Paris', 'day of week': '' } } },
    { 'gen_ai.prompt.variable.city': 'Paris', 'gen_ai.prompt.variable.day of week': '' },
  ],
  [
    'files and pictures as JSON',
    { prompt: { variables: { menu: { type: 'input_file', file_id: 'file_1' } } } },
    { 'gen_ai.prompt.variable.menu': '{"type":"input_file","file_id":"file_1"}' },
  ],
  [
    'what is no text, as JSON',
    { prompt: { variables: { guests: 2, note: null, gone: undefined } } },
    { 'gen_ai.prompt.variable.guests': '2', 'gen_ai.prompt.variable.note': 'null' },
  ],
  ['a prompt without variables', { prompt: { id: 'pmpt_1' } }, {}],
  ['variables that are null', { prompt: { variables: null } }, {}],
  ['variables that are a list', { prompt: { variables: ['Paris'] } }, {}],
  [
    'what can be read beside what throws',
    {
      prompt: {
        variables: {
          city: 'Paris',
          get day(): never {
            throw new Error('asked');
          },
        },
      },
    },
    { 'gen_ai.prompt.variable.city': 'Paris' },
  ],
  [
    'nothing where the variables are inherited',
    {
      prompt: Object.create({
        get variables(): never {
          throw new Error('asked');
        },
      }),
    },
    {},
  ],
  ['no prompt', {}, {}],
])('promptVariables: %s', (_what, request, expected) => {
  expect(promptVariables(request)).toStrictEqual(expected);
});
