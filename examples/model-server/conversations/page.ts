import { invalidRequest } from '../api-error.js';
import type { ConversationItem } from './kept-conversations.js';
import type { Listing } from './request.js';

/** A list or a page of it. */
export interface ItemList {
  readonly object: 'list';
  readonly data: readonly ConversationItem[];
  readonly first_id: string;
  readonly last_id: string;
  readonly has_more: boolean;
}

/** The page after the item `after`, newest first by default. */
export function pageOf(items: readonly ConversationItem[], { after, limit, order }: Listing): ItemList {
  const ordered = order === 'asc' ? [...items] : [...items].reverse();
  const before = after === undefined ? -1 : ordered.findIndex((item) => item.id === after);
  if (after !== undefined && before === -1) {
    throw invalidRequest(`No item with id '${after}' found.`, { param: 'after' });
  }
  const data = ordered.slice(before + 1, before + 1 + limit);
  return listOf(data, before + 1 + limit < ordered.length);
}

export function listOf(data: readonly ConversationItem[], hasMore = false): ItemList {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? '',
    last_id: data.at(-1)?.id ?? '',
    has_more: hasMore,
  };
}
