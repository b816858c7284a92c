/**
 * Readers for foreign values: the requests, responses, chunks and spans of an SDK. Each reader returns a typed value or
 * `undefined` for any argument.
 */

export type UnknownRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is UnknownRecord {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** A revoked proxy makes `Array.isArray` throw. It counts as a list, as none of its members can be read. */
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

/** The empty string counts as absent. */
export function asNonEmptyString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

/** A number of things, such as tokens. A negative number is a server's word for "unknown", or a fault of it. */
export function asCount(value: unknown): number | undefined {
  const count = asInteger(value);
  return count !== undefined && count >= 0 ? count : undefined;
}

const NO_ITEMS: readonly unknown[] = Object.freeze([]);

/** Returns a copy of an array with methods of its own, which may do anything, and the array itself otherwise. */
export function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return NO_ITEMS;
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
 * Returns a copy of an object's own members, which are those that its JSON has. Inherited getters are not run, because
 * the application does not expect them to. A member that cannot be read is left out.
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
        // The getter throws. It will throw in the client too.
      }
    }
  } catch {
    // A proxy that does not list its keys.
  }
  return members;
}

export function asFunction(value: unknown): ((...args: unknown[]) => unknown) | undefined {
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown) : undefined;
}

/** A module is an object or, in CommonJS, perhaps a function. */
export function asMembers(value: unknown): UnknownRecord | undefined {
  return typeof value === 'function' ? (value as unknown as UnknownRecord) : asRecord(value);
}
