import { asText, type ForeignRecord } from '../../foreign/read.js';
import type { Message } from '../../semconv/messages.js';
import { itemMessage } from './conversation-item.js';

/** Items between two responses; beyond it the oldest are left out. */
const MAX_ITEMS = 100;

/** Something that was added to the conversation. */
export interface InputItem {
  readonly id: string | undefined;
  readonly byUser: boolean;
  /** Absent where nobody reads content. */
  message: Message | undefined;
}

/**
 * What is added to the conversation for the next response: the provider keeps the conversation, so this is the input
 * of the response and all that is new in it.
 */
export class ConversationInput {
  readonly #contentWanted: boolean;
  #items: InputItem[] = [];

  constructor(contentWanted: boolean) {
    this.#contentWanted = contentWanted;
  }

  /** Whether the user has said anything since the last response. */
  get hasUserInput(): boolean {
    return this.#items.some((item) => item.byUser);
  }

  /** An item was added; the model's own are no input. */
  add(item: ForeignRecord): void {
    const { type = 'message', role } = item;
    const isInput = type === 'message' ? role !== 'assistant' : type === 'function_call_output';
    if (!isInput) return;
    this.#items.push({
      id: asText(item.id),
      byUser: type === 'message' && role !== 'system',
      message: this.#contentWanted ? itemMessage(item) : undefined,
    });
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
  }

  /** What was spoken is known as text now; too late where the response has begun already. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    const item = this.#items.find(({ id }) => id !== undefined && id === itemId);
    if (item?.message === undefined || transcript === undefined) return;
    item.message = { ...item.message, parts: [{ type: 'text', content: transcript }] };
  }

  /** All of it, and apart what the user said. A response begins, so it starts anew. */
  take(): { readonly all: readonly Message[]; readonly byUser: readonly InputItem[] } {
    const items = this.#items;
    this.#items = [];
    return { all: messagesOf(items), byUser: items.filter((item) => item.byUser) };
  }
}

function messagesOf(items: readonly InputItem[]): Message[] {
  return items.map(({ message }) => message).filter((message) => message !== undefined);
}
