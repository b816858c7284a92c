/**
 * A map that forgets its oldest entry when it is full, because a server that runs for days must not keep everything.
 */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#limit) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Oldest first. */
  values(): Value[] {
    return [...this.#entries.values()];
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }
}
