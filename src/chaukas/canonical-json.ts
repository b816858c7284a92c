/** JSON with exactly one form for each value, which hashing needs: RFC 8785 (JSON Canonicalization Scheme). */
import { type JsonObject, type JsonValue, sortedNames, textLength } from '../json/json.js';
import { type LongText, STEP_LENGTH, type WorkSteps } from '../steps.js';

/**
 * Returns the canonical JSON of a value: members in the order of their names' UTF-16 code units, no white space,
 * numbers and strings as ECMAScript writes them. Members that are `undefined` are left out.
 *
 * `JSON.stringify` does all of this except the order, and is faster than code written here. It gets the value itself if
 * that is already in order, as events of this package mostly are, and otherwise a copy of the parts that are not.
 */
export function canonicalJson(value: JsonValue): string {
  const inOrder = ordered(value);
  return inOrder === UNORDERABLE ? written(value) : JSON.stringify(inOrder);
}

/** Whether `JSON.stringify` writes the value as canonical JSON. */
export function isCanonical(value: JsonValue | undefined): boolean {
  return value === undefined || ordered(value) === value;
}

/** An object that cannot be ordered: names that are numbers always come first, and `__proto__` is special. */
const UNORDERABLE = Symbol('unorderable');

/** Returns the same value if it is in order, otherwise a copy that shares the parts that are. */
function ordered(value: JsonValue): JsonValue | typeof UNORDERABLE {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? orderedList(value) : orderedObject(value);
}

function orderedList(list: JsonValue[]): JsonValue[] | typeof UNORDERABLE {
  let copy: JsonValue[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (typeof item !== 'object') continue;
    const inOrder = ordered(item);
    if (inOrder === UNORDERABLE) return UNORDERABLE;
    if (inOrder === item) continue;
    copy ??= [...list];
    copy[index] = inOrder;
  }
  return copy ?? list;
}

function orderedObject(object: JsonObject): JsonObject | typeof UNORDERABLE {
  let isOrdered = true;
  let previous = '';
  for (const name in object) {
    const member = object[name];
    isOrdered &&= name >= previous && (typeof member !== 'object' || ordered(member) === member);
    if (!isOrdered) return orderedCopy(object);
    previous = name;
  }
  return object;
}

function orderedCopy(object: JsonObject): JsonObject | typeof UNORDERABLE {
  const copy: JsonObject = {};
  for (const name of sortedNames(object)) {
    if (isDigit(name.charCodeAt(0)) || name === '__proto__') return UNORDERABLE;
    const member = object[name];
    if (member === undefined) continue;
    const inOrder = ordered(member);
    if (inOrder === UNORDERABLE) return UNORDERABLE;
    copy[name] = inOrder;
  }
  return copy;
}

/** The canonical JSON of the entries of lists that was made before: pieces of it, with a comma between two of them. */
export type KnownLists = ReadonlyMap<unknown, readonly string[]>;

/**
 * Writes the canonical JSON of a large value, in steps of one piece of it each.
 *
 * @param known - entries of lists that are taken as they are.
 */
export function* writeCanonicalJson(value: JsonValue, text: LongText, known?: KnownLists): WorkSteps<void> {
  if (known === undefined && textLength(value) < STEP_LENGTH) {
    if (text.add(canonicalJson(value))) yield* text.endPiece();
    return;
  }
  if (typeof value !== 'object' || value === null) {
    if (text.add(JSON.stringify(value))) yield* text.endPiece();
    return;
  }
  if (Array.isArray(value)) {
    const pieces = known?.get(value);
    const length = pieces?.length ?? value.length;
    for (let index = 0; index < length; index += 1) {
      text.add(index === 0 ? '[' : ',');
      const piece = pieces?.[index];
      if (piece === undefined) yield* writeCanonicalJson(value[index] ?? null, text);
      else if (text.add(piece)) yield* text.endPiece();
    }
    text.add(length === 0 ? '[]' : ']');
    return;
  }
  let isFirst = true;
  for (const name of sortedNames(value)) {
    const member = value[name];
    if (member === undefined) continue;
    text.add(`${isFirst ? '{' : ','}${JSON.stringify(name)}:`);
    isFirst = false;
    yield* writeCanonicalJson(member, text, known);
  }
  text.add(isFirst ? '{}' : '}');
}

/** Several objects as canonical JSON. */
export interface ObjectTexts {
  /** With a comma between two of them. */
  readonly entries: string;
  /** Returns them with a line feed between two of them. */
  lines(): string;
}

/** Stands between two objects of a list. The quote of a name is escaped within a text. */
const BETWEEN_OBJECTS = '},{"';

/**
 * Writes objects as canonical JSON by one call of `JSON.stringify`, which takes two thirds of the time of a call for each
 * (1,000 objects of 1,000 characters, Node 20).
 */
export function objectTexts(objects: JsonValue[]): ObjectTexts {
  const inOrder = ordered(objects);
  if (inOrder === UNORDERABLE) return singleTexts(objects);
  const entries = JSON.stringify(inOrder).slice(1, -1);
  return { entries, lines: () => linesOf(entries, objects) };
}

function linesOf(entries: string, objects: readonly JsonValue[]): string {
  // A list within an object may have the same text.
  const isBetweenOnly = objects.every(hasMember) && countOf(BETWEEN_OBJECTS, entries) === objects.length - 1;
  return isBetweenOnly ? entries.replaceAll(BETWEEN_OBJECTS, '}\n{"') : singleTexts(objects).lines();
}

function hasMember(object: JsonValue): boolean {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return false;
  for (const name in object) if (object[name] !== undefined) return true;
  return false;
}

function countOf(sought: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) count += 1;
  return count;
}

function singleTexts(objects: readonly JsonValue[]): ObjectTexts {
  const texts = objects.map(canonicalJson);
  return { entries: texts.join(','), lines: () => texts.join('\n') };
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function written(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value) items += (items === '' ? '' : ',') + written(item ?? null);
    return `[${items}]`;
  }
  let members = '';
  for (const name of sortedNames(value)) {
    const member = value[name];
    if (member === undefined) continue;
    members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${written(member)}`;
  }
  return `{${members}}`;
}
