import { keyOf } from './findings.js';
import type { PlacedEvent } from './line-check.js';
import { HASH_BYTES, ID_BYTES, TextRows } from './text-rows.js';

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
