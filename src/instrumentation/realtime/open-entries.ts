/** What has begun and not ended, by identifier: never more than so many, or the oldest is given up. */
export class OpenEntries<T> {
  readonly #entries = new Map<string, T>();

  constructor(
    readonly limit: number,
    readonly giveUp: (entry: T) => void,
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): T | undefined {
    return this.#entries.get(id);
  }

  get newest(): T | undefined {
    return [...this.#entries.values()].at(-1);
  }

  /** Of two by one identifier the first is given up: nobody can end it any more. */
  add(id: string, entry: T): void {
    const former = this.take(id);
    if (former !== undefined) this.giveUp(former);
    this.#entries.set(id, entry);
    if (this.#entries.size <= this.limit) return;
    const [oldest] = this.#entries;
    if (oldest === undefined) return;
    this.#entries.delete(oldest[0]);
    this.giveUp(oldest[1]);
  }

  /** Whatever is there by this identifier, which is open no longer. */
  take(id: string): T | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry;
  }

  /** All of it, newest first: what is within comes before what it is in. */
  takeAll(): T[] {
    const entries = [...this.#entries.values()].reverse();
    this.#entries.clear();
    return entries;
  }
}
