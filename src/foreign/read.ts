/**
 * Readers for values that are not ours: an SDK's request, response, chunk or span. Each gives a typed value or
 * `undefined`, whatever it is given.
 */

export type ForeignRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is ForeignRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asRecord(value: unknown): ForeignRecord | undefined {
  return isRecord(value) ? value : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A string that says something: the empty string counts as absent. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asFunction(value: unknown): ((...args: unknown[]) => unknown) | undefined {
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown) : undefined;
}

/** The members of a module, which may be an object or, in CommonJS, a function. */
export function asMembers(value: unknown): ForeignRecord | undefined {
  return typeof value === 'function' ? (value as unknown as ForeignRecord) : asRecord(value);
}
