/**
 * Checks lines of events by their bytes alone, as far as that is possible: form, canonical JSON and hash. A line that
 * passes has no finding of its own, and where its members stand is known, so that it is not parsed.
 *
 * The scan of a line of 889 bytes takes 4.3 us, of which SHA-256 is a third (Node 20, on a busy machine; `npm run
 * bench:reading` measures the whole verification).
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { EVENT_TYPES } from '../event.js';
import { ENUM_FIELDS, MESSAGES } from '../sealed-event.js';
import {
  asciiBytes,
  asciiSet,
  behindName,
  CLOSE_BRACE,
  COMMA,
  endOfValue,
  hasBytesAt,
  isDefaultValue,
  NOT_CANONICAL,
  OPEN_BRACE,
  QUOTE,
  viewOf,
} from './canonical-text.js';
import { ExpectedName } from './expected-names.js';
import { LONGEST_SHOWN } from './findings.js';

/**
 * Where the members stand that the checks of chains, sessions and streams read. Each has the place of its first byte, and
 * its length behind it. Both are 0 if the member is absent. Texts are without their quotes.
 */
export const PLACES = {
  event_id: 2,
  session_id: 4,
  span_id: 6,
  parent_span_id: 8,
  timestamp: 10,
  content_hash: 12,
  hash_prev: 14,
  metadata: 16,
} as const;

/** Numbers of each line: its first byte, the index of its type, and the places of its members. */
export const NUMBERS_PER_LINE = 18;
export const TYPE_INDEX = 1;
/** In the place of the type, for a line that did not pass. */
export const NOT_PASSED = -1;

interface KnownMember {
  readonly bytes: Uint8Array;
  /** The index in the numbers of a line; -1 for a member that is not read. */
  readonly place: number;
  readonly isMessage: boolean;
  readonly isEnum: boolean;
}

const TYPE_PLACE = 100;
const TRACE_PLACE = 101;
const PROOF_PLACE = 102;

const MEMBERS: readonly KnownMember[] = [
  ...new Set([...Object.keys(PLACES), ...MESSAGES, ...ENUM_FIELDS, 'trace_id', 'worm_proof_id']),
].map((name) => ({
  bytes: asciiBytes(`"${name}"`),
  place: { ...PLACES, type: TYPE_PLACE, trace_id: TRACE_PLACE, worm_proof_id: PROOF_PLACE }[name] ?? -1,
  isMessage: MESSAGES.has(name),
  isEnum: ENUM_FIELDS.has(name),
}));

/** Names by two of their letters and their length. No two of the names above share these. */
const BY_LETTERS: (KnownMember | undefined)[] = new Array(0x2000).fill(undefined);
for (const member of MEMBERS) BY_LETTERS[lettersOf(member.bytes, 0, member.bytes.length)] = member;

function lettersOf(bytes: Uint8Array, start: number, end: number): number {
  const letters = (((bytes[start + 1] as number) & 15) << 4) | ((bytes[end - 3] as number) & 15);
  return (((end - start) & 31) << 8) | letters;
}

/** The member with the name at `start`, if it is a known one. */
function memberAt(bytes: Uint8Array, start: number, end: number): KnownMember | undefined {
  const member = BY_LETTERS[lettersOf(bytes, start, end)];
  return member !== undefined && hasBytesAt(bytes, start, member.bytes) ? member : undefined;
}

type EventName = ExpectedName<KnownMember | undefined>;

const UNSPECIFIED = asciiBytes('_UNSPECIFIED"');
const TYPES = EVENT_TYPES.map((type) => asciiBytes(type));

/** Types by their length and two of their letters. No two of them share these. */
const TYPE_SLOTS = new Int8Array(64).fill(NOT_PASSED);
for (const [index, type] of TYPES.entries()) TYPE_SLOTS[typeSlot(type, 0, type.length)] = index;

function typeSlot(bytes: Uint8Array, start: number, end: number): number {
  const letters = (((bytes[start + 11] as number) & 31) << 2) ^ ((bytes[end - 5] as number) & 31);
  return (letters + end - start) & 63;
}

/** Members that are left out of the hash. No event of this package has half as many. */
const MAX_CUTS = 32;

/** Room for the beginning of a line up to its last cut. More is rare. */
const USUAL_BYTES = 4 * 1024;

