import type { EventIndex } from '../stored/event-index.js';

/** Results that are remembered. */
const MAX_RESULTS = 8;

/** While the inputs are read for the first time, computing a result takes at most one part in so many of the time. */
const FILLING_SHARE = 20;

interface KnownResult<Result> {
  readonly result: Result;
  readonly generation: number;
  readonly madeAt: number;
  readonly tookMs: number;
}

/** Results of the newest queries to the index, which are kept until it has further events. */
export class RecentResults<Result> {
  readonly #index: EventIndex;
  readonly #filling: () => boolean;
  readonly #known = new Map<string, KnownResult<Result>>();

  /**
   * @param filling - whether the inputs are being read for the first time. A page asks again several times a second then,
   * which must not slow the reading down, so a result lasts a while.
   */
  constructor(index: EventIndex, filling: () => boolean) {
    this.#index = index;
    this.#filling = filling;
    index.observe({ onRemoved: () => this.#known.clear() });
  }

  of(query: string, compute: () => Result): Result {
    const known = this.#known.get(query);
    if (known !== undefined && this.#isFresh(known)) return known.result;
    const { generation } = this.#index;
    const startedAt = performance.now();
    const result = compute();
    const madeAt = performance.now();
    this.#known.delete(query);
    this.#known.set(query, { result, generation, madeAt, tookMs: madeAt - startedAt });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_RESULTS) break;
      this.#known.delete(oldest);
    }
    return result;
  }

  #isFresh({ generation, madeAt, tookMs }: KnownResult<Result>): boolean {
    if (generation === this.#index.generation) return true;
    return this.#filling() && performance.now() - madeAt < FILLING_SHARE * tookMs;
  }
}
