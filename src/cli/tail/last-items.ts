/** The last few of many, in their order. */
export class LastItems<Item> {
  readonly #size: number;
  #items: Item[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(item: Item): void {
    this.#items.push(item);
    // Moving all of them for each that comes would be slow.
    if (this.#items.length > 2 * this.#size + 1000) this.#items = this.#last();
  }

  take(): Item[] {
    const last = this.#last();
    this.#items = [];
    return last;
  }

  #last(): Item[] {
    return this.#size === 0 ? [] : this.#items.slice(-this.#size);
  }
}
