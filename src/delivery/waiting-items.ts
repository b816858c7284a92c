/** An item of a queue, as its line of JSON. The bytes of the line count towards limits, and a spool stores it. */
export interface Deliverable {
  readonly line: string;
  /** The bytes of the line, if they were counted before. */
  readonly bytes?: number;
}

export function lineOf({ line }: Deliverable): string {
  return line;
}

/** How much of a queue is taken at once. At least one item is, whatever its size. */
export interface BatchLimit {
  readonly events: number;
  readonly bytes: number;
}

/** The smallest number of removed places for which the array is shortened. */
const LEAST_REMOVED = 1_024;

/**
 * Items in the order in which they came, with their sizes. Removing the oldest ones costs nothing for each that stays,
 * however long the queue is.
 */
export class WaitingItems<Item extends Deliverable> {
  /** Removed places hold nothing, so that their items can be collected. */
  #items: (Item | undefined)[] = [];
  #sizes: number[] = [];
  /** The place of the oldest item in the arrays. */
  #first = 0;
  #bytes = 0;

  get count(): number {
    return this.#items.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(item: Item, bytes: number): void {
    this.#items.push(item);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** Returns the oldest items that are within the limit. They stay in the queue. */
  oldest({ events, bytes }: BatchLimit, skipped = 0): Item[] {
    const from = this.#first + skipped;
    const end = Math.min(from + events, this.#items.length);
    let last = from;
    for (let rest = bytes; last < end; last += 1) {
      rest -= this.#sizes[last] ?? 0;
      if (rest < 0 && last > from) break;
    }
    return this.#items.slice(from, last) as Item[];
  }

  /** Removes the oldest items. */
  remove(count: number): void {
    const last = Math.min(this.#first + count, this.#items.length);
    for (let at = this.#first; at < last; at += 1) {
      this.#bytes -= this.#sizes[at] ?? 0;
      this.#items[at] = undefined;
    }
    this.#first = last;
    if (this.#first < LEAST_REMOVED && this.#first < this.#items.length) return;
    if (this.#first * 2 < this.#items.length) return;
    this.#items.splice(0, this.#first);
    this.#sizes.splice(0, this.#first);
    this.#first = 0;
  }

  /** Removes and returns the newest items, all but the `kept` oldest ones. */
  removeNewest(kept: number): Item[] {
    const from = this.#first + kept;
    for (const bytes of this.#sizes.splice(from)) this.#bytes -= bytes;
    return this.#items.splice(from) as Item[];
  }
}
