/** The conversations that the platform keeps, in memory. A real service would keep them in its database. */
import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../principal.js';
import { ConversationContext } from './context.js';

const MAX_CONVERSATIONS = 1_000;
const IDLE_MILLIS = 60 * 60 * 1000;

export interface Conversation {
  readonly id: string;
  readonly owner: string;
  readonly createdAt: Date;
  readonly context: ConversationContext;
}

/**
 * Keeps the last 1,000 conversations, each for an hour after its last use. A conversation is its owner's: for other
 * principals it does not exist. One request at a time may change it.
 */
export class Conversations {
  readonly #kept = new LRUCache<string, Conversation>({
    max: MAX_CONVERSATIONS,
    ttl: IDLE_MILLIS,
    updateAgeOnGet: true,
  });
  readonly #busy = new Set<string>();
  readonly #system: string;

  /** @param system - instructions of each new conversation. */
  constructor(system: string) {
    this.#system = system;
  }

  create({ name }: Principal): Conversation {
    const conversation: Conversation = {
      id: randomUUID(),
      owner: name,
      createdAt: new Date(),
      context: new ConversationContext(this.#system),
    };
    this.#kept.set(conversation.id, conversation);
    return conversation;
  }

  find(id: string, { name }: Principal): Conversation | undefined {
    const conversation = this.#kept.get(id);
    return conversation?.owner === name ? conversation : undefined;
  }

  delete(id: string, principal: Principal): boolean {
    return this.find(id, principal) !== undefined && this.#kept.delete(id);
  }

  /**
   * Reserves a conversation for one request.
   *
   * @returns a function that releases it, or `undefined` if another request has it.
   */
  reserve({ id }: Conversation): (() => void) | undefined {
    if (this.#busy.has(id)) return undefined;
    this.#busy.add(id);
    return () => this.#busy.delete(id);
  }
}
