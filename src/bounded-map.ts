/**
 * A map of limited size. If it is full, the entry that was set longest ago is evicted.
 *
 * An entry leaves the map in one of two ways. `remove()` hands it to the caller. Eviction passes its value to
 * `onEvict`: `set()` evicts the oldest entry of a full map and the former value of the same key.
 */
export class BoundedMap<Key, Value extends NonNullable<unknown>> {
  readonly #entries = new Map<Key, Value>();
  readonly #maxSize: number;
  readonly #onEvict: ((value: Value) => void) | undefined;

  /** @param onEvict - called after the entry has left the map. */
  constructor(maxSize: number, onEvict?: (value: Value) => void) {
    this.#maxSize = maxSize;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** The value that was set last; linear in the size. */
  get newest(): Value | undefined {
    return [...this.#entries.values()].at(-1);
  }

  /** Makes the entry the newest one, also if the key is there already. */
  set(key: Key, value: Value): void {
    const former = this.remove(key);
    if (former !== undefined) this.#onEvict?.(former);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#maxSize) this.evict();
  }

  /** Evicts the oldest entry. */
  evict(): void {
    for (const [key, value] of this.#entries) {
      this.#entries.delete(key);
      this.#onEvict?.(value);
      return;
    }
  }

  /** Removes an entry and returns its value. `onEvict` is not called. */
  remove(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#entries.delete(key);
    return value;
  }

  /** Removes all entries and returns their values, newest first. `onEvict` is not called. */
  removeAll(): Value[] {
    const values = [...this.#entries.values()].reverse();
    this.#entries.clear();
    return values;
  }
}
