/** The messages of one conversation, and what of them the model gets. */
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { conversationTokens } from './token-count.js';
import { isInstruction, latestTurns, splitTurns, type TimedMessage } from './turns.js';

/** Writes a summary of the messages. */
export type Summarize = (messages: readonly ChatCompletionMessageParam[]) => Promise<string>;

/**
 * Invariant: the messages are instructions first and then whole turns, so that each result of a function follows its
 * call.
 */
export class ConversationContext {
  #messages: readonly TimedMessage[] = [];

  /** @param system - instructions that no trimming removes. */
  constructor(system?: string) {
    if (system !== undefined) this.add({ role: 'system', content: system });
  }

  /** Adds messages of a completed turn, or the user message that begins one. */
  add(...messages: readonly ChatCompletionMessageParam[]): void {
    const at = new Date();
    const added = [...this.#messages, ...messages.map((message) => ({ message, at }))];
    this.#messages = [...added.filter(isInstruction), ...added.filter((entry) => !isInstruction(entry))];
  }

  get messages(): readonly TimedMessage[] {
    return this.#messages;
  }

  /** The messages for a request. */
  toRequest(): ChatCompletionMessageParam[] {
    return this.#messages.map(({ message }) => message);
  }

  tokenCount(): number {
    return conversationTokens(this.toRequest());
  }

  /**
   * Drops the oldest turns until the messages have at most `limit` tokens.
   *
   * @returns the number of messages that were dropped.
   * @throws ContextOverflow if the instructions and the current turn alone have more. Nothing is dropped then.
   */
  trim(limit: number): number {
    const { instructions, turns } = this.#split();
    return this.#keep([...instructions, ...latestTurns(instructions, turns, limit).flat()]);
  }

  /** Drops the current turn, which the model could not answer. */
  dropCurrentTurn(): void {
    const { instructions, turns } = this.#split();
    this.#keep([...instructions, ...turns.slice(0, -1).flat()]);
  }

  /**
   * Drops turns that began before a time.
   *
   * @returns the number of messages that were dropped.
   */
  clearBefore(time: Date): number {
    const { instructions, turns } = this.#split();
    const kept = turns.filter(([first]) => first !== undefined && first.at >= time);
    return this.#keep([...instructions, ...kept.flat()]);
  }

  /**
   * Replaces all turns but the latest by a summary, an instruction at their place. A summary of before is part of the
   * next one. If the model fails to summarize, nothing changes.
   *
   * @param keptTurns - number of turns that stay as they are.
   * @returns whether there was something to summarize.
   */
  async compress(summarize: Summarize, keptTurns: number): Promise<boolean> {
    const { instructions, turns } = this.#split();
    const old = turns.slice(0, Math.max(0, turns.length - keptTurns)).flat();
    if (old.length === 0) return false;
    const earlier = instructions.filter(isSummary);
    const summary = await summarize([...earlier, ...old].map(({ message }) => message));
    this.#keep([
      ...instructions.filter((entry) => !isSummary(entry)),
      { message: { role: 'system', content: `${SUMMARY_START}${summary}` }, at: new Date() },
      // Turns may have come while the model wrote.
      ...this.#messages.filter((entry) => !isInstruction(entry) && !old.includes(entry)),
    ]);
    return true;
  }

  #split() {
    const instructions = this.#messages.filter(isInstruction);
    return { instructions, turns: splitTurns(this.#messages.slice(instructions.length)) };
  }

  #keep(messages: readonly TimedMessage[]): number {
    const dropped = this.#messages.length - messages.length;
    this.#messages = messages;
    return dropped;
  }
}

const SUMMARY_START = 'Summary of the conversation so far: ';

function isSummary({ message }: TimedMessage): boolean {
  return message.role === 'system' && String(message.content).startsWith(SUMMARY_START);
}
