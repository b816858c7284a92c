import { describe, expect, it } from 'vitest';
import { requestView } from '../../../src/openai-api/client-operation.js';
import {
  fetchArguments,
  fetchAttributes,
  fetchedContent,
  fetchFacts,
  queryAndOptions,
  readFetchedResponse,
} from '../../../src/openai-api/responses/retrieve.js';

const MESSAGE = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Paris.' }] };

const fetched = {
  id: 'resp_1',
  model: 'gpt-5-mini-2025',
  service_tier: 'default',
  status: 'completed',
  output: [MESSAGE],
  usage: { input_tokens: 9, output_tokens: 3 },
};

describe('fetchArguments', () => {
  const options = { headers: { a: 'b' } };

  it.each<[what: string, args: unknown[], expected: unknown]>([
    ['an id alone', ['resp_1'], { request: { response_id: 'resp_1' }, options: undefined }],
    [
      'a query',
      ['resp_1', { stream: true, starting_after: 4 }],
      { request: { stream: true, starting_after: 4, response_id: 'resp_1' }, options: undefined },
    ],
    [
      'a query and options',
      ['resp_1', { stream: true }, options],
      { request: { stream: true, response_id: 'resp_1' }, options },
    ],
    ["options in the query's place", ['resp_1', options], { request: { response_id: 'resp_1' }, options }],
    [
      'no query, but options',
      ['resp_1', undefined, options],
      { request: { response_id: 'resp_1' }, options },
    ],
    [
      'what can be read beside what throws',
      [
        'resp_1',
        {
          starting_after: 4,
          get stream(): never {
            throw new Error('asked');
          },
        },
      ],
      { request: { starting_after: 4, response_id: 'resp_1' }, options: undefined },
    ],
    ['nothing', [], { request: { response_id: undefined }, options: undefined }],
  ])('distinguishes %s', (_what, args, expected) => {
    const read = fetchArguments(args);
    expect({ request: requestView(read), options: read.options }).toStrictEqual(expected);
  });
});

describe('fetchAttributes', () => {
  it.each<[what: string, request: Record<string, unknown>, expected: Record<string, unknown>]>([
    ['the id that was asked for', { response_id: 'resp_1' }, { 'gen_ai.response.id': 'resp_1' }],
    [
      'the place in the stream to go on from',
      { response_id: 'resp_1', starting_after: 0 },
      { 'gen_ai.response.id': 'resp_1', 'gen_ai.request.stream_cursor': '0' },
    ],
    ['members of a wrong type', { response_id: 5, starting_after: 'x' }, {}],
  ])('reads %s', (_what, request, expected) => {
    expect(fetchAttributes(request)).toEqual({ 'openai.api.type': 'responses', ...expected });
  });
});

describe('readFetchedResponse', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'usage and failure apart from those of the fetch',
      fetched,
      {
        id: 'resp_1',
        model: 'gpt-5-mini-2025',
        serviceTier: 'default',
        finishReasons: ['stop'],
        attributes: { 'gen_ai.response.status': 'completed' },
        fetched: expect.objectContaining({ usage: expect.anything() }),
      },
    ],
    [
      'a response under way',
      { ...fetched, status: 'in_progress', output: [] },
      {
        id: 'resp_1',
        model: 'gpt-5-mini-2025',
        serviceTier: 'default',
        attributes: { 'gen_ai.response.status': 'in_progress' },
      },
    ],
    [
      'a failed response: the fetch has not failed',
      { status: 'failed', error: { code: 'server_error', message: 'Oops' }, output: [] },
      {
        finishReasons: ['error'],
        attributes: { 'gen_ai.response.status': 'failed' },
        fetched: expect.objectContaining({ failure: expect.anything() }),
      },
    ],
    [
      'a compaction, which was recorded when it happened',
      { status: 'completed', output: [{ type: 'compaction', id: 'cmp_1' }] },
      {
        finishReasons: ['compaction'],
        attributes: { 'gen_ai.response.status': 'completed' },
        fetched: expect.anything(),
      },
    ],
    ['what is no response', { id: 'resp_1' }, undefined],
    ['null', null, undefined],
  ])('reads %s', (_what, value, expected) => {
    expect(readFetchedResponse(value)).toEqual(expected);
  });
});

describe('fetchedContent', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'instructions and the names of tools',
      {
        ...fetched,
        instructions: 'Be brief.',
        tools: [
          { type: 'function', name: 'weather', description: 'Of a city', parameters: { type: 'object' } },
          { type: 'web_search' },
        ],
      },
      {
        'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
        'gen_ai.tool.definitions': [
          { type: 'function', name: 'weather' },
          { type: 'web_search', name: 'web_search' },
        ],
      },
    ],
    ['none', { ...fetched, instructions: null, tools: [] }, {}],
    ['of what is no response', 'resp_1', {}],
  ])('%s', (_what, value, expected) => {
    expect(fetchedContent(value)).toEqual(expected);
  });
});

describe('fetchFacts', () => {
  it.each<[what: string, value: unknown, expected: unknown]>([
    [
      'an access, with what was read apart',
      fetched,
      {
        type: 'data.access',
        datasource: 'openai://responses',
        documentIds: ['resp_1'],
        metadata: { status: 'completed', model: 'gpt-5-mini-2025' },
        content: { messages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Paris.' }] }] },
      },
    ],
    [
      'an access without content if there is none yet',
      { status: 'queued', output: [] },
      {
        type: 'data.access',
        datasource: 'openai://responses',
        documentIds: ['resp_1'],
        metadata: { status: 'queued' },
      },
    ],
    [
      'an access to what cannot be read',
      null,
      { type: 'data.access', datasource: 'openai://responses', documentIds: ['resp_1'], metadata: {} },
    ],
  ])('report %s', (_what, value, expected) => {
    expect(fetchFacts(value, { response_id: 'resp_1' })).toStrictEqual([expected]);
  });
});

describe('queryAndOptions', () => {
  it.each<[what: string, query: unknown, options: unknown, expected: unknown]>([
    ['neither', undefined, undefined, { query: {}, options: undefined }],
    ['a query', { stream: true }, undefined, { query: { stream: true }, options: undefined }],
    ['both', { limit: 2 }, { timeout: 1 }, { query: { limit: 2 }, options: { timeout: 1 } }],
    ['options alone', { timeout: 1 }, undefined, { query: {}, options: { timeout: 1 } }],
    ['options twice: the query stays one', { timeout: 1 }, {}, { query: { timeout: 1 }, options: {} }],
    [
      'an option that is not set',
      { limit: 2, timeout: undefined },
      undefined,
      { query: { limit: 2, timeout: undefined }, options: undefined },
    ],
    ['null', null, undefined, { query: {}, options: undefined }],
    ['a text', 'headers', undefined, { query: {}, options: undefined }],
    ['a list', ['headers'], undefined, { query: {}, options: undefined }],
  ])('%s', (_what, query, options, expected) => {
    expect(queryAndOptions(query, options)).toStrictEqual(expected);
  });

  it.each(['headers', 'maxRetries', 'timeout', 'signal', 'idempotencyKey', 'query'])(
    'takes %s for an option',
    (name) => {
      expect(queryAndOptions({ [name]: 1 }, undefined)).toStrictEqual({ query: {}, options: { [name]: 1 } });
    },
  );

  it('runs no getter', () => {
    const query = {
      get headers(): never {
        throw new Error('read');
      },
    };
    expect(queryAndOptions(query, undefined).options).toBe(query);
  });
});
