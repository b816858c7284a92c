import { expect, it } from 'vitest';
import {
  embeddingsRequestAttributes,
  embeddingsRequestDetails,
} from '../../../../src/instrumentation/openai/embeddings/request.js';

it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
  ['model', { model: 'text-embedding-3-small' }, { 'gen_ai.request.model': 'text-embedding-3-small' }],
  [
    'encoding, where the caller says one',
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
