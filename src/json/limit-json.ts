/**
 * Shortens message content to a maximum length of JSON, and keeps the schema. An attribute that is simply cut off is not
 * JSON any more, and backends cannot show it.
 *
 * Texts are cut first: the longest ones, all to the same length. If that would leave too little of them, entries of lists
 * are left out. They are taken from the middle, because the first entry is usually the system's and the last entries are
 * the newest.
 */
import { defineMember, type JsonObject, type JsonValue, textLength } from './json.js';
import { isRecord } from './readers.js';

/** Least length of a cut text in characters of JSON, its cut mark included. Below it, entries are left out instead. */
const LEAST_TEXT = 200;
/** The same for a narrow limit: little more than the cut mark. */
const SHORTEST_TEXT = 40;

/** Keys whose values identify something, so they are never cut. A value above the maximum length is not a name. */
const SCHEMA_WORD = /^(type|role|modality|mime_type|name|id|.*_id)$/;
const LONGEST_SCHEMA_WORD = 256;

const EMPTIED_MEDIA_SIZE = '"","truncated":true'.length;

/** Returns the value, shortened so that its JSON has at most `limit` characters. `limit` is at least 2. */
export function limitJson(value: JsonValue, limit: number): JsonValue {
  return textLength(value) <= limit && jsonSize(value) <= limit ? value : shortened(value, limit);
}

/** Returns the JSON of {@link limitJson}'s result. */
export function limitedJsonText(value: JsonValue, limit: number): string {
  // JSON is longer than its texts: a conversation of megabytes is not written to learn that.
  const text = textLength(value) <= limit ? JSON.stringify(value) : undefined;
  return text !== undefined && text.length <= limit ? text : JSON.stringify(shortened(value, limit));
}

function shortened(value: JsonValue, limit: number): JsonValue {
  // With a narrow limit, one text of the usual length would fill it.
  const leastText = Math.max(SHORTEST_TEXT, Math.min(LEAST_TEXT, Math.floor(limit / 64)));
  const kept = withFewerEntries(value, limit, leastText);
  if (kept !== undefined) return withShorterTexts(kept, limit, leastText);
  return isJsonObject(value) ? {} : Array.isArray(value) ? [] : '';
}

/* Texts */

/** Cuts all texts to the same length: the longest with which the value fits. */
function withShorterTexts(value: JsonValue, limit: number, leastText: number): JsonValue {
  const texts: number[] = [];
  const media: number[] = [];
  const leastSize = sizeWithTexts(value, leastText, Number.POSITIVE_INFINITY, (text, isMedia) => {
    // A text longer than the limit is cut in any case, so its size does not matter.
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
  // An assignment to the key `__proto__` would not create a member.
  return Object.fromEntries(emptied ? [...members, ['truncated', true]] : members);
}

/** Cuts a text so that its JSON has at most `length` characters, the cut mark included. */
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
 * Returns the end of the longest prefix whose JSON has at most `size` characters. It is never within a surrogate pair:
 * JSON writes half a pair with six characters and a whole pair with two, so if the half fits, the whole pair does too.
 */
function prefixWithin(text: string, size: number): number {
  let room = size;
  for (let at = 0; at < text.length; at += 1) {
    const taken = escapedLength(text.charCodeAt(at));
    if (taken === undefined) return prefixOfPairsWithin(text, size);
    room -= taken;
    if (room < 0) return at;
  }
  return text.length;
}

/** The same for a text with surrogates, by trial. */
function prefixOfPairsWithin(text: string, size: number): number {
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

/** Returns the value with as many entries as fit after its texts are cut; `undefined` if nothing fits. */
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

/** Returns the first entry and the newest ones. */
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

  // The first entry may be a very long system prompt, which must leave room for the newest entries.
  const head = smaller(first, Math.max(Math.floor(room / 2), room - size(newest)) - ','.length);
  if (head !== undefined) room -= size(head);
  const tail: JsonValue[] = [];
  const lastEntry = smaller(newest, room - ','.length);
  if (lastEntry !== undefined) {
    tail.push(lastEntry);
    room -= size(lastEntry);
    // A loop by index does not copy the list, which may have a million entries.
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

/** Returns a valid entry of the same list that says how many entries were left out. */
function dropMark(entries: JsonValue[], count: number): JsonValue {
  const sample = entries[0];
  if (sample === undefined || !isJsonObject(sample)) return `[entries dropped: ${count}]`;
  if (Array.isArray(sample.parts))
    return { role: 'system', parts: [{ type: 'text', content: `[messages dropped: ${count}]` }] };
  if (typeof sample.type !== 'string') return { truncated: `[entries dropped: ${count}]` };
  // Every tool definition has a name. Among the parts of a message, only calls have one.
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
  // Objects of the schema need their members. Other objects can lose some.
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
 * Returns the length of the value's JSON after its texts are cut to `length`.
 *
 * @param most - stops above this length and returns any number above it.
 * @param onText - called for each text that may be cut. Media is emptied instead of cut.
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

/** Returns the length of a text's JSON. For a text longer than `length` it is only some number above `length`. */
function textSize(text: string, length: number): number {
  return text.length > length ? text.length + '""'.length : jsonSize(text);
}

function jsonSize(value: JsonValue): number {
  return typeof value === 'string' ? sizeOfText(value) : JSON.stringify(value).length;
}

/** Counts the characters of a text's JSON, without writing it. */
function sizeOfText(text: string): number {
  let size = '""'.length;
  for (let at = 0; at < text.length; at += 1) {
    const taken = escapedLength(text.charCodeAt(at));
    if (taken === undefined) return JSON.stringify(text).length;
    size += taken;
  }
  return size;
}

/** Characters of JSON for each code up to the backslash: the quote, the backslash and control characters are escaped. */
const ESCAPED_LENGTHS = Uint8Array.from(
  { length: 93 },
  (_, code) => JSON.stringify(String.fromCharCode(code)).length - '""'.length,
);

/** Returns the characters of JSON that a character takes; `undefined` for a surrogate, which depends on its neighbour. */
function escapedLength(code: number): number | undefined {
  if (code < ESCAPED_LENGTHS.length) return ESCAPED_LENGTHS[code];
  return code < 0xd800 || code > 0xdfff ? 1 : undefined;
}

function isSchemaWord(key: string, value: JsonValue): boolean {
  return typeof value === 'string' && value.length <= LONGEST_SCHEMA_WORD && SCHEMA_WORD.test(key);
}

/** Whether the member is base64 of an image, audio or a document, of which a part is useless. */
function isMedia(holder: JsonObject, key: string): boolean {
  return (
    (holder.type === 'blob' && key === 'content') ||
    (holder.type === 'image_generation_call' && key === 'result')
  );
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return isRecord(value);
}
