import { describe, expect, it } from 'vitest';
import { requestView } from '../../src/openai-api/client-operation.js';
import { vectorStores } from '../../src/openai-api/vector-store-search.js';

const result = (file_id: unknown, score: unknown, ...texts: unknown[]) => ({
  file_id,
  filename: 'paris.md',
  score,
  attributes: { author: 'nobody' },
  content: texts.map((text) => ({ type: 'text', text })),
});
const document = (id: string, score: number, ...content: string[]) => ({
  id,
  score,
  filename: 'paris.md',
  content,
});
const page = {
  object: 'vector_store.search_results.page',
  data: [
    result('file_1', 0.9, 'Paris is', 'a city.'),
    result('file_1', 0.5, 'It is old.'),
    result('file_2', 0),
  ],
};
const documents = [
  document('file_1', 0.9, 'Paris is', 'a city.'),
  document('file_1', 0.5, 'It is old.'),
  document('file_2', 0),
];

describe('request', () => {
  it('has the store id beside the body', () => {
    const body = { query: 'Paris', max_num_results: 3 };
    const options = { timeout: 5 };
    const read = vectorStores.readArguments(['vs_1', body, options]);
    expect(requestView(read)).toStrictEqual({ ...body, vector_store_id: 'vs_1' });
    expect(read.options).toBe(options);
  });

  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    [
      'store and number of results',
      { vector_store_id: 'vs_1', max_num_results: 3 },
      { 'gen_ai.data_source.id': 'vs_1', 'gen_ai.retrieval.top_k': 3 },
    ],
    ['the store alone', { vector_store_id: 'vs_1' }, { 'gen_ai.data_source.id': 'vs_1' }],
    ['members of a wrong type', { vector_store_id: 5, max_num_results: '3' }, {}],
    ['numbers that are none', { max_num_results: 0.5 }, {}],
  ])('reads %s', (_what, request, expected) => {
    expect(vectorStores.requestAttributes(request)).toEqual(expected);
  });

  it.each<[query: unknown, text: string | undefined]>([
    ['Paris', 'Paris'],
    [['Paris', 'London'], 'Paris\nLondon'],
    [['Paris', 5, null, 'London'], 'Paris\nLondon'],
    ['', undefined],
    [[], undefined],
    [5, undefined],
    [{ text: 'Paris' }, undefined],
  ])('asks %j', (query, text) => {
    expect(vectorStores.requestContent?.({ query })).toEqual({ 'gen_ai.retrieval.query.text': text });
  });
});

describe('response', () => {
  it('is a page without a model', () => {
    expect(vectorStores.readResponse(page, {})).toEqual({});
  });

  it.each([null, undefined, 'page', [page], {}, { data: 'none' }])('is not %j', (value) => {
    expect(vectorStores.readResponse(value, {})).toBeUndefined();
  });

  it.each<[what: string, value: unknown, found: unknown[]]>([
    ['what was found', page, documents],
    ['nothing', { data: [] }, []],
    ['results that are none', { data: [null, 'file_1', 5] }, []],
    [
      'members of a wrong type',
      { data: [result(5, '0.9', 'a', 5, '')] },
      [{ filename: 'paris.md', content: ['a'] }],
    ],
    ['no page', undefined, []],
  ])('holds %s', (_what, value, found) => {
    expect(vectorStores.responseContent?.(value)).toStrictEqual({ 'gen_ai.retrieval.documents': found });
  });
});

describe('facts', () => {
  it.each<[what: string, value: unknown, request: Record<string, unknown>, facts: unknown[]]>([
    [
      'each file once, however many of its parts were found',
      page,
      { vector_store_id: 'vs_1', query: 'Paris' },
      [
        {
          type: 'data.access',
          datasource: 'vector://vs_1',
          documentIds: ['file_1', 'file_2'],
          content: { query: 'Paris', results: documents },
        },
      ],
    ],
    [
      'a search that found nothing',
      { data: [] },
      { vector_store_id: 'vs_1' },
      [{ type: 'data.access', datasource: 'vector://vs_1', documentIds: [], content: { results: [] } }],
    ],
    ['a store without a name', page, { query: 'Paris' }, []],
  ])('%s', (_what, value, request, facts) => {
    expect(vectorStores.facts?.(value, request)).toStrictEqual(facts);
  });
});
