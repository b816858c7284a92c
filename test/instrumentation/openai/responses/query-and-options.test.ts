import { describe, expect, it } from 'vitest';
import { queryAndOptions } from '../../../../src/instrumentation/openai/responses/query-and-options.js';

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
