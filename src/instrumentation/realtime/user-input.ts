import { BoundedMap } from '../../bounded-map.js';
import * as clock from '../../clock.js';
import { OwnData, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { itemMessage } from '../../openai-api/realtime.js';
import type { GenAiMessage } from '../../semconv/messages.js';

/** The limit for items between two responses; beyond it the oldest are dropped. */
const MAX_ITEMS = 100;

/** An item that was added to the conversation. */
interface InputItem {
  readonly id: string | undefined;
  readonly byUser: boolean;
  /** Whether the user said it; otherwise it was written. */
  readonly spoken: boolean;
  /** `undefined` if content is not wanted. */
  message: GenAiMessage | undefined;
}

/**
 * The items that were added to the conversation for the next response. Because the provider stores the conversation,
 * they are all that is new in the input of that response.
 */
export class ConversationInput {
  readonly #contentWanted: boolean;
  #items: InputItem[] = [];
  /** Messages that the client has sent and the provider has not confirmed, in their order. */
  readonly #unconfirmed: GenAiMessage[] = [];
  /** Ids of the items that the user is speaking, or has spoken, before they are added. */
  readonly #spoken = new BoundedMap<string, true>(MAX_ITEMS);

  constructor(contentWanted: boolean) {
    this.#contentWanted = contentWanted;
  }

  /** Whether the user has said or written anything since the last response. */
  get hasUserInput(): boolean {
    return this.#items.some((item) => item.byUser);
  }

  /** Whether the user has written anything since the last response. */
  get hasWrittenInput(): boolean {
    return this.#items.some((item) => item.byUser && !item.spoken);
  }

  /** The user has said something, which becomes an item. */
  spoken(itemId: string | undefined): void {
    if (itemId !== undefined) this.#spoken.set(itemId, true);
  }

  /**
   * The client sends a message, which the provider is to confirm as an item.
   *
   * @param item - an object of the client or the application.
   */
  sent(item: unknown): void {
    if (!this.#contentWanted || ownValue(item, 'type') !== 'message') return;
    if (ownValue(item, 'role') !== 'user') return;
    this.#unconfirmed.push(itemMessage(new OwnData().record(item)));
    if (this.#unconfirmed.length > MAX_ITEMS) this.#unconfirmed.shift();
  }

  /** Takes what the client has sent for what the user said, because the provider will not confirm it any more. */
  addUnconfirmed(): void {
    if (this.hasUserInput) return;
    const messages = this.#unconfirmed.splice(0);
    for (const message of messages) this.#items.push({ id: undefined, byUser: true, spoken: false, message });
  }

  /** Adds an item, unless the model made it. */
  add(item: UnknownRecord): void {
    const { type = 'message', role } = item;
    const isInput = type === 'message' ? role !== 'assistant' : type === 'function_call_output';
    if (!isInput) return;
    if (type === 'message' && role === 'user') this.#unconfirmed.shift();
    this.#items.push({
      id: asNonEmptyString(item.id),
      byUser: type === 'message' && role !== 'system',
      spoken: this.#spoken.remove(asNonEmptyString(item.id) ?? '') !== undefined,
      message: this.#contentWanted ? itemMessage(item) : undefined,
    });
    if (this.#items.length > MAX_ITEMS) this.#items.shift();
  }

  /** Replaces audio by its transcript, if the response to it has not begun yet. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    const item = this.#items.find(({ id }) => id !== undefined && id === itemId);
    if (item?.message === undefined || transcript === undefined) return;
    item.message = withTranscript(item.message, transcript);
  }

  /** A response begins: returns all messages and, separately, the user's items, and starts anew. */
  take(): { readonly all: readonly GenAiMessage[]; readonly byUser: readonly InputItem[] } {
    const items = this.#items;
    this.#items = [];
    this.#unconfirmed.length = 0;
    return {
      all: items.map(({ message }) => message).filter((message) => message !== undefined),
      byUser: items.filter((item) => item.byUser),
    };
  }
}

/**
 * The input of the user in one exchange. Often the transcript of spoken input comes only while the agent is answering
 * already, so the input waits for the transcripts that are due.
 */
export class UserInput {
  /** When the exchange began, in milliseconds since the epoch. */
  readonly time: number;

  readonly #messages: GenAiMessage[] = [];
  /** Positions of messages whose transcript is due, by the ids of their items. */
  readonly #awaited = new Map<string, number>();

  /** @param transcribed - whether the session transcribes spoken input. */
  constructor(items: readonly InputItem[], transcribed: boolean, time = clock.now()) {
    this.time = time;
    for (const { id, message } of items) {
      if (message === undefined) continue;
      if (transcribed && id !== undefined && isAudio(message)) this.#awaited.set(id, this.#messages.length);
      this.#messages.push(message);
    }
  }

  get messages(): readonly GenAiMessage[] {
    return this.#messages;
  }

  /** Whether no transcript is due any more. */
  get complete(): boolean {
    return this.#awaited.size === 0;
  }

  /**
   * @param transcript - `undefined` if the transcription failed.
   * @returns whether this transcript completes the input.
   */
  transcribed(itemId: string | undefined, transcript: string | undefined): boolean {
    const position = itemId === undefined ? undefined : this.#awaited.get(itemId);
    if (itemId === undefined || position === undefined) return false;
    this.#awaited.delete(itemId);
    const message = this.#messages[position];
    if (message !== undefined && transcript !== undefined) {
      this.#messages[position] = withTranscript(message, transcript);
    }
    return this.complete;
  }
}

function isAudio({ parts }: GenAiMessage): boolean {
  return parts.some(({ type }) => type === 'input_audio');
}

function withTranscript(message: GenAiMessage, transcript: string): GenAiMessage {
  return { ...message, parts: [{ type: 'text', content: transcript }] };
}
