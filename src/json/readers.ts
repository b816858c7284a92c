/**
 * Readers for values that are not ours: an SDK's request, response, chunk or span. Each gives a typed value or
 * `undefined`, whatever it is given.
 */

export type UnknownRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** A proxy that was revoked throws at the question; nothing can be read of it. */
function isList(value: object): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return true;
  }
}

export function asRecord(value: unknown): UnknownRecord | undefined {
  return isRecord(value) ? value : undefined;
}

export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A string that says something: the empty string counts as absent. */
export function asNonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** A list that brings methods of its own is copied: they may do anything, and so may what they make. */
export function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return isPlainList(value) ? value : copyOfList(value);
}

function isPlainList(list: readonly unknown[]): boolean {
  try {
    return list.constructor === Array && !Object.hasOwn(list, 'map') && !Object.hasOwn(list, Symbol.iterator);
  } catch {
    return false;
  }
}

function copyOfList(list: readonly unknown[]): unknown[] {
  const copy: unknown[] = [];
  for (let index = 0; index < list.length; index += 1) copy.push(list[index]);
  return copy;
}

/**
 * A copy of the members that an object has itself: those that JSON has of it. What it inherits may be code that nobody
 * expects to run. A member that cannot be read is left out.
 */
export function ownMembers(value: unknown): UnknownRecord {
  if (!isRecord(value)) return {};
  try {
    return { ...value };
  } catch {
    return readableMembers(value);
  }
}

function readableMembers(value: UnknownRecord): UnknownRecord {
  const members: Record<string, unknown> = {};
  try {
    for (const name of Object.keys(value)) {
      try {
        members[name] = value[name];
      } catch {
        // Its getter throws, and will throw at the client, too.
      }
    }
  } catch {
    // A proxy that does not even tell its keys.
  }
  return members;
}

export function asFunction(value: unknown): ((...args: unknown[]) => unknown) | undefined {
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown) : undefined;
}

/** The members of a module, which may be an object or, in CommonJS, a function. */
export function asMembers(value: unknown): UnknownRecord | undefined {
  return typeof value === 'function' ? (value as unknown as UnknownRecord) : asRecord(value);
}
