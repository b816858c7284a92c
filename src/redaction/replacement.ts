import { createHmac } from 'node:crypto';
import type { RedactionMethod } from './redaction-options.js';

export const MASK = '[REDACTED]';

/** 64 bits: two of a billion values have the same hash with a probability of 3 percent. */
const HASH_DIGITS = 16;

/** What stands for a value that is taken out; for `drop`, the empty text. */
export type Replace = (value: string, category: string | undefined, method: RedactionMethod) => string;

export function replaceWith(salt: string | undefined): Replace {
  return (value, category, method) => {
    if (method === 'drop') return '';
    if (method === 'mask' || salt === undefined) return mask(category);
    const hash = createHmac('sha256', salt).update(value).digest('hex').slice(0, HASH_DIGITS);
    // The underscore makes one word of it, so that no detector takes the digits for a number.
    return `[${category ?? 'redacted'}_${hash}]`;
  };
}

export function mask(category: string | undefined): string {
  return category === undefined ? MASK : `[REDACTED:${category}]`;
}
