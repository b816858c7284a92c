import { asArray } from '../json/readers.js';
import type { GenAiMessage } from '../semconv/messages.js';

/**
 * Returns the input texts of a model: a text, its tokens, or a list of either. Tokens are only counted, since a reader
 * could not make sense of them.
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

/** Returns one message per input, since each input gets its own answer. */
export function userMessages(input: unknown): GenAiMessage[] {
  return textsOf(input).map((content) => ({ role: 'user', parts: [{ type: 'text', content }] }));
}

function tokens(items: readonly unknown[]): string {
  return `[${items.length} ${items.length === 1 ? 'token' : 'tokens'}]`;
}
