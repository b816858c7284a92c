import { BoundedMap } from './bounded-map.js';

/**
 * Which span ids belong to which sessions, as far as is remembered. By the span's id, whose hash the engine has already:
 * this is asked for every span, and a key made of two texts would be hashed anew each time.
 */
export class SpanIdsOfSessions {
  readonly #sessionIds: BoundedMap<string, readonly string[]>;

  /** @param maxSize - span ids that are remembered. */
  constructor(maxSize: number) {
    this.#sessionIds = new BoundedMap(maxSize);
  }

  add(sessionId: string, spanId: string): void {
    const known = this.#sessionIds.get(spanId) ?? [];
    if (!known.includes(sessionId)) this.#sessionIds.set(spanId, [...known, sessionId]);
  }

  has(sessionId: string, spanId: string): boolean {
    return this.#sessionIds.get(spanId)?.includes(sessionId) === true;
  }
}
