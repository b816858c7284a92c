import { viewOf } from './canonical-text.js';
import { keyOf } from './findings.js';
import type { PlacedEvent } from './line-check.js';

/** Bytes of the hash of an event in hex, and of its id. */
export const HASH_BYTES = 64;
export const ID_BYTES = 36;

/**
 * ASCII texts of one length as rows of bytes. To copy or compare a hash takes 30 ns (Node 20), and a string of it 60 ns and
 * a part of the garbage collector, which was a sixth of a verification.
 */
export class TextRows {
  readonly #length: number;
  #bytes: Buffer;
  #view: DataView;

  /** @param length - of each text, a multiple of 4. */
  constructor(length: number, rows: number) {
    this.#length = length;
    this.#bytes = Buffer.allocUnsafeSlow(length * rows);
    this.#view = viewOf(this.#bytes);
  }

  /** Number of rows that there is room for. It doubles when a row behind them is set. */
  get room(): number {
    return this.#bytes.length / this.#length;
  }

  /** @param from - the text is in it, from `at` on. */
  set(row: number, from: DataView, at: number, length = this.#length): void {
    if (row >= this.room) this.keep(0, row, Math.max(row + 1, 2 * this.room));
    const view = this.#view;
    const start = row * this.#length;
    for (let offset = 0; offset < length; offset += 4) {
      view.setInt32(start + offset, from.getInt32(at + offset, true), true);
    }
  }

  textAt(row: number): string {
    return this.#bytes.toString('latin1', row * this.#length, (row + 1) * this.#length);
  }

  /** Whether a row is the text in `other` from `at` on. */
  equals(row: number, other: DataView, at: number): boolean {
    const view = this.#view;
    const start = row * this.#length;
    for (let offset = 0; offset < this.#length; offset += 4) {
      if (view.getInt32(start + offset, true) !== other.getInt32(at + offset, true)) return false;
    }
    return true;
  }

  /** Less than 0 if a row comes before the text in `other`, and more if it comes behind it. */
  compare(row: number, other: DataView, at: number): number {
    const view = this.#view;
    const start = row * this.#length;
    for (let offset = 0; offset < this.#length; offset += 4) {
      const difference = view.getInt32(start + offset) - other.getInt32(at + offset);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The bytes of all rows, until one is set. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  startOf(row: number): number {
    return row * this.#length;
  }

  /** Moves rows to the front, into room for `rows` of them. */
  keep(from: number, to: number, rows: number): void {
    const kept = this.#bytes.subarray(from * this.#length, to * this.#length);
    if (rows === this.room) {
      this.#bytes.set(kept);
      return;
    }
    this.#bytes = Buffer.allocUnsafeSlow(rows * this.#length);
    this.#view = viewOf(this.#bytes);
    this.#bytes.set(kept);
  }
}

/**
 * The id and the hash of an event that is kept while others come. They stay bytes until a message needs them: each event in
 * order takes the place of the one before it.
 */
export class KeptEvent {
  line = 0;
  readonly #ids = new TextRows(ID_BYTES, 1);
  readonly #hashes = new TextRows(HASH_BYTES, 1);
  /** Both of an event whose line did not pass the scan. */
  #texts: { readonly id: string; readonly hash: string } | undefined = { id: '', hash: '' };

  /** Empty before the first event. */
  get id(): string {
    return this.#texts?.id ?? this.#ids.textAt(0);
  }

  get hash(): string {
    return this.#texts?.hash ?? this.#hashes.textAt(0);
  }

  keep(event: PlacedEvent): void {
    const { scanned } = event;
    this.line = event.line;
    if (scanned === undefined) {
      this.#texts = { id: event.event_id, hash: keyOf(event.content_hash ?? '') };
      return;
    }
    this.#texts = undefined;
    this.#ids.set(0, scanned.view, scanned.idAt);
    this.#hashes.set(0, scanned.view, scanned.hashAt);
  }

  /** Less than 0 if the id of an event is less than that of this one, and more if it is greater. */
  compareId(event: PlacedEvent): number {
    const { scanned } = event;
    if (scanned !== undefined && this.#texts === undefined) {
      return -this.#ids.compare(0, scanned.view, scanned.idAt);
    }
    return event.event_id < this.id ? -1 : event.event_id > this.id ? 1 : 0;
  }
}
