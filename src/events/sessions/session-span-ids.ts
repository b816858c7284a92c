import { BoundedMap } from '../../bounded-map.js';

/**
 * Which span ids belong to which sessions, as far as is remembered. By the span's id, whose hash the engine has already:
 * this is asked for every span, and a key made of two texts would be hashed anew each time.
 */
export class SessionSpanIds {
  /** Hardly ever are there two sessions, so most need no list. */
  readonly #sessionIds: BoundedMap<string, string | readonly string[]>;

  /** @param maxSize - span ids that are remembered. */
  constructor(maxSize: number) {
    this.#sessionIds = new BoundedMap(maxSize);
  }

  add(sessionId: string, spanId: string): void {
    if (this.has(sessionId, spanId)) return;
    const known = this.#sessionIds.get(spanId);
    this.#sessionIds.set(spanId, known === undefined ? sessionId : [...[known].flat(), sessionId]);
  }

  has(sessionId: string, spanId: string): boolean {
    const known = this.#sessionIds.get(spanId);
    return typeof known === 'string' ? known === sessionId : known?.includes(sessionId) === true;
  }
}
