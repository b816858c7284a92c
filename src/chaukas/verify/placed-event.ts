import { EVENT_TYPES } from '../event.js';
import type { LeafHash } from '../transparency-log/merkle-tree.js';
import {
  asciiBytes,
  CLOSE_BRACE,
  endOfName,
  endOfValue,
  hasBytesAt,
  QUOTE,
  viewOf,
} from './canonical-text.js';
import type { PlacedEvent } from './line-check.js';
import { PLACES, TYPE_INDEX } from './line-scan.js';

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

/** Makes events of lines that passed a scan. Their metadata has only the members that the checks read. */
export class PlacedEventReader {
  readonly #texts = new TextCache();

  /**
   * @param offset - the index of the line's first number.
   * @param leaf - the hash of its leaf, if it is known.
   */
  eventAt(bytes: Buffer, numbers: Int32Array, offset: number, leaf?: LeafHash): PlacedEvent {
    const type = numbers[offset + TYPE_INDEX] as number;
    const members = READ_MEMBERS[type];
    const idAt = numbers[offset + PLACES.event_id] as number;
    const metadataAt = members === undefined ? 0 : (numbers[offset + PLACES.metadata] as number);
    return {
      event_id: bytes.toString('latin1', idAt, idAt + (numbers[offset + PLACES.event_id + 1] as number)),
      type: EVENT_TYPES[type] as PlacedEvent['type'],
      timestamp: this.#textAt(bytes, numbers, offset + PLACES.timestamp),
      session_id: this.#textAt(bytes, numbers, offset + PLACES.session_id),
      span_id: this.#textAt(bytes, numbers, offset + PLACES.span_id),
      parent_span_id: this.#textIfAny(bytes, numbers, offset + PLACES.parent_span_id),
      hash_prev: this.#textIfAny(bytes, numbers, offset + PLACES.hash_prev),
      content_hash: this.#textAt(bytes, numbers, offset + PLACES.content_hash),
      metadata:
        members === undefined || metadataAt === 0
          ? undefined
          : (this.#membersAt(bytes, metadataAt, members) as PlacedEvent['metadata']),
      hasForm: true,
      leaf,
    };
  }

  #textAt(bytes: Buffer, numbers: Int32Array, at: number): string {
    return this.#texts.textAt(bytes, numbers[at] as number, numbers[at + 1] as number);
  }

  #textIfAny(bytes: Buffer, numbers: Int32Array, at: number): string | undefined {
    return numbers[at] === 0 ? undefined : this.#textAt(bytes, numbers, at);
  }

  /** The members of an object whose text is canonical. */
  #membersAt(bytes: Buffer, start: number, members: readonly ReadMember[]): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (let at = start; bytes[at] !== CLOSE_BRACE; ) {
      const name = at + 1;
      // The object may be empty.
      if (bytes[name] === CLOSE_BRACE) break;
      const value = endOfName(bytes, name) + 1;
      at = endOfValue(bytes, viewOf(bytes), value, 0);
      const member = members.find(
        (one) => one.bytes.length === value - 1 - name && hasBytesAt(bytes, name, one.bytes),
      );
      if (member !== undefined) found[member.name] = this.#valueAt(bytes, value, at);
    }
    return found;
  }

  #valueAt(bytes: Buffer, start: number, end: number): unknown {
    const isPlain = bytes[start] === QUOTE && end - start <= MAX_CACHED && isPlainText(bytes, start, end);
    if (isPlain) return this.#texts.textAt(bytes, start + 1, end - start - 2);
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

  textAt(bytes: Buffer, start: number, length: number): string {
    const end = start + length;
    let slot = length;
    for (let at = length > COMPARED_BYTES ? end - COMPARED_BYTES : start; at < end; at += 1) {
      slot = Math.imul(slot, 31) + (bytes[at] as number);
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
