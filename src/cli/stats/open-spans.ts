/** What a START says that its END does not. */
export interface OpenSpan {
  readonly family: string;
  readonly name: string | undefined;
  readonly startTime: number | undefined;
}

/** More than any process has open at once; the oldest are those that a crash left. */
const MAX_OPEN = 200_000;

/** Spans whose START has come and whose END has not. */
export class OpenSpans {
  readonly #open = new Map<string, OpenSpan>();
  readonly #forgotten = new Map<string, number>();
  readonly #max: number;

  constructor(max = MAX_OPEN) {
    this.#max = max;
  }

  start(key: string, span: OpenSpan): void {
    const replaced = this.#open.get(key);
    if (replaced !== undefined) this.#forget(key, replaced);
    this.#open.set(key, span);
    if (this.#open.size <= this.#max) return;
    for (const [oldest, forgotten] of this.#open) {
      this.#forget(oldest, forgotten);
      break;
    }
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  end(key: string): OpenSpan | undefined {
    const span = this.#open.get(key);
    this.#open.delete(key);
    return span;
  }

  /** How many never ended, by family. */
  notEnded(): Map<string, number> {
    const counts = new Map(this.#forgotten);
    for (const { family } of this.#open.values()) counts.set(family, (counts.get(family) ?? 0) + 1);
    return counts;
  }

  #forget(key: string, { family }: OpenSpan): void {
    this.#open.delete(key);
    this.#forgotten.set(family, (this.#forgotten.get(family) ?? 0) + 1);
  }
}
