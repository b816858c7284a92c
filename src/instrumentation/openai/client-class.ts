import { asMembers } from '../../foreign/read.js';

export interface ClientClass {
  readonly prototype: object;
}

/** The class `OpenAI` in whatever the module system made of the package: the class, a namespace, a default export. */
export function findClientClass(value: unknown): ClientClass | undefined {
  const candidates = [value, asMembers(value)?.OpenAI, asMembers(value)?.default];
  return candidates.find(isClientClass);
}

function isClientClass(value: unknown): value is ClientClass {
  return typeof value === 'function' && typeof value.prototype?.fetchWithTimeout === 'function';
}
