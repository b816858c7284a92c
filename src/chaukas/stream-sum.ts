import { createHash } from 'node:crypto';

/** The number of hashes that are hashed together: a call for each event would cost five times as much. */
const HASHES_AT_ONCE = 256;
const HASH_DIGITS = 64;

/**
 * The number of events of a stream, and a hash over their hashes. Its END has both, so that the stream is known to be
 * whole: the chains of its sessions do not refer to each other.
 */
export class StreamSum {
  #count = 0;
  #hashes: string[] = [];
  /** Hashes that were added as bytes. There are none while there are others. */
  #bytes: Buffer | undefined;
  #byteCount = 0;
  readonly #hash = createHash('sha256');

  add(contentHash: string): void {
    if (this.#byteCount > 0) this.#update();
    this.#count += 1;
    if (this.#hashes.push(contentHash) >= HASHES_AT_ONCE) this.#update();
  }

  /** Adds a hash that stands in a text, as 64 hex digits. */
  addAt(text: Uint8Array, start: number): void {
    if (this.#hashes.length > 0) this.#update();
    this.#count += 1;
    this.#bytes ??= Buffer.allocUnsafeSlow(HASHES_AT_ONCE * HASH_DIGITS);
    const bytes = this.#bytes;
    const to = this.#byteCount;
    for (let at = 0; at < HASH_DIGITS; at += 1) bytes[to + at] = text[start + at] as number;
    this.#byteCount += HASH_DIGITS;
    if (this.#byteCount === bytes.length) this.#update();
  }

  /** Returns the sums for the END: over the events before it, and itself. No event may be added afterwards. */
  toMetadata(): { stream_event_count: number; stream_sha256: string } {
    this.#update();
    return { stream_event_count: this.#count + 1, stream_sha256: this.#hash.digest('hex') };
  }

  #update(): void {
    if (this.#byteCount > 0) this.#hash.update((this.#bytes as Buffer).subarray(0, this.#byteCount));
    else this.#hash.update(this.#hashes.join(''));
    this.#byteCount = 0;
    this.#hashes = [];
  }
}
