import { createHash } from 'node:crypto';

/** The number of hashes that are hashed together: a call for each event would cost five times as much. */
const HASHES_AT_ONCE = 256;

/**
 * The number of events of a stream, and a hash over their hashes. Its END has both, so that the stream is known to be
 * whole: the chains of its sessions do not refer to each other.
 */
export class StreamSum {
  #count = 0;
  #hashes: string[] = [];
  readonly #hash = createHash('sha256');

  add(contentHash: string): void {
    this.#count += 1;
    if (this.#hashes.push(contentHash) >= HASHES_AT_ONCE) this.#update();
  }

  /** Returns the sums for the END: over the events before it, and itself. No event may be added afterwards. */
  toMetadata(): { stream_event_count: number; stream_sha256: string } {
    this.#update();
    return { stream_event_count: this.#count + 1, stream_sha256: this.#hash.digest('hex') };
  }

  #update(): void {
    this.#hash.update(this.#hashes.join(''));
    this.#hashes = [];
  }
}
