/**
 * Message content within a length, as JSON of the same schema: an attribute that is simply cut off is no JSON any
 * more, and a backend shows nothing of it.
 *
 * Texts are cut first, the longest ones first and all to the same length. Where that would leave too little of them,
 * entries go: from the middle of a list, since its first one is mostly the system's and its last ones are the newest.
 */
import type { JsonObject, JsonValue } from './json.js';
import { isRecord } from './readers.js';

/**
 * Characters of JSON that a cut text keeps at least, the word on what is missing among them; before that, entries go.
 */
const LEAST_TEXT = 200;
/** The same within a narrow limit: little more than that word. */
const SHORTEST_TEXT = 40;

/** Values of these keys tell what something is, so they stay as they are; a longer one is no name any more. */
const SCHEMA_WORD = /^(type|role|modality|mime_type|name|id|.*_id)$/;
const LONGEST_SCHEMA_WORD = 256;

const EMPTIED_MEDIA_SIZE = '"","truncated":true'.length;

/** The value, shortened so that its JSON has at most `limit` characters (of at least 2); itself where it fits. */
export function limitJson(value: JsonValue, limit: number): JsonValue {
  return jsonSize(value) <= limit ? value : shortened(value, limit);
}

/** The JSON text of {@link limitJson}'s value. */
export function limitedJsonText(value: JsonValue, limit: number): string {
  const text = JSON.stringify(value);
  return text.length <= limit ? text : JSON.stringify(shortened(value, limit));
}

function shortened(value: JsonValue, limit: number): JsonValue {
  // Within a narrow limit a text of the usual length would be alone.
  const leastText = Math.max(SHORTEST_TEXT, Math.min(LEAST_TEXT, Math.floor(limit / 64)));
  const kept = withFewerEntries(value, limit, leastText);
  if (kept !== undefined) return withShorterTexts(kept, limit, leastText);
  return isJsonObject(value) ? {} : Array.isArray(value) ? [] : '';
}

/* Texts */

/** The longest length to which texts can be cut so that the whole fits: all texts longer than it are cut to it. */
function withShorterTexts(value: JsonValue, limit: number, leastText: number): JsonValue {
  const texts: number[] = [];
  const media: number[] = [];
  const leastSize = sizeWithTexts(value, leastText, Number.POSITIVE_INFINITY, (text, isMedia) => {
    // A text that is longer than all may be is cut in any case: no need to measure it.
    const size = text.length >= limit ? Number.POSITIVE_INFINITY : jsonSize(text);
    (isMedia ? media : texts).push(size);
  });
  const sizeAt = (length: number): number => {
    let size = leastSize;
    for (const text of texts) size += Math.min(text, length) - Math.min(text, leastText);
    for (const content of media)
      if (content <= length) size += content - Math.min(content, EMPTIED_MEDIA_SIZE);
    return size;
  };
  let fits = leastText;
  let exceeds = limit + 1;
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (sizeAt(middle) <= limit) fits = middle;
    else exceeds = middle;
  }
  return cutTexts(value, fits);
}

function cutTexts(value: JsonValue, length: number): JsonValue {
  if (typeof value === 'string') return cutText(value, length);
  if (Array.isArray(value)) return value.map((entry) => cutTexts(entry, length));
  if (!isJsonObject(value)) return value;
  const members: Array<[string, JsonValue]> = [];
  let emptied = false;
  for (const [key, member] of Object.entries(value)) {
    if (isSchemaWord(key, member)) members.push([key, member]);
    else if (typeof member === 'string' && isMedia(value, key)) {
      const tooLong = textSize(member, length) > Math.max(length, EMPTIED_MEDIA_SIZE);
      emptied ||= tooLong;
      members.push([key, tooLong ? '' : member]);
    } else members.push([key, cutTexts(member, length)]);
  }
  // From entries, since assigning a member `__proto__` would not make one.
  return Object.fromEntries(emptied ? [...members, ['truncated', true]] : members);
}

/** The text so that its JSON has at most `length` characters, with a word on what is missing. */
function cutText(text: string, length: number): string {
  if (textSize(text, length) <= length) return text;
  const reserved = '""'.length + cutMark(text.length).length;
  const end = prefixWithin(text, length - reserved);
  return text.slice(0, end) + cutMark(text.length - end);
}

