import { isRecord } from '../../json/readers.js';
import { EVENT_TYPES } from '../event.js';
import type { PlacedEvent } from './line-check.js';
import { PLACES, TYPE_INDEX } from './line-scan.js';

/** The types whose metadata the checks read. */
const WITH_METADATA: ReadonlySet<string> = new Set([
  'EVENT_TYPE_SESSION_START',
  'EVENT_TYPE_SESSION_END',
  'EVENT_TYPE_SYSTEM',
]);

/** Makes events of lines that passed a scan. */
export class PlacedEventReader {
  readonly #texts = new TextCache();

  /** @param offset - the index of the line's first number. */
  eventAt(bytes: Buffer, numbers: Int32Array, offset: number): PlacedEvent {
    const type = EVENT_TYPES[numbers[offset + TYPE_INDEX] as number] as PlacedEvent['type'];
    const metadataAt = WITH_METADATA.has(type) ? (numbers[offset + PLACES.metadata] as number) : 0;
    const event: PlacedEvent = {
      event_id: this.#textAt(bytes, numbers, offset + PLACES.event_id),
      type,
      timestamp: this.#textAt(bytes, numbers, offset + PLACES.timestamp),
      session_id: this.#textAt(bytes, numbers, offset + PLACES.session_id),
      span_id: this.#textAt(bytes, numbers, offset + PLACES.span_id),
      content_hash: this.#textAt(bytes, numbers, offset + PLACES.content_hash),
    };
    if (numbers[offset + PLACES.parent_span_id] !== 0) {
      event.parent_span_id = this.#textAt(bytes, numbers, offset + PLACES.parent_span_id);
    }
    if (numbers[offset + PLACES.hash_prev] !== 0) {
      event.hash_prev = this.#textAt(bytes, numbers, offset + PLACES.hash_prev);
    }
    if (metadataAt > 0) {
      const length = numbers[offset + PLACES.metadata + 1] as number;
      const metadata: unknown = JSON.parse(bytes.toString('utf8', metadataAt, metadataAt + length));
      if (isRecord(metadata)) event.metadata = metadata as PlacedEvent['metadata'] & {};
    }
    return event;
  }

  #textAt(bytes: Buffer, numbers: Int32Array, at: number): string {
    return this.#texts.textAt(bytes, numbers[at] as number, numbers[at + 1] as number);
  }
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
