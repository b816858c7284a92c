import type { ScannedPlace } from './line-check.js';
import { HASH_BYTES, TextRows } from './text-rows.js';

/** Maximum number of recent events that are remembered, in all sessions together: about 10 MB. */
const MAX_RECENT = 100_000;

/** Room for events at first. */
const USUAL_EVENTS = 1_000;

/** The number of a recent event, in the order in which they came. */
export type RecentNumber = number;

/** Stands for no event. */
export const NO_EVENT: RecentNumber = -1;

/** A chain of events of which the newest may be a recent one. */
export interface HeldHead {
  /** `content_hash` of the newest event, empty before the first one; `undefined` while `headEvent` is remembered. */
  headText: string | undefined;
  /** The newest event, if it is the one that the head names, or {@link NO_EVENT}. Spares the search for it. */
  headEvent: RecentNumber;
}

/**
 * The newest events, by their hash.
 *
 * Most files are in order and never ask for one, so that the map is made when one is asked for, and only of the events
 * since the last question. Columns take a third of the time of objects, which the garbage collector would have to copy.
 */
export class RecentEvents<Chain extends HeldHead> {
  readonly #hashes = new TextRows(HASH_BYTES, USUAL_EVENTS);
  /** Hashes of events whose lines did not pass the scan. */
  readonly #texts = new Map<RecentNumber, string>();
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

  /** @param hash - its place in a line that passed the scan, or a text. */
  add(
    hash: ScannedPlace | string,
    chain: Chain,
    line: number,
    count: number,
    isFollowed: boolean,
  ): RecentNumber {
    const number = this.#added;
    const at = number % MAX_RECENT;
    if (number >= MAX_RECENT) this.#forget(number - MAX_RECENT, at);
    if (typeof hash === 'string') this.#texts.set(number, hash);
    else this.#hashes.set(at, hash.view, hash.hashAt);
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

  /** Whether this is an event that is remembered, and the one that a line names as its predecessor. */
  isNamed(number: RecentNumber, { view, prevAt }: ScannedPlace): boolean {
    if (prevAt === 0 || !this.#isKnown(number)) return false;
    if (this.#texts.size > 0 && this.#texts.has(number)) return false;
    return this.#hashes.equals(number % MAX_RECENT, view, prevAt);
  }

  /** The hash of an event that is remembered. */
  hashOf(number: RecentNumber): string {
    return this.#texts.get(number) ?? this.#hashes.textAt(number % MAX_RECENT);
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
    const chain = this.#chains[at] as Chain;
    if (chain.headEvent === number) chain.headText ??= this.hashOf(number);
    if (number < this.#indexed) {
      const hash = this.hashOf(number);
      if (this.#numbers.get(hash) === number) this.#numbers.delete(hash);
    }
    this.#texts.delete(number);
  }

  #index(): void {
    let number = Math.max(this.#indexed, this.#added - MAX_RECENT);
    for (; number < this.#added; number += 1) {
      const hash = this.hashOf(number);
      // An event whose hash is very long is remembered by a hash of it, and a copy of it is not found.
      if (this.#numbers.has(hash)) this.#hasForgotten = true;
      this.#numbers.set(hash, number);
    }
    this.#indexed = this.#added;
  }
}
