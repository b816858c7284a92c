import type { Message } from '../../semconv/messages.js';
import type { InputItem } from './conversation-input.js';

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
