import { describe, expect, it } from 'vitest';
import type { UnknownRecord } from '../../../src/json/readers.js';
import { chatRequestAttributes } from '../../../src/openai-api/chat-completions/request.js';

/** What every request says, whatever it is. */
const ALWAYS = { 'openai.api.type': 'chat_completions' };

type Row = [what: string, request: UnknownRecord, expected: Record<string, unknown>];

const MAPPED: Row[] = [
  ['model', { model: 'gpt-5-mini' }, { 'gen_ai.request.model': 'gpt-5-mini' }],
  ['stream', { stream: true }, { 'gen_ai.request.stream': true }],
  ['no stream: said by absence', { stream: false }, {}],
  ['n', { n: 3 }, { 'gen_ai.request.choice.count': 3 }],
  ['n of 1: said by absence', { n: 1 }, {}],
  ['max_completion_tokens', { max_completion_tokens: 64 }, { 'gen_ai.request.max_tokens': 64 }],
  ['max_tokens', { max_tokens: 32 }, { 'gen_ai.request.max_tokens': 32 }],
  [
    'both limits: the newer name',
    { max_completion_tokens: 64, max_tokens: 32 },
    { 'gen_ai.request.max_tokens': 64 },
  ],
  [
    'the older limit if the newer is null',
    { max_completion_tokens: null, max_tokens: 32 },
    { 'gen_ai.request.max_tokens': 32 },
  ],
  ['temperature', { temperature: 0.7 }, { 'gen_ai.request.temperature': 0.7 }],
  ['temperature of 0, which is not absent', { temperature: 0 }, { 'gen_ai.request.temperature': 0 }],
  ['top_p', { top_p: 0.9 }, { 'gen_ai.request.top_p': 0.9 }],
  ['frequency_penalty', { frequency_penalty: -0.5 }, { 'gen_ai.request.frequency_penalty': -0.5 }],
  ['presence_penalty', { presence_penalty: 0.25 }, { 'gen_ai.request.presence_penalty': 0.25 }],
  ['stop as a text', { stop: 'END' }, { 'gen_ai.request.stop_sequences': ['END'] }],
  ['stop as a list', { stop: ['END', '\n'] }, { 'gen_ai.request.stop_sequences': ['END', '\n'] }],
  ['stop as an empty list', { stop: [] }, {}],
  [
    'stop with what is no text in it',
    { stop: ['END', 5, null] },
    { 'gen_ai.request.stop_sequences': ['END'] },
  ],
  ['seed', { seed: 0 }, { 'gen_ai.request.seed': 0 }],
  ['reasoning_effort', { reasoning_effort: 'low' }, { 'gen_ai.request.reasoning.level': 'low' }],
  ['service_tier', { service_tier: 'flex' }, { 'openai.request.service_tier': 'flex' }],
  [
    'service_tier default, which is a choice',
    { service_tier: 'default' },
    { 'openai.request.service_tier': 'default' },
  ],
  ['service_tier auto, which is none', { service_tier: 'auto' }, {}],
  ['a text asked for', { response_format: { type: 'text' } }, { 'gen_ai.output.type': 'text' }],
  ['a JSON object asked for', { response_format: { type: 'json_object' } }, { 'gen_ai.output.type': 'json' }],
  [
    'a schema asked for',
    { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } },
    { 'gen_ai.output.type': 'json' },
  ],
  [
    'speech asked for',
    { modalities: ['text', 'audio'], audio: { voice: 'alloy' } },
    { 'gen_ai.output.type': 'speech' },
  ],
  ['a picture asked for', { modalities: ['text', 'image'] }, { 'gen_ai.output.type': 'image' }],
  [
    'speech asked for beside a format',
    { modalities: ['text', 'audio'], response_format: { type: 'json_object' } },
    { 'gen_ai.output.type': 'speech' },
  ],
  ['text as the only modality, which is the usual', { modalities: ['text'] }, {}],
  ['top_k, which compatible providers have', { top_k: 40 }, { 'gen_ai.request.top_k': 40 }],
  ['top_logprobs, which is no top_k', { logprobs: true, top_logprobs: 5 }, {}],
  ['what the convention has no name for', { user: 'u-1', store: true, metadata: { a: 'b' } }, {}],
];

const WRONG: Row[] = [
  [
    'texts in place of numbers',
    {
      n: '3',
      max_tokens: '32',
      max_completion_tokens: '64',
      temperature: '1',
      top_p: '1',
      seed: '1',
      top_k: '1',
      frequency_penalty: '1',
      presence_penalty: '1',
    },
    {},
  ],
  [
    'numbers that are none',
    {
      temperature: Number.NaN,
      top_p: Number.POSITIVE_INFINITY,
      frequency_penalty: Number.NaN,
      presence_penalty: Number.NaN,
    },
    {},
  ],
  [
    'fractions in place of integers',
    { n: 1.5, max_tokens: 0.5, max_completion_tokens: 0.5, seed: 0.5, top_k: 0.5 },
    {},
  ],
  [
    'numbers in place of texts',
    { model: 5, reasoning_effort: 5, service_tier: 5, stop: 5, response_format: 5 },
    {},
  ],
  ['empty texts', { model: '', reasoning_effort: '', service_tier: '' }, {}],
  ['a text for a switch', { stream: 'true' }, {}],
  [
    'null everywhere',
    {
      model: null,
      stream: null,
      n: null,
      max_tokens: null,
      temperature: null,
      top_p: null,
      stop: null,
      seed: null,
      reasoning_effort: null,
      response_format: null,
      modalities: null,
      service_tier: null,
    },
    {},
  ],
  ['a format that is a list', { response_format: ['json_object'] }, {}],
  ['a format whose type is no text', { response_format: { type: { json: true } } }, {}],
  ['modalities that are no list', { modalities: 'audio' }, {}],
];

describe('chatRequestAttributes', () => {
  it.each(MAPPED)('reads %s', (_what, request, expected) => {
    expect(chatRequestAttributes(request)).toEqual({ ...ALWAYS, ...expected });
  });

  it.each(WRONG)('leaves out %s', (_what, request, expected) => {
    expect(chatRequestAttributes(request)).toEqual({ ...ALWAYS, ...expected });
  });

  it('reads everything at once', () => {
    const body = Object.assign({}, ...MAPPED.map(([, part]) => part), { stream: true, n: 2, stop: 'END' });
    expect(chatRequestAttributes(body)).toMatchObject({
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.request.stream': true,
      'gen_ai.request.choice.count': 2,
      'gen_ai.request.seed': 0,
      'gen_ai.request.reasoning.level': 'low',
    });
  });
});
