import { z } from 'zod';
import { invalidRequest } from './api-error.js';
import { checkBody } from './check-body.js';

const schema = z.looseObject({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).optional(),
  order: z.enum(['asc', 'desc']).default('desc'),
});

/** A page of a list. */
export interface ListPage<Item> {
  readonly object: 'list';
  readonly data: readonly Item[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
}

/** The page of a list, newest first, that a query asks for. */
export function listPage<Item extends { readonly id: string }>(
  newestFirst: readonly Item[],
  query: Readonly<Record<string, string>>,
  defaultLimit: number,
): ListPage<Item> {
  const { after, limit = defaultLimit, order } = checkBody(schema, query);
  const ordered = order === 'desc' ? newestFirst : [...newestFirst].reverse();
  const before = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && before === -1) {
    throw invalidRequest(`No object with id '${after}' found.`, { param: 'after' });
  }
  const data = ordered.slice(before + 1, before + 1 + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: before + 1 + limit < ordered.length,
  };
}
