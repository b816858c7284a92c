import { asInteger } from '../../foreign/read.js';

/** More than any API gives. A number beyond it is a mistake, of which the API tells, and must not allocate. */
const MAX_CHOICES = 4096;

/**
 * How many choices the `n` of a request asks for; 1 where it says nothing that makes sense.
 *
 * @param inputs - each of which gets as many.
 */
export function requestedChoices(n: unknown, inputs = 1): number {
  const choices = Math.max(asInteger(n) ?? 1, 1) * inputs;
  return choices <= MAX_CHOICES ? choices : 1;
}

/** `gen_ai.request.choice.count`, which the convention records only when it is not 1. */
export function choiceCountAttribute(n: unknown): number | undefined {
  const count = asInteger(n);
  return count === 1 ? undefined : count;
}
