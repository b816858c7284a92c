import { asInteger } from '../../foreign/read.js';

/** How many choices the `n` of a request asks for; 1 where it says nothing that makes sense. */
export function requestedChoices(n: unknown): number {
  return Math.max(asInteger(n) ?? 1, 1);
}

/** `gen_ai.request.choice.count`, which the convention records only when it is not 1. */
export function choiceCountAttribute(n: unknown): number | undefined {
  const count = asInteger(n);
  return count === 1 ? undefined : count;
}
