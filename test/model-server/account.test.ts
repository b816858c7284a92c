import { expect, test } from 'vitest';
import { clientOf, serverForFile } from './local-client.js';

const server = serverForFile();

test('a vector store is searched', async () => {
  const page = await clientOf(server()).vectorStores.search('vs_1', { query: 'returns', max_num_results: 1 });
  expect(page.data).toEqual([
    {
      file_id: 'file-refunds',
      filename: 'refunds.md',
      score: 0.92,
      attributes: { topic: 'refunds', year: 2026 },
      content: [{ type: 'text', text: 'Delivered orders can be returned within 30 days.' }],
    },
  ]);
});

test.each([
  [{ query: 'returns' }, ['returns']],
  [
    { query: ['returns', 'refunds'], filters: { type: 'eq', key: 'year', value: 2025 } },
    ['returns', 'refunds'],
  ],
])('A search echoes its query: %o', async (body, query) => {
  const response = await fetch(`${server().url}/vector_stores/vs_1/search`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-local' },
    body: JSON.stringify(body),
  });
  expect(await response.json()).toEqual({
    object: 'vector_store.search_results.page',
    search_query: query,
    data: [
      expect.objectContaining({ score: 0.92 }),
      expect.objectContaining({ score: 0.71 }),
      expect.objectContaining({ score: 0.38, attributes: null }),
    ],
    has_more: false,
    next_page: null,
  });
});

test('A store with an invalid id is not found', async () => {
  await expect(clientOf(server()).vectorStores.search('shop', { query: 'x' })).rejects.toMatchObject({
    status: 404,
    param: 'vector_store_id',
  });
});

test('decisions answer each question', async () => {
  const decision = await clientOf(server()).decisions.create({
    model: 'gpt-6-luna',
    input: 'The parcel never came.',
    questions: [
      { type: 'predicate', name: 'angry', instructions: 'Is the customer angry?' },
      {
        type: 'choice',
        name: 'team',
        instructions: 'Who should answer?',
        choices: [{ value: 'shipping' }, { value: 'refunds' }, { value: false }],
      },
      { type: 'score', instructions: 'How urgent is it?', levels: [{ label: 'low' }, { label: 'high' }] },
      { type: 'predicate', name: 'private', instructions: 'Please decline.' },
    ],
  });
  expect(decision).toEqual({
    model: 'gpt-6-luna',
    answers: [
      { type: 'predicate', name: 'angry', probability: 0.9 },
      {
        type: 'choice',
        name: 'team',
        choice: 'shipping',
        confidence: 0.9,
        probabilities: [
          { value: 'shipping', probability: 0.9 },
          { value: 'refunds', probability: expect.closeTo(0.05) },
          { value: false, probability: expect.closeTo(0.05) },
        ],
      },
      {
        type: 'score',
        name: null,
        score: 0,
        confidence: 0.9,
        probabilities: [
          { label: 'low', value: 0, probability: 0.9 },
          { label: 'high', value: 1, probability: expect.closeTo(0.1) },
        ],
      },
      { type: 'refusal', name: 'private' },
    ],
    usage: {
      input_tokens: expect.any(Number),
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: decision.usage.input_tokens + 4,
    },
  });
});