function cutMark(count: number): string {
  return `… [${count} characters cut]`;
}

/**
 * Where the longest prefix ends whose JSON has at most `size` characters. Never within a surrogate pair: JSON writes
 * half a pair with six characters and a whole one with two, so where the half would fit, the whole does.
 */
function prefixWithin(text: string, size: number): number {
  let fits = 0;
  let exceeds = size + 1;
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (jsonSize(text.slice(0, middle)) - '""'.length <= size) fits = middle;
    else exceeds = middle;
  }
  return fits;
}

/* Entries */

/**
 * The value with as many of its entries that it fits once its texts are cut; `undefined` where nothing of it can
 * stay.
 */
function withFewerEntries(value: JsonValue, limit: number, leastText: number): JsonValue | undefined {
  if (Array.isArray(value))
    return entriesFit(value, limit, leastText) ? value : withoutMiddle(value, limit, leastText);
  if (sizeWithTexts(value, leastText, limit) <= limit) return value;
  return isJsonObject(value) ? withSmallerMembers(value, limit, leastText) : undefined;
}

function entriesFit(entries: JsonValue[], limit: number, leastText: number): boolean {
  let room = limit - '[]'.length + ','.length;
  for (const entry of entries) {
    room -= sizeWithTexts(entry, leastText, room) + ','.length;
    if (room < 0) return false;
  }
  return limit >= '[]'.length;
}

/** The first entry and the newest ones. */
function withoutMiddle(entries: JsonValue[], limit: number, leastText: number): JsonValue[] | undefined {
  const [first] = entries;
  const newest = entries.length > 1 ? entries.at(-1) : undefined;
  if (first === undefined) return undefined;
  const smaller = (entry: JsonValue, room: number) => withFewerEntries(entry, room, leastText);
  const size = (entry: JsonValue) => sizeWithTexts(entry, leastText, limit) + ','.length;

  if (newest === undefined) {
    const only = smaller(first, limit - '[]'.length);
    if (only !== undefined) return [only];
    return limit >= '[]'.length ? [] : undefined;
  }
  let room = limit - '[]'.length - size(dropMark(entries, entries.length)) + ','.length;
  if (room < 0) return limit >= '[]'.length ? [] : undefined;

  // The first one may be the system's whole book of rules: it must leave room for the newest.
  const head = smaller(first, Math.max(Math.floor(room / 2), room - size(newest)) - ','.length);
  if (head !== undefined) room -= size(head);
  const tail: JsonValue[] = [];
  const lastEntry = smaller(newest, room - ','.length);
  if (lastEntry !== undefined) {
    tail.push(lastEntry);
    room -= size(lastEntry);
    // By index: a copy of a million entries takes longer than all the rest.
    for (let index = entries.length - 2; index > 0; index -= 1) {
      const entry = entries[index] ?? null;
      room -= size(entry);
      if (room < 0) break;
      tail.push(entry);
    }
  }
  const dropped = entries.length - tail.length - (head === undefined ? 0 : 1);
  return [
    ...(head === undefined ? [] : [head]),
    ...(dropped > 0 ? [dropMark(entries, dropped)] : []),
    ...tail.reverse(),
  ];
}

/** What stands for the entries that are gone, itself a valid entry of its list. */
function dropMark(entries: JsonValue[], count: number): JsonValue {
  const sample = entries[0];
  if (sample === undefined || !isJsonObject(sample)) return `[entries dropped: ${count}]`;
  if (Array.isArray(sample.parts))
    return { role: 'system', parts: [{ type: 'text', content: `[messages dropped: ${count}]` }] };
  if (typeof sample.type !== 'string') return { truncated: `[entries dropped: ${count}]` };
  // Each tool definition has a name; of the parts of a message, only calls have one.
  return entries.every(isToolDefinition)
    ? { type: 'truncated', name: `[tools dropped: ${count}]` }
    : { type: 'text', content: `[parts dropped: ${count}]` };
}

function isToolDefinition(entry: JsonValue): boolean {
  return isJsonObject(entry) && typeof entry.name === 'string' && !/_call$/.test(String(entry.type));
}

