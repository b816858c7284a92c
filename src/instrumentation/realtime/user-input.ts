import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { itemMessage } from '../../openai-api/realtime.js';
import type { Message } from '../../semconv/messages.js';

/**
 * What the user said to an exchange. In words that is often known only while the agent answers already: so it waits
 * for the transcripts that are due, and is whole once they are there.
 */
export class UserInput {
  /** When the exchange began with it, in milliseconds since the epoch. */
  readonly time = Date.now();

  readonly #messages: Message[] = [];
  /** The places in it whose words are still to come, by the ids of their items. */
  readonly #waiting = new Map<string, number>();

  /** @param transcribed - whether what is spoken is made a text at all. */
  constructor(items: readonly InputItem[], transcribed: boolean) {
    for (const { id, message } of items) {
      if (message === undefined) continue;
      if (transcribed && id !== undefined && isWithoutWords(message))
        this.#waiting.set(id, this.#messages.length);
      this.#messages.push(message);
    }
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get whole(): boolean {
    return this.#waiting.size === 0;
  }

  /**
   * @param transcript - absent where it could not be made.
   * @returns whether it is whole by this.
   */
  transcribed(itemId: string | undefined, transcript: string | undefined): boolean {
    const place = itemId === undefined ? undefined : this.#waiting.get(itemId);
    if (itemId === undefined || place === undefined) return false;
    this.#waiting.delete(itemId);
    const message = this.#messages[place];
    if (message !== undefined && transcript !== undefined) {
      this.#messages[place] = { ...message, parts: [{ type: 'text', content: transcript }] };
    }
    return this.whole;
  }
}

function isWithoutWords({ parts }: Message): boolean {
  return parts.some(({ type }) => type === 'input_audio');
}

/** Items between two responses; beyond it the oldest are left out. */
const MAX_ITEMS = 100;

/** Something that was added to the conversation. */
interface InputItem {
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
  add(item: UnknownRecord): void {
    const { type = 'message', role } = item;
    const isInput = type === 'message' ? role !== 'assistant' : type === 'function_call_output';
    if (!isInput) return;
    this.#items.push({
      id: asNonEmptyString(item.id),
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
