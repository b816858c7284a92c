/** The filters of the table of sessions. The address of the view has the same parameters as the request. */
import type { SessionQuery } from '../../../src/cli/view/view-api.ts';

export type SessionFacet = 'agent' | 'model' | 'tool' | 'user';

export const FACETS: readonly { readonly name: SessionFacet; readonly title: string }[] = [
  { name: 'agent', title: 'Agent' },
  { name: 'model', title: 'Model' },
  { name: 'tool', title: 'Tool' },
  { name: 'user', title: 'User' },
];

/** Parameters that narrow the table; the rest order it. */
const FILTERS: readonly (keyof SessionQuery)[] = [
  'q',
  'agent',
  'model',
  'tool',
  'user',
  'session',
  'outcome',
  'has',
  'since',
  'until',
];

/** The part of an address that a request takes, in a fixed order so that equal queries are equal texts. */
export function requestQuery(query: URLSearchParams): string {
  const request = new URLSearchParams();
  for (const name of [...FILTERS, 'sort', 'order']) {
    for (const value of query.getAll(name)) request.append(name, value);
  }
  return request.toString();
}

export function isFiltered(query: URLSearchParams): boolean {
  return FILTERS.some((name) => query.has(name));
}

export function withoutFilters(query: URLSearchParams): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const name of FILTERS) changed.delete(name);
  return changed;
}

export function withValues(
  query: URLSearchParams,
  name: keyof SessionQuery,
  values: readonly string[],
): URLSearchParams {
  const changed = new URLSearchParams(query);
  changed.delete(name);
  for (const value of values) if (value !== '') changed.append(name, value);
  return changed;
}

/** Adds a value of a list, or takes it away. */
export function toggled(query: URLSearchParams, name: keyof SessionQuery, value: string): URLSearchParams {
  const values = query.getAll(name);
  return withValues(
    query,
    name,
    values.includes(value) ? values.filter((other) => other !== value) : [...values, value],
  );
}
