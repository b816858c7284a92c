/** An assistant with tools, a tool that needs approval, a guardrail and a specialist to hand over to. */
import { Agent } from '@openai/agents';
import { createGetTime, deleteNote, findInvoice, getWeather } from './tools.js';

export interface AssistantOptions {
  /** Name of the model that both agents use. */
  readonly model: string;
  /** The clock of `get_time`. Default: the system's. */
  readonly now?: () => Date;
}

const CARD_NUMBER = /\b(?:\d[ -]?){13,19}\b/;

/**
 * Creates the assistant. It knows nothing about HTTP, so a program can also run it directly.
 *
 * @example
 * const result = await run(createAssistantAgent({ model: 'gpt-5-mini' }), 'What is the weather in Paris?');
 * console.log(result.finalOutput);
 */
export function createAssistantAgent({ model, now = () => new Date() }: AssistantOptions) {
  const billingSpecialist = new Agent({
    name: 'billing-specialist',
    handoffDescription: 'Answers questions about invoices and payments.',
    model,
    instructions: "You are a billing specialist. Look the customer's invoice up before you answer.",
    tools: [findInvoice],
  });

  return new Agent({
    name: 'assistant',
    model,
    instructions:
      'You are a helpful assistant. Use your tools for the weather, the time and notes, several at once if ' +
      'they do not depend on each other. Hand questions about invoices over. Answer in two sentences at most.',
    tools: [getWeather, createGetTime(now), deleteNote],
    handoffs: [billingSpecialist],
    inputGuardrails: [
      {
        name: 'no_card_numbers',
        // The model must not see a card number, so it waits for the verdict.
        runInParallel: false,
        execute: async ({ input }) => ({
          tripwireTriggered: CARD_NUMBER.test(lastUserText(input)),
          outputInfo: { reason: 'The message contains a payment card number.' },
        }),
      },
    ],
  });
}

/** The guardrail judges the new message only: a session repeats the earlier ones. */
function lastUserText(input: string | readonly unknown[]): string {
  if (typeof input === 'string') return input;
  const isUser = (item: unknown) => typeof item === 'object' && item !== null && 'role' in item;
  return JSON.stringify(input.findLast(isUser) ?? '');
}
