import { invalidRequest } from '../api-error.js';
import { BoundedMap } from '../bounded-map.js';
import { derivedId, newSeed } from '../ids.js';
import type { SentItem } from './request.js';

const KEPT = 1_000;
const KEPT_ITEMS = 10_000;

export interface ConversationItem extends SentItem {
  readonly id: string;
}

interface Conversation {
  readonly id: string;
  readonly createdAt: number;
  metadata: Readonly<Record<string, string>>;
  /** In the order of arrival. */
  items: ConversationItem[];
}

/** A conversation on the wire, without its items, which have requests of their own. */
export interface ConversationBody {
  readonly id: string;
  readonly object: 'conversation';
  readonly created_at: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The last thousand conversations that were created. */
export class KeptConversations {
  readonly #kept = new BoundedMap<Conversation>(KEPT);

  create(metadata: Readonly<Record<string, string>>, items: readonly SentItem[]): ConversationBody {
    const id = derivedId('conv_', newSeed());
    const createdAt = Math.floor(Date.now() / 1000);
    this.#kept.set(id, { id, createdAt, metadata, items: withIds(items) });
    return this.body(id);
  }

  body(id: string): ConversationBody {
    const { createdAt, metadata } = this.#known(id);
    return { id, object: 'conversation', created_at: createdAt, metadata };
  }

  update(id: string, metadata: Readonly<Record<string, string>>): ConversationBody {
    this.#known(id).metadata = metadata;
    return this.body(id);
  }

  delete(id: string): void {
    this.#known(id);
    this.#kept.delete(id);
  }

  /** In the order of arrival. */
  items(id: string): readonly ConversationItem[] {
    return this.#known(id).items;
  }

  add(id: string, items: readonly SentItem[]): ConversationItem[] {
    const conversation = this.#known(id);
    const added = withIds(items);
    conversation.items = [...conversation.items, ...added].slice(-KEPT_ITEMS);
    return added;
  }

  item(id: string, itemId: string): ConversationItem {
    const item = this.#known(id).items.find((one) => one.id === itemId);
    if (item) return item;
    throw invalidRequest(`Item with id '${itemId}' not found in conversation '${id}'.`, {}, 404);
  }

  deleteItem(id: string, itemId: string): ConversationBody {
    const gone = this.item(id, itemId);
    const conversation = this.#known(id);
    conversation.items = conversation.items.filter((item) => item !== gone);
    return this.body(id);
  }

  #known(id: string): Conversation {
    const conversation = this.#kept.get(id);
    if (conversation) return conversation;
    throw invalidRequest(`Conversation with id '${id}' not found.`, {}, 404);
  }
}

const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg_',
  function_call: 'fc_',
  function_call_output: 'fco_',
  reasoning: 'rs_',
};

function withIds(items: readonly SentItem[]): ConversationItem[] {
  const seed = newSeed();
  return items.map((item, index) => ({
    ...item,
    id: item.id ?? derivedId(PREFIXES[item.type] ?? 'item_', seed, index),
  }));
}