function withSmallerMembers(value: JsonObject, limit: number, leastText: number): JsonObject | undefined {
  const result = { ...value };
  const largestFirst = Object.entries(value)
    .filter(([, member]) => typeof member === 'object' && member !== null)
    .map(([key, member]) => ({ key, member, size: sizeWithTexts(member, leastText, limit) }))
    .sort((a, b) => b.size - a.size);
  const emptied = { ...value, ...Object.fromEntries(largestFirst.map(({ key }) => [key, []])) };
  let excess = sizeWithTexts(emptied, leastText, limit) - limit;
  for (const member of largestFirst) excess += member.size - '[]'.length;
  for (const { key, member, size: memberSize } of largestFirst) {
    const smaller = withFewerEntries(member, Math.max(memberSize - excess, '[]'.length), leastText);
    if (smaller === undefined) continue;
    defineMember(result, key, smaller);
    excess -= memberSize - sizeWithTexts(smaller, leastText, limit);
    if (excess <= 0) return result;
  }
  // What is of the schema needs its members; an object of anybody's can do with fewer.
  const isOfSchema = typeof value.type === 'string' || typeof value.role === 'string';
  return isOfSchema ? undefined : withFirstMembers(result, limit, leastText);
}

function withFirstMembers(value: JsonObject, limit: number, leastText: number): JsonObject | undefined {
  const kept: JsonObject = {};
  let room = limit - '{"truncated":true}'.length;
  if (room < 0) return limit >= '{}'.length ? {} : undefined;
  for (const [key, member] of Object.entries(value)) {
    room -= sizeWithTexts({ [key]: member }, leastText, room + '{}'.length) - '{}'.length + ','.length;
    if (room < 0) break;
    defineMember(kept, key, member);
  }
  return { ...kept, truncated: true };
}

/* Sizes */

/**
 * Characters of the value's JSON once its texts are cut to `length`.
 * @param most - where to stop: of what has more, not all is looked at, and any number beyond it is given.
 * @param onText - told of each text that may be cut, and whether it is media, which is emptied instead.
 */
function sizeWithTexts(
  value: JsonValue,
  length: number,
  most: number,
  onText?: (text: string, isMedia: boolean) => void,
): number {
  if (typeof value === 'string') {
    onText?.(value, false);
    return Math.min(textSize(value, length), length);
  }
  if (Array.isArray(value)) {
    let size = '[]'.length + Math.max(value.length - 1, 0);
    for (const entry of value) {
      if (size > most) break;
      size += sizeWithTexts(entry, length, most - size, onText);
    }
    return size;
  }
  if (!isJsonObject(value)) return jsonSize(value);
  let size = '{}'.length;
  for (const [key, member] of Object.entries(value)) {
    if (size > most) break;
    if (member === undefined) continue;
    size += jsonSize(key) + ':'.length + (size > '{}'.length ? ','.length : 0);
    if (isSchemaWord(key, member)) size += jsonSize(member);
    else if (typeof member === 'string' && isMedia(value, key)) {
      onText?.(member, true);
      size += Math.min(textSize(member, EMPTIED_MEDIA_SIZE), EMPTIED_MEDIA_SIZE);
    } else size += sizeWithTexts(member, length, most - size, onText);
  }
  return size;
}

/** Characters of a text's JSON; of a text that is longer than `length` in any case, just a number beyond it. */
function textSize(text: string, length: number): number {
  return text.length > length ? text.length + '""'.length : jsonSize(text);
}

function jsonSize(value: JsonValue): number {
  return JSON.stringify(value).length;
}

function isSchemaWord(key: string, value: JsonValue): boolean {
  return typeof value === 'string' && value.length <= LONGEST_SCHEMA_WORD && SCHEMA_WORD.test(key);
}

/** Base64 of a picture, a sound or a document: a piece of it is nothing. */
function isMedia(holder: JsonObject, key: string): boolean {
  return (
    (holder.type === 'blob' && key === 'content') ||
    (holder.type === 'image_generation_call' && key === 'result')
  );
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return isRecord(value);
}

/** A plain assignment would turn a key `__proto__` into the object's prototype. */
function defineMember(target: JsonObject, key: string, value: JsonValue): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
