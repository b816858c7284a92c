/**
 * A conversation as turns. A turn is a user message and everything up to the next one: answers, calls of functions and
 * their results. It is kept or dropped as a whole, so a call is never without its result.
 */
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { conversationTokens, messageTokens } from './token-count.js';

/** A message and when it was added. */
export interface TimedMessage {
  readonly message: ChatCompletionMessageParam;
  readonly at: Date;
}

export type ConversationTurn = readonly TimedMessage[];

/** The current turn and the instructions alone have more tokens than allowed. */
export class ContextOverflow extends Error {
  constructor(
    readonly tokens: number,
    readonly limit: number,
  ) {
    super(`the message has ${tokens} tokens with its instructions; ${limit} are allowed`);
    this.name = 'ContextOverflow';
  }
}

/** Instructions, from the system or the developer, belong to no turn. */
export function isInstruction({ message }: TimedMessage): boolean {
  return message.role === 'system' || message.role === 'developer';
}

/** Splits messages without instructions. Messages before the first user message are a turn as well. */
export function splitTurns(messages: readonly TimedMessage[]): ConversationTurn[] {
  const turns: TimedMessage[][] = [];
  for (const entry of messages) {
    const last = turns.at(-1);
    if (last === undefined || entry.message.role === 'user') turns.push([entry]);
    else last.push(entry);
  }
  return turns;
}

/**
 * Returns the latest turns that fit, the current one included.
 *
 * @param instructions - messages that stay in any case.
 * @throws {@link ContextOverflow} if even the current turn does not fit.
 */
export function latestTurns(
  instructions: readonly TimedMessage[],
  turns: readonly ConversationTurn[],
  limit: number,
): ConversationTurn[] {
  let tokens = conversationTokens(instructions.map(({ message }) => message));
  let first = turns.length;
  for (const turn of turns.toReversed()) {
    tokens += turn.reduce((sum, { message }) => sum + messageTokens(message), 0);
    if (tokens > limit) break;
    first -= 1;
  }
  if (first === turns.length && tokens > limit) throw new ContextOverflow(tokens, limit);
  return turns.slice(first);
}
