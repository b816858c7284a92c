import { EVENT_TYPES } from '../event.js';
import {
  asciiBytes,
  CLOSE_BRACE,
  endOfName,
  endOfValue,
  hasBytesAt,
  QUOTE,
  viewOf,
} from './canonical-text.js';
import type { Subject } from './findings.js';
import type { PlacedEvent, ScannedPlace } from './line-check.js';
import { PLACES, TYPE_INDEX } from './line-scan.js';
import { HASH_BYTES, ID_BYTES } from './text-rows.js';

/** The members of metadata that the checks read, by type. */
export const READ_METADATA: Partial<Record<PlacedEvent['type'], readonly string[]>> = {
  EVENT_TYPE_SESSION_START: ['stream_id', 'previous_streams'],
  EVENT_TYPE_SESSION_END: ['event_count', 'stream_event_count', 'stream_sha256', 'sinks', 'closed', 'reason'],
  EVENT_TYPE_SYSTEM: ['message', 'checkpoint', 'last_event_id', 'subtrees', 'dropped', 'sink', 'from', 'to'],
};

interface ReadMember {
  readonly name: string;
  /** The name in quotes. */
  readonly bytes: Uint8Array;
}

/** The same by the index of the type. */
const READ_MEMBERS: readonly (readonly ReadMember[] | undefined)[] = EVENT_TYPES.map((type) =>
  READ_METADATA[type]?.map((name) => ({ name, bytes: asciiBytes(`"${name}"`) })),
);

/**
 * Reads the events of lines that passed the scan. There is one object for all of them, whose id and hashes become strings
 * when a check asks for them, and whose metadata has only the members that the checks read.
 */
export class ScannedEvent implements PlacedEvent, ScannedPlace {
  line = 0;
  type: PlacedEvent['type'] = 'EVENT_TYPE_SYSTEM';
  session_id = '';
  span_id = '';
  parent_span_id: string | undefined;
  metadata: PlacedEvent['metadata'];
  readonly scanned = this;
  bytes: Buffer = Buffer.alloc(0);
  view = viewOf(this.bytes);
  idAt = 0;
  hashAt = 0;
  timeAt = 0;
  timeLength = 0;
  prevAt = 0;
  isFirst = true;
  leaves: DataView | undefined;
  leafAt = 0;
  #prevFrom = 0;
  #prevLength = 0;
  readonly #texts = new TextCache();

  /** @param leaves - the hashes of the leaves of all lines in a Merkle tree, if they are known. */
  setBytes(bytes: Buffer, leaves: DataView | undefined): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.leaves = leaves;
  }

  /**
   * Reads the event of a line in these bytes.
   *
   * @param offset - the index of the line's first number.
   */
  read(numbers: Int32Array, offset: number, line: number): void {
    const type = numbers[offset + TYPE_INDEX] as number;
    const members = READ_MEMBERS[type];
    const metadataAt = members === undefined ? 0 : (numbers[offset + PLACES.metadata] as number);
    this.type = EVENT_TYPES[type] as PlacedEvent['type'];
    this.timeAt = numbers[offset + PLACES.timestamp] as number;
    this.timeLength = numbers[offset + PLACES.timestamp + 1] as number;
    this.session_id = this.#textAt(numbers, offset + PLACES.session_id);
    this.span_id = this.#textAt(numbers, offset + PLACES.span_id);
    const parentAt = offset + PLACES.parent_span_id;
    this.parent_span_id = numbers[parentAt] === 0 ? undefined : this.#textAt(numbers, parentAt);
    this.metadata =
      members === undefined || metadataAt === 0
        ? undefined
        : (this.#membersAt(this.bytes, metadataAt, members) as PlacedEvent['metadata']);
    this.idAt = numbers[offset + PLACES.event_id] as number;
    this.hashAt = numbers[offset + PLACES.content_hash] as number;
    this.#prevFrom = numbers[offset + PLACES.hash_prev] as number;
    this.#prevLength = numbers[offset + PLACES.hash_prev + 1] as number;
    this.prevAt = this.#prevLength === HASH_BYTES ? this.#prevFrom : 0;
    this.isFirst = this.#prevLength === 0;
    this.line = line;
  }

  get subject(): Subject {
    return { line: this.line, eventId: this.event_id, sessionId: this.session_id };
  }

  get event_id(): string {
    return this.bytes.toString('latin1', this.idAt, this.idAt + ID_BYTES);
  }

  get timestamp(): string {
    return this.bytes.toString('latin1', this.timeAt, this.timeAt + this.timeLength);
  }

  get content_hash(): string {
    return this.bytes.toString('latin1', this.hashAt, this.hashAt + HASH_BYTES);
  }

  get hash_prev(): string | undefined {
    if (this.#prevFrom === 0) return undefined;
    return this.bytes.toString('latin1', this.#prevFrom, this.#prevFrom + this.#prevLength);
  }

  #textAt(numbers: Int32Array, at: number): string {
    return this.#texts.textAt(this.bytes, this.view, numbers[at] as number, numbers[at + 1] as number);
  }

  /** The members of an object whose text is canonical. */
  #membersAt(bytes: Buffer, start: number, members: readonly ReadMember[]): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (let at = start; bytes[at] !== CLOSE_BRACE; ) {
      const name = at + 1;
      // The object may be empty.
      if (bytes[name] === CLOSE_BRACE) break;
      const value = endOfName(bytes, name) + 1;
      at = endOfValue(bytes, this.view, value, 0);
      const member = members.find(
        (one) => one.bytes.length === value - 1 - name && hasBytesAt(bytes, name, one.bytes),
      );
      if (member !== undefined) found[member.name] = this.#valueAt(bytes, value, at);
    }
    return found;
  }

  #valueAt(bytes: Buffer, start: number, end: number): unknown {
    const isPlain = bytes[start] === QUOTE && end - start <= MAX_CACHED && isPlainText(bytes, start, end);
    if (isPlain) return this.#texts.textAt(bytes, this.view, start + 1, end - start - 2);
    return JSON.parse(bytes.toString('utf8', start, end));
  }
}

/** Longer texts do not come again. */
const MAX_CACHED = 200;

function isPlainText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 || byte === 0x5c) return false;
  }
  return true;
}

/** Recent texts by their place: 8,192 texts of at most 200 bytes. */
const SLOTS = 0x2000;

/** Enough to tell ids of one kind apart: those with a time at the front have random digits at the end. */
const COMPARED_BYTES = 8;

/**
 * Makes strings of ASCII bytes. The ids, hashes and times of an event are also in events near it, and to compare bytes
 * with a string that exists takes a quarter of the time of making one. A string that is the same object is also found
 * faster in a map.
 */
class TextCache {
  readonly #texts: string[] = new Array(SLOTS).fill('');

  textAt(bytes: Buffer, view: DataView, start: number, length: number): string {
    const end = start + length;
    let slot = length;
    if (length >= COMPARED_BYTES) {
      slot ^= Math.imul(view.getInt32(end - 8), 0x9e3779b1) ^ Math.imul(view.getInt32(end - 4), 0x85ebca6b);
      slot ^= slot >>> 15;
    } else {
      for (let at = start; at < end; at += 1) slot = Math.imul(slot, 31) + (bytes[at] as number);
    }
    slot = (slot ^ (slot >>> 13)) & (SLOTS - 1);
    const known = this.#texts[slot] as string;
    if (known.length === length && isAt(bytes, start, known)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#texts[slot] = text;
    return text;
  }
}

function isAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