/** Scans one line after the other. It keeps the places of the newest one only. */
export class LineScan {
  /** The list that gets the numbers of the line, in the order of {@link PLACES}, and the index of the first. */
  #numbers = new Int32Array(NUMBERS_PER_LINE);
  #offset = 0;
  /** The members that are not hashed: begin and end of each, in the order of the line. */
  readonly #cuts = new Int32Array(2 * MAX_CUTS);
  #cutCount = 0;
  #overwritten = viewOf(new Uint8Array(USUAL_BYTES));
  #traceAt = 0;
  readonly #names: EventName = ExpectedName.beforeAll(undefined);
  /** The bytes that were scanned last. */
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);

  /**
   * Whether the line is the canonical JSON of an event whose form is right and whose hash matches.
   *
   * @param bytes - changed while this runs, and the same afterwards.
   * @param end - a control character must stand here, such as the end of the line.
   * @param isText - whether all bytes are known to be UTF-8.
   * @param numbers - gets the numbers of the line from `offset` on, where it has zeros.
   */
  passes(
    bytes: Buffer,
    start: number,
    end: number,
    isText: boolean,
    numbers: Int32Array<ArrayBuffer>,
    offset: number,
  ): boolean {
    numbers[offset] = start;
    numbers[offset + TYPE_INDEX] = NOT_PASSED;
    this.#numbers = numbers;
    this.#offset = offset;
    this.#cutCount = 0;
    this.#traceAt = 0;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    return (
      (bytes[end] as number) < 0x20 &&
      this.#endOfEvent(bytes, start) === end &&
      this.#hasForm(bytes) &&
      (isText || isUtf8(bytes.subarray(start, end))) &&
      this.#hasHash(bytes, start, end)
    );
  }

  #endOfEvent(bytes: Uint8Array, start: number): number {
    if (bytes[start] !== OPEN_BRACE) return NOT_CANONICAL;
    const view = this.#view;
    let at = start + 1;
    let name: EventName | undefined = this.#names;
    for (let before = 0; ; at += 1) {
      const expected: EventName | undefined = name?.followerAt(view, at);
      let member: KnownMember | undefined;
      let value: number;
      if (expected === undefined) {
        value = behindName(bytes, at, before);
        if (value === NOT_CANONICAL) return NOT_CANONICAL;
        member = memberAt(bytes, at, value - 1);
        name = name?.learn(bytes, at, value, member);
      } else {
        value = at + expected.length;
        member = expected.known;
        name = expected;
      }
      before = at;
      const end =
        member === undefined
          ? endOfValue(bytes, view, value, 1, name)
          : this.#endOfMember(bytes, at, value, member, name);
      if (end === NOT_CANONICAL) return NOT_CANONICAL;
      if (isDefaultValue(bytes, value, end) && !this.#cut(bytes, at, end)) return NOT_CANONICAL;
      at = end;
      const next = bytes[at];
      if (next === CLOSE_BRACE) return at + 1;
      if (next !== COMMA) return NOT_CANONICAL;
    }
  }

  /** Reads the value of a member whose name is known. */
  #endOfMember(
    bytes: Uint8Array,
    start: number,
    at: number,
    { place, isMessage, isEnum }: KnownMember,
    name: EventName | undefined,
  ): number {
    if (isMessage && bytes[at] === OPEN_BRACE) return this.#endOfMessage(bytes, at, name?.inside);
    const end = endOfValue(bytes, this.#view, at, 1, name);
    if (end === NOT_CANONICAL) return NOT_CANONICAL;
    if (isEnum && hasBytesAt(bytes, end - UNSPECIFIED.length, UNSPECIFIED)) return NOT_CANONICAL;
    if (place === -1) return end;
    if (place === PLACES.metadata) {
      if (bytes[at] !== OPEN_BRACE) return NOT_CANONICAL;
      this.#put(place, at, end);
      return end;
    }
    if (bytes[at] !== QUOTE) return NOT_CANONICAL;
    if (place === PROOF_PLACE) return NOT_CANONICAL;
    if (place === TRACE_PLACE) this.#traceAt = end - at === TRACE_ID_LENGTH + 2 ? at + 1 : 0;
    else if (place === TYPE_PLACE) this.#numbers[this.#offset + TYPE_INDEX] = typeAt(bytes, at + 1, end - 1);
    else this.#put(place, at + 1, end - 1);
    if (place === PLACES.content_hash && !this.#cut(bytes, start, end)) return NOT_CANONICAL;
    return end;
  }

  #put(place: number, from: number, to: number): void {
    this.#numbers[this.#offset + place] = from;
    this.#numbers[this.#offset + place + 1] = to - from;
  }

  /** Like any object, but members that proto3 does not carry are left out of the hash. */
  #endOfMessage(bytes: Uint8Array, start: number, inside: EventName | undefined): number {
    let at = start + 1;
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    const view = this.#view;
    let name = inside;
    for (let before = 0; ; at += 1) {
      const expected = name?.followerAt(view, at);
      let value: number;
      if (expected === undefined) {
        value = behindName(bytes, at, before);
        if (value === NOT_CANONICAL) return NOT_CANONICAL;
        name = name?.learn(bytes, at, value, undefined);
      } else {
        value = at + expected.length;
        name = expected;
      }
      before = at;
      const end = endOfValue(bytes, view, value, 2, name);
      if (end === NOT_CANONICAL) return NOT_CANONICAL;
      if (isDefaultValue(bytes, value, end) && !this.#cut(bytes, at, end)) return NOT_CANONICAL;
      at = end;
      const next = bytes[at];
      if (next === CLOSE_BRACE) return at + 1;
      if (next !== COMMA) return NOT_CANONICAL;
    }
  }

  /** Leaves a member out of the hash, with the comma behind it, or before it if it is the last one of its object. */
  #cut(bytes: Uint8Array, start: number, end: number): boolean {
    const cuts = this.#cuts;
    let from = start;
    const isLast = bytes[end] === CLOSE_BRACE;
    if (isLast) {
      // Members directly before it may be left out as well.
      while (this.#cutCount > 0 && cuts[2 * this.#cutCount - 1] === from) {
        this.#cutCount -= 1;
        from = cuts[2 * this.#cutCount] as number;
      }
      if (bytes[from - 1] === COMMA) from -= 1;
    }
    if (this.#cutCount === MAX_CUTS) return false;
    cuts[2 * this.#cutCount] = from;
    cuts[2 * this.#cutCount + 1] = isLast ? end : end + 1;
    this.#cutCount += 1;
    return true;
  }

  /** The same rules as in `event-verifier.ts`. */
  #hasForm(bytes: Uint8Array): boolean {
    const numbers = this.#numbers;
    const offset = this.#offset;
    return (
      numbers[offset + TYPE_INDEX] !== NOT_PASSED &&
      numbers[offset + PLACES.event_id + 1] === UUID_LENGTH &&
      isUuidV7At(bytes, numbers[offset + PLACES.event_id] as number) &&
      numbers[offset + PLACES.content_hash + 1] === HASH_LENGTH &&
      this.#traceAt > 0 &&
      isHexAt(bytes, this.#traceAt, TRACE_ID_LENGTH) &&
      numbers[offset + PLACES.span_id + 1] === SPAN_ID_LENGTH &&
      isHexAt(bytes, numbers[offset + PLACES.span_id] as number, SPAN_ID_LENGTH) &&
      isTimestampAt(
        bytes,
        numbers[offset + PLACES.timestamp] as number,
        numbers[offset + PLACES.timestamp + 1] as number,
      ) &&
      (numbers[offset + PLACES.session_id + 1] as number) > 0 &&
      this.#isPlain(bytes, PLACES.session_id) &&
      this.#isPlain(bytes, PLACES.parent_span_id) &&
      this.#isPlain(bytes, PLACES.hash_prev)
    );
  }

  #isPlain(bytes: Uint8Array, place: number): boolean {
    const at = this.#offset + place;
    return isPlainAt(bytes, this.#view, this.#numbers[at] as number, this.#numbers[at + 1] as number);
  }

  #hasHash(bytes: Buffer, start: number, end: number): boolean {
    const at = this.#numbers[this.#offset + PLACES.content_hash] as number;
    // To compare each byte with a character takes twice as long.
    return this.#hashOf(bytes, start, end) === bytes.toString('latin1', at, at + HASH_LENGTH);
  }

  /**
   * The hash of a line without its cuts. What stands before them is moved up to the rest, and back again: that is a
   * hundred bytes, and a copy of the whole line takes longer.
   */
  #hashOf(bytes: Buffer, start: number, end: number): string {
    const cuts = this.#cuts;
    const view = this.#view;
    const last = this.#cutCount - 1;
    const behind = cuts[2 * last + 1] as number;
    let from = start;
    for (let cut = 0; cut <= last; cut += 1) {
      from += (cuts[2 * cut + 1] as number) - (cuts[2 * cut] as number);
    }
    if (behind - from > this.#overwritten.byteLength)
      this.#overwritten = viewOf(new Uint8Array(2 * (behind - from)));
    const overwritten = this.#overwritten;
    copyBytes(view, from, overwritten, 0, behind - from);
    let to = behind;
    for (let cut = last; cut >= 0; cut -= 1) {
      const first = cut === 0 ? start : (cuts[2 * cut - 1] as number);
      const length = (cuts[2 * cut] as number) - first;
      to -= length;
      bytes.copyWithin(to, first, first + length);
    }
    const text = hash('sha256', bytes.subarray(from, end));
    copyBytes(overwritten, 0, view, from, behind - from);
    return text;
  }
}

/** For a hundred bytes this takes less time than a call. */
function copyBytes(from: DataView, at: number, target: DataView, to: number, length: number): void {
  let done = 0;
  for (; done + 4 <= length; done += 4) target.setInt32(to + done, from.getInt32(at + done, true), true);
  for (; done < length; done += 1) target.setUint8(to + done, from.getUint8(at + done));
}

const UUID_LENGTH = 36;
const HASH_LENGTH = 64;
const TRACE_ID_LENGTH = 32;
const SPAN_ID_LENGTH = 16;

const HEX = asciiSet('0123456789abcdef');

function isHexAt(bytes: Uint8Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 1) if (HEX[bytes[at] as number] !== 1) return false;
  return true;
}

const HYPHEN = 0x2d;
const VARIANTS = asciiSet('89ab');

function isUuidV7At(bytes: Uint8Array, start: number): boolean {
  return (
    isHexAt(bytes, start, 8) &&
    bytes[start + 8] === HYPHEN &&
    isHexAt(bytes, start + 9, 4) &&
    bytes[start + 13] === HYPHEN &&
    bytes[start + 14] === 0x37 &&
    isHexAt(bytes, start + 15, 3) &&
    bytes[start + 18] === HYPHEN &&
    VARIANTS[bytes[start + 19] as number] === 1 &&
    isHexAt(bytes, start + 20, 3) &&
    bytes[start + 23] === HYPHEN &&
    isHexAt(bytes, start + 24, 12)
  );
}

/** A `0` stands for any digit. A time without `Z` is rare. */
const TIME_FORM = asciiBytes('0000-00-00T00:00:00');
const MAX_TIME_LENGTH = 30;

function isTimestampAt(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 20 || length > MAX_TIME_LENGTH || bytes[start + length - 1] !== 0x5a) return false;
  for (let index = 0; index < TIME_FORM.length; index += 1) {
    const form = TIME_FORM[index] as number;
    const byte = bytes[start + index] as number;
    if (form === 0x30 ? byte < 0x30 || byte > 0x39 : byte !== form) return false;
  }
  const pair = (at: number) => (bytes[start + at] as number) * 10 + (bytes[start + at + 1] as number) - 0x210;
  if (pair(5) > 12 || pair(8) > 31 || pair(11) > 23 || pair(14) > 59 || pair(17) > 60) return false;
  if (length === 20) return true;
  if (bytes[start + 19] !== 0x2e || length === 21) return false;
  for (let at = start + 20; at < start + length - 1; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** Whether a text is the same in ASCII, and short enough to be a key. */
function isPlainAt(bytes: Uint8Array, view: DataView, start: number, length: number): boolean {
  if (length > LONGEST_SHOWN) return false;
  let at = start;
  for (; at + 4 <= start + length; at += 4) {
    const word = view.getInt32(at);
    const zeroIfBackslash = word ^ 0x5c5c5c5c;
    if (((word | ((zeroIfBackslash - 0x01010101) & ~zeroIfBackslash)) & 0x80808080) !== 0) return false;
  }
  for (; at < start + length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 || byte === 0x5c) return false;
  }
  return true;
}

function typeAt(bytes: Uint8Array, start: number, end: number): number {
  const index = TYPE_SLOTS[typeSlot(bytes, start, end)] as number;
  if (index === NOT_PASSED) return NOT_PASSED;
  const type = TYPES[index] as Uint8Array;
  return type.length === end - start && hasBytesAt(bytes, start, type) ? index : NOT_PASSED;
}
