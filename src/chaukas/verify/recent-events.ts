/** Maximum number of recent events that are remembered, in all sessions together: about 25 MB. */
const MAX_RECENT = 100_000;

/** The number of a recent event, in the order in which they came. */
export type RecentNumber = number;

/** Stands for no event. */
export const NO_EVENT: RecentNumber = -1;

/**
 * The newest events, by their hash.
 *
 * Most files are in order and never ask for one, so that the map is made when one is asked for, and only of the events
 * since the last question. Columns take a third of the time of objects, which the garbage collector would have to copy.
 */
export class RecentEvents<Chain> {
  readonly #hashes: string[] = [];
  readonly #chains: Chain[] = [];
  readonly #lines: number[] = [];
  /** Number of events of the session up to each one. */
  readonly #counts: number[] = [];
  readonly #followed = new Uint8Array(MAX_RECENT);
  #added = 0;
  readonly #numbers = new Map<string, RecentNumber>();
  /** Number of events that are in the map, or were. */
  #indexed = 0;
  #hasForgotten = false;

  /** Whether an event that is not known may have been there. */
  get hasForgotten(): boolean {
    this.#index();
    return this.#hasForgotten;
  }

  add(hash: string, chain: Chain, line: number, count: number, isFollowed: boolean): RecentNumber {
    const number = this.#added;
    const at = number % MAX_RECENT;
    if (number >= MAX_RECENT) this.#forget(number - MAX_RECENT, at);
    this.#hashes[at] = hash;
    this.#chains[at] = chain;
    this.#lines[at] = line;
    this.#counts[at] = count;
    this.#followed[at] = isFollowed ? 1 : 0;
    this.#added += 1;
    return number;
  }

  find(hash: string): RecentNumber {
    this.#index();
    return this.#numbers.get(hash) ?? NO_EVENT;
  }

  lineOf(number: RecentNumber): number | undefined {
    return this.#isKnown(number) ? this.#lines[number % MAX_RECENT] : undefined;
  }

  chainOf(number: RecentNumber): Chain | undefined {
    return this.#isKnown(number) ? this.#chains[number % MAX_RECENT] : undefined;
  }

  countAt(number: RecentNumber): number | undefined {
    return this.#isKnown(number) ? this.#counts[number % MAX_RECENT] : undefined;
  }

  /** Whether another event of the chain names this one as its predecessor. */
  isFollowed(number: RecentNumber): boolean {
    return this.#isKnown(number) && this.#followed[number % MAX_RECENT] === 1;
  }

  follow(number: RecentNumber): void {
    if (this.#isKnown(number)) this.#followed[number % MAX_RECENT] = 1;
  }

  #isKnown(number: RecentNumber): boolean {
    return number >= 0 && number >= this.#added - MAX_RECENT;
  }

  #forget(number: RecentNumber, at: number): void {
    this.#hasForgotten = true;
    if (number >= this.#indexed) return;
    const hash = this.#hashes[at] as string;
    if (this.#numbers.get(hash) === number) this.#numbers.delete(hash);
  }

  #index(): void {
    let number = Math.max(this.#indexed, this.#added - MAX_RECENT);
    for (; number < this.#added; number += 1) {
      const hash = this.#hashes[number % MAX_RECENT] as string;
      // An event whose hash is very long is remembered by a hash of it, and a copy of it is not found.
      if (this.#numbers.has(hash)) this.#hasForgotten = true;
      this.#numbers.set(hash, number);
    }
    this.#indexed = this.#added;
  }
}
