import { describe, expect, it } from 'vitest';
import {
  embeddingsRequestAttributes,
  embeddingsRequestDetails,
  readEmbeddingsResponse,
} from '../../src/openai-api/embeddings.js';

it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
  ['model', { model: 'text-embedding-3-small' }, { 'gen_ai.request.model': 'text-embedding-3-small' }],
  [
    'the encoding, if the caller sets one',
    { encoding_format: 'float' },
    { 'gen_ai.request.encoding_formats': ['float'] },
  ],
  ['dimensions', { dimensions: 256 }, { 'gen_ai.embeddings.dimension.count': 256 }],
  ['nothing of a wrong type', { model: 5, encoding_format: ['float'], dimensions: '256' }, {}],
  ['nothing else', { input: 'Hi', user: 'u' }, {}],
])('embeddingsRequestAttributes: %s', (_what, request, expected) => {
  expect(embeddingsRequestAttributes(request)).toEqual(expected);
});

it('embeddingsRequestDetails has each input as a message', () => {
  expect(embeddingsRequestDetails({ input: ['Hi', [1, 2]] })).toStrictEqual({
    messages: [
      { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
      { role: 'user', parts: [{ type: 'text', content: '[2 tokens]' }] },
    ],
  });
});

const floats = Float32Array.from([0.25, 0.5, 0.75]);
const base64 = Buffer.from(floats.buffer).toString('base64');
const list = (...embeddings: unknown[]) => ({
  object: 'list',
  data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
});
const dimensions = (count: number) => ({ attributes: { 'gen_ai.embeddings.dimension.count': count } });

describe('readEmbeddingsResponse', () => {
  it.each<[what: string, value: unknown, request: Record<string, unknown>, expected: unknown]>([
    [
      'model and usage',
      {
        ...list([1, 2]),
        model: 'text-embedding-3-small',
        usage: { prompt_tokens: 5, total_tokens: 5 },
      },
      {},
      { model: 'text-embedding-3-small', usage: { inputTokens: 5 }, ...dimensions(2) },
    ],
    ['the length of the first vector', list([1, 2, 3], [1]), {}, dimensions(3)],
    ['the length of a vector of its own kind', list(floats), {}, dimensions(3)],
    ['the length of a vector in base64', list(base64), {}, dimensions(3)],
    ['base64 that is no vector', list(base64.slice(0, 8)), {}, {}],
    ['the length that was asked for', list([1, 2, 3]), { dimensions: 256 }, dimensions(256)],
    ['no vectors', list(), {}, {}],
    ['a vector that is none', list({ length: 3 }), {}, {}],
    ['members of a wrong type', { data: [null], model: 5, usage: 'much' }, { dimensions: '3' }, {}],
    ['what is no response', { model: 'x' }, { dimensions: 3 }, undefined],
    ['null', null, {}, undefined],
  ])('reads %s', (_what, value, request, expected) => {
    expect(readEmbeddingsResponse(value, request)).toEqual(expected);
  });

  it('runs no getter of a vector', () => {
    const entry = {
      get embedding(): never {
        throw new Error('read');
      },
    };
    expect(readEmbeddingsResponse({ data: [entry] }, {})).toEqual({});
  });
});
