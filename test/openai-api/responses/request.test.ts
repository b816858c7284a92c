import { describe, expect, it } from 'vitest';
import { OwnData } from '../../../src/json/own-data.js';
import type { UnknownRecord } from '../../../src/json/readers.js';
import { promptVariables, responsesRequestAttributes } from '../../../src/openai-api/responses/request.js';

/** What every request says, whatever it is. */
const ALWAYS = { 'openai.api.type': 'responses' };

type Row = [what: string, request: UnknownRecord, expected: Record<string, unknown>];

const MAPPED: Row[] = [
  ['model', { model: 'gpt-5-mini' }, { 'gen_ai.request.model': 'gpt-5-mini' }],
  ['stream', { stream: true }, { 'gen_ai.request.stream': true }],
  ['no stream: said by absence', { stream: false }, {}],
  ['max_output_tokens', { max_output_tokens: 64 }, { 'gen_ai.request.max_tokens': 64 }],
  ['temperature', { temperature: 0 }, { 'gen_ai.request.temperature': 0 }],
  ['top_p', { top_p: 0.9 }, { 'gen_ai.request.top_p': 0.9 }],
  ['reasoning.effort', { reasoning: { effort: 'high' } }, { 'gen_ai.request.reasoning.level': 'high' }],
  [
    'previous_response_id',
    { previous_response_id: 'resp_0' },
    { 'gen_ai.request.previous_response.id': 'resp_0' },
  ],
  [
    'a prompt with its version',
    { prompt: { id: 'pmpt_1', version: '3', variables: { city: 'Paris' } } },
    { 'gen_ai.prompt.name': 'pmpt_1', 'gen_ai.prompt.version': '3' },
  ],
  ['a prompt without a version', { prompt: { id: 'pmpt_1' } }, { 'gen_ai.prompt.name': 'pmpt_1' }],
  ['a conversation by its id', { conversation: 'conv_1' }, { 'gen_ai.conversation.id': 'conv_1' }],
  ['a conversation as an object', { conversation: { id: 'conv_1' } }, { 'gen_ai.conversation.id': 'conv_1' }],
  ['a text asked for', { text: { format: { type: 'text' } } }, { 'gen_ai.output.type': 'text' }],
  [
    'a schema asked for',
    { text: { format: { type: 'json_schema', name: 'x', schema: {} } } },
    { 'gen_ai.output.type': 'json' },
  ],
  [
    'a JSON object asked for',
    { text: { format: { type: 'json_object' } } },
    { 'gen_ai.output.type': 'json' },
  ],
  ['a verbosity, which asks for no type', { text: { verbosity: 'low' } }, {}],
  ['service_tier', { service_tier: 'priority' }, { 'openai.request.service_tier': 'priority' }],
  ['service_tier auto, which is none', { service_tier: 'auto' }, {}],
  ['top_logprobs, which is no top_k', { top_logprobs: 5 }, {}],
  [
    'what the other API has and this one has not',
    { n: 3, seed: 1, stop: 'END', max_tokens: 5, frequency_penalty: 1, reasoning_effort: 'low' },
    {},
  ],
];

/** Says what it says by code of the application alone. */
const silent = Object.create({
  get id(): never {
    throw new Error('asked');
  },
  get version(): never {
    throw new Error('asked');
  },
  get effort(): never {
    throw new Error('asked');
  },
  get format(): never {
    throw new Error('asked');
  },
  get type(): never {
    throw new Error('asked');
  },
});

const WRONG: Row[] = [
  [
    'inherited getters that throw',
    { reasoning: silent, prompt: silent, conversation: silent, text: silent },
    {},
  ],
  ['an inherited getter of the format', { text: { format: silent } }, {}],
  ['texts where numbers belong', { max_output_tokens: '64', temperature: '1', top_p: '1' }, {}],
  [
    'numbers that are none',
    { max_output_tokens: 0.5, temperature: Number.NaN, top_p: Number.NEGATIVE_INFINITY },
    {},
  ],
  [
    'numbers in place of texts',
    { model: 5, previous_response_id: 5, conversation: 5, service_tier: 5, reasoning: 5, prompt: 5, text: 5 },
    {},
  ],
  ['empty texts', { model: '', previous_response_id: '', conversation: '', service_tier: '' }, {}],
  ['a text for a switch', { stream: 'true' }, {}],
  [
    'null everywhere',
    {
      model: null,
      stream: null,
      max_output_tokens: null,
      temperature: null,
      top_p: null,
      reasoning: null,
      previous_response_id: null,
      prompt: null,
      conversation: null,
      text: null,
      service_tier: null,
    },
    {},
  ],
  [
    'members of a wrong type within objects',
    {
      reasoning: { effort: null },
      prompt: { id: 5, version: 3 },
      conversation: { id: {} },
      text: { format: ['json_object'] },
    },
    {},
  ],
  ['a format as a text', { text: { format: 'json_object' } }, {}],
];

describe('responsesRequestAttributes', () => {
  it.each(MAPPED)('reads %s', (_what, request, expected) => {
    expect(responsesRequestAttributes(new OwnData().record(request))).toEqual({ ...ALWAYS, ...expected });
  });

  it.each(WRONG)('leaves out %s', (_what, request, expected) => {
    expect(responsesRequestAttributes(new OwnData().record(request))).toEqual({ ...ALWAYS, ...expected });
  });

  it('reads a whole request', () => {
    const body = {
      model: 'gpt-5-mini',
      input: 'Hi',
      stream: true,
      max_output_tokens: 64,
      reasoning: { effort: 'low', summary: 'auto' },
      conversation: { id: 'conv_1' },
      service_tier: 'flex',
    };
    expect(responsesRequestAttributes(body)).toEqual({
      ...ALWAYS,
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.request.stream': true,
      'gen_ai.request.max_tokens': 64,
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.conversation.id': 'conv_1',
      'openai.request.service_tier': 'flex',
    });
  });
});

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
    'nothing if the variables are inherited',
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
  expect(promptVariables(new OwnData().record(request))).toStrictEqual(expected);
});
