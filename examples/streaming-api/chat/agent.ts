/** A plain conversation: no tools, and instructions that are made anew for every run. */
import { Agent } from '@openai/agents';

export interface ChatOptions {
  readonly model: string;
  /** The clock of the instructions. Default: the system's. */
  readonly now?: () => Date;
}

/**
 * Creates the chat agent.
 *
 * @example
 * const result = await run(createChatAgent({ model: 'gpt-5-mini' }), 'Why is the sky blue?');
 */
export function createChatAgent({ model, now = () => new Date() }: ChatOptions) {
  return new Agent({
    name: 'chat',
    model,
    instructions: () =>
      `You are a friendly conversation partner. Today is ${now().toISOString().slice(0, 10)}. Keep answers short.`,
  });
}
