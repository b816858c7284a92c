import { asArray } from '../json/readers.js';
import type { Message } from '../semconv/messages.js';

/**
 * What a model is to read: a text, the tokens of one, or a list of either. Tokens are counted, since nobody could
 * read them.
 */
export function textsOf(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  const items = asArray(input);
  if (typeof items[0] === 'number') return [tokens(items)];
  return items.flatMap((item) => {
    if (typeof item === 'string') return [item];
    return Array.isArray(item) ? [tokens(item)] : [];
  });
}

/** Each input as a message of its own, as each gets its own answer. */
export function userMessages(input: unknown): Message[] {
  return textsOf(input).map((content) => ({ role: 'user', parts: [{ type: 'text', content }] }));
}

function tokens(items: readonly unknown[]): string {
  return `[${items.length} ${items.length === 1 ? 'token' : 'tokens'}]`;
}
