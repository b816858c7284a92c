import { asRecord, type ForeignRecord } from '../../../foreign/read.js';

/** Options that may stand in the query's place; all but these are refused there by the client. */
const OPTIONS: ReadonlySet<string> = new Set([
  'headers',
  'maxRetries',
  'timeout',
  'signal',
  'idempotencyKey',
  'query',
]);

/**
 * The last two arguments of a method that gets: `(id, query, options)`. A caller with nothing to query may put the
 * options second (openai 7.55; 7.0.0 and before send them as a query). Looks at names alone, as the client does, so
 * that no getter runs twice.
 */
export function queryAndOptions(
  query: unknown,
  options: unknown,
): { readonly query: ForeignRecord; readonly options: unknown } {
  const record = asRecord(query) ?? {};
  return options === undefined && isOptions(record)
    ? { query: {}, options: record }
    : { query: record, options };
}

function isOptions(record: ForeignRecord): boolean {
  return Object.entries(Object.getOwnPropertyDescriptors(record)).some(
    ([name, { enumerable, get, value }]) =>
      OPTIONS.has(name) && enumerable === true && (get !== undefined || value !== undefined),
  );
}
