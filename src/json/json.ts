/** A value that JSON can carry. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export type JsonObject = { [key: string]: JsonValue };

/** Deeper values are replaced by a text that says so. Such a value is a graph of objects rather than data. */
const MAX_DEPTH = 32;
export const NESTED_TOO_DEEP = '[Nested too deep]';

/**
 * Copies a value as `JSON.stringify` would read it: each `toJSON` runs once, with its key, and only own enumerable
 * members are read. Values that JSON cannot carry become a string (`BigInt`, non-finite numbers), are left out
 * (`undefined`, functions, symbols) or are named (`[Circular]`, `[Binary: 12 bytes]`). Never throws, even if a getter
 * or `toJSON` does.
 *
 * It runs code of the value. Use it for values that the application hands over on purpose or that an SDK made, and
 * `OwnData` for an application's request.
 */
export function toJsonValue(value: unknown): JsonValue {
  if (typeof value !== 'object' || value === null) return copyPrimitive(value) ?? null;
  return copy(value, '', new Set(), 0) ?? null;
}

/** Like {@link toJsonValue}, but always returns an object: any other value is wrapped as `{ [key]: value }`. */
export function toJsonObject(value: unknown, key: string): JsonObject {
  return inObject(toJsonValue(value), key);
}

/** Returns JSON as an object: any other value is wrapped as `{ [key]: value }`. */
export function inObject(json: JsonValue, key: string): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : { [key]: json };
}

/**
 * Parses a string of JSON. Returns the string itself if it is not JSON, and a copy of a value that is not a string. An
 * integer beyond 2^53, such as an id of 64 bits, becomes a string of its digits, because a number would lose some.
 */
export function parseJson(value: unknown): JsonValue {
  if (typeof value !== 'string') return toJsonValue(value);
  try {
    const parsed: JsonValue = JSON.parse(value);
    const exact: JsonValue = MANY_DIGITS.test(value) ? JSON.parse(withLargeIntegersQuoted(value)) : parsed;
    // Not every parsed value can become JSON again: `1e400`, or 100,000 nested arrays.
    return isCarried(exact, 0) ? exact : toJsonValue(exact);
  } catch {
    return value;
  }
}

/** A number below 2^53 has at most 16 digits. */
const MANY_DIGITS = /\d{16}/;
const TEXT_OR_NUMBER = /"|-?\d[\d.eE+-]*/g;
const INTEGER = /^-?\d+$/;

/** @param json - valid JSON. */
function withLargeIntegersQuoted(json: string): string {
  let quoted = '';
  let copied = 0;
  TEXT_OR_NUMBER.lastIndex = 0;
  for (let match = TEXT_OR_NUMBER.exec(json); match !== null; match = TEXT_OR_NUMBER.exec(json)) {
    const [token] = match;
    if (token === '"') {
      TEXT_OR_NUMBER.lastIndex = endOfText(json, match.index);
    } else if (INTEGER.test(token) && !Number.isSafeInteger(Number(token))) {
      quoted += `${json.slice(copied, match.index)}"${token}"`;
      copied = TEXT_OR_NUMBER.lastIndex;
    }
  }
  return quoted + json.slice(copied);
}

/**
 * Returns the index behind the quote that ends the string at `begin`. A regular expression could overflow its stack on a
 * long string.
 */
function endOfText(json: string, begin: number): number {
  let end = begin;
  for (;;) {
    end = json.indexOf('"', end + 1);
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function isCarried(value: JsonValue | undefined, depth: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isCarried(item, depth + 1)) return false;
    return true;
  }
  for (const name in value) if (!isCarried(value[name], depth + 1)) return false;
  return true;
}

function copy(value: unknown, key: string, ancestors: Set<object>, depth: number): JsonValue | undefined {
  return typeof value === 'object' && value !== null
    ? copyObject(value, key, ancestors, depth)
    : copyPrimitive(value);
}

function copyPrimitive(value: unknown): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return value.toString();
    default:
      return value === null ? null : undefined;
  }
}

function copyObject(
  original: object,
  key: string,
  ancestors: Set<object>,
  depth: number,
): JsonValue | undefined {
  if (ancestors.has(original)) return '[Circular]';
  if (depth >= MAX_DEPTH) return NESTED_TOO_DEEP;
  ancestors.add(original);
  try {
    if (ArrayBuffer.isView(original) || original instanceof ArrayBuffer)
      return `[Binary: ${original.byteLength} bytes]`;
    const value = jsonForm(original, key);
    if (typeof value !== 'object' || value === null) return copyPrimitive(value);
    // `toJSON` does not run again on its own result.
    if (value !== original && ancestors.has(value)) return '[Circular]';
    ancestors.add(value);
    try {
      return Array.isArray(value)
        ? copyList(value, ancestors, depth)
        : copyMembers(value as Readonly<Record<string, unknown>>, ancestors, depth);
    } finally {
      ancestors.delete(value);
    }
  } catch {
    return '[Unreadable]';
  } finally {
    ancestors.delete(original);
  }
}

/** Returns what `JSON.stringify` takes in the place of an object: the result of its `toJSON`, and no boxed primitive. */
function jsonForm(value: object, key: string): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  const form: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value;
  if (form instanceof Number) return Number(form);
  if (form instanceof String) return String(form);
  return form instanceof Boolean || form instanceof BigInt ? form.valueOf() : form;
}

/** Goes by the length, because `map()` would keep holes as holes. */
function copyList(list: readonly unknown[], ancestors: Set<object>, depth: number): JsonValue[] {
  const items: JsonValue[] = [];
  for (let index = 0; index < list.length; index += 1) {
    items.push(copy(list[index], String(index), ancestors, depth + 1) ?? null);
  }
  return items;
}

function copyMembers(
  value: Readonly<Record<string, unknown>>,
  ancestors: Set<object>,
  depth: number,
): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = copy(value[key], key, ancestors, depth + 1);
    if (member !== undefined) defineMember(result, key, member);
  }
  return result;
}

/** A copy as JSON of the members that have a value; `undefined` and null are left out. */
export function presentMembers(members: Readonly<Record<string, unknown>>): JsonObject {
  const present = Object.entries(members).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(present.map(([name, value]): [string, JsonValue] => [name, toJsonValue(value)]));
}

/**
 * Returns the names of an object's members in the order of their UTF-16 code units. Few names are sorted by insertion:
 * `sort()` allocates 700 bytes however few there are.
 */
export function sortedNames(object: object): string[] {
  const names = Object.keys(object);
  if (names.length > FEW_NAMES) return names.sort();
  for (let index = 1; index < names.length; index += 1) {
    const name = names[index] as string;
    let at = index;
    for (; at > 0 && (names[at - 1] as string) > name; at -= 1) names[at] = names[at - 1] as string;
    names[at] = name;
  }
  return names;
}

const FEW_NAMES = 16;

/** Returns the number of characters in the texts of a value, without the names of members. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let length = 0;
  if (Array.isArray(value)) {
    for (const entry of value) length += textLength(entry);
  } else {
    for (const name in value) length += textLength((value as Readonly<Record<string, unknown>>)[name]);
  }
  return length;
}

/** Sets a member. A plain assignment to the key `__proto__` would set the prototype instead. */
export function defineMember(target: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}
