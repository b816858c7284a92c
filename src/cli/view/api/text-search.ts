import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventIndex } from '../stored/event-index.js';

/** Searches that are remembered, with the sessions that they found. */
const MAX_SEARCHES = 4;

/** Events whose bytes are read in one go. */
const SLICE_EVENTS = 2000;

/** A search of which no page has asked the result for so long stops. */
const IDLE_MS = 5000;

/**
 * Finds the sessions with an event that contains a text, in upper or lower case. It reads all files, in
 * slices between which other requests are answered, and knows meanwhile how far it is. It goes on when events arrive.
 */
export class TextSearch {
  readonly #index: EventIndex;
  readonly #needles: readonly string[];
  readonly #found = new Set<number>();
  #searched = 0;
  #running: Promise<void> | undefined;
  /** Until when a result is waited for. */
  #wantedUntil = 0;

  constructor(index: EventIndex, text: string) {
    this.#index = index;
    this.#needles = needlesOf(text);
  }

  /** Part of the events that have been searched, 0 to 1. */
  get progress(): number {
    const { events, firstEvent } = this.#index;
    return events === firstEvent ? 1 : Math.max(0, this.#searched - firstEvent) / (events - firstEvent);
  }

  has(session: number): boolean {
    return this.#found.has(session);
  }

  /** The index of a session that was removed may become that of another. */
  forget(session: number): void {
    this.#found.delete(session);
  }

  get size(): number {
    return this.#found.size;
  }

  /** Continues the search. Returns when it is complete, or after a while. */
  async advance(limitMs: number): Promise<void> {
    this.#wantedUntil = performance.now() + Math.max(limitMs, IDLE_MS);
    if (this.#searched >= this.#index.events) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    const limit = new AbortController();
    const timeout = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      limit.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    await Promise.race([this.#running.catch(() => {}), timeout]);
    limit.abort();
  }

  async #run(): Promise<void> {
    while (this.#searched < this.#index.events && performance.now() < this.#wantedUntil) {
      const begin = Math.max(this.#searched, this.#index.firstEvent);
      const end = Math.min(begin + SLICE_EVENTS, this.#index.events);
      const numbers = Uint32Array.from({ length: end - begin }, (_, at) => begin + at);
      for await (const { first, end: last, bytes, offset } of this.#index.readBytes(numbers)) {
        this.#search(numbers.subarray(first, last), bytes, offset);
        await nextTurn();
      }
      this.#searched = end;
    }
  }

  /** Event by event: the bytes between them may be lines that are no events. */
  #search(numbers: Uint32Array, bytes: Buffer, offset: number): void {
    for (const number of numbers) {
      const { offset: start, length } = this.#index.place(number);
      const text = bytes.toString('utf8', start - offset, start - offset + length).toLowerCase();
      if (this.#needles.some((needle) => text.includes(needle))) this.#add(number);
    }
  }

  #add(number: number): void {
    const session = this.#index.sessionOf(number);
    if (session !== undefined) this.#found.add(session.index);
  }
}

/** A text as JSON has it, in lower case: as it is, and with escapes, which some writers use. */
function needlesOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1).toLowerCase();
  const escaped = Array.from(json, (character) =>
    character < '\u0080'
      ? character
      : Array.from({ length: character.length }, (_, at) => unicodeEscape(character.charCodeAt(at))).join(''),
  ).join('');
  return [...new Set([json, escaped])];
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The searches of the last texts that were asked for. */
export class TextSearches {
  readonly #index: EventIndex;
  readonly #searches = new Map<string, TextSearch>();

  constructor(index: EventIndex) {
    this.#index = index;
  }

  of(text: string): TextSearch {
    const search = this.#searches.get(text) ?? new TextSearch(this.#index, text);
    this.#searches.delete(text);
    this.#searches.set(text, search);
    for (const oldest of this.#searches.keys()) {
      if (this.#searches.size <= MAX_SEARCHES) break;
      this.#searches.delete(oldest);
    }
    return search;
  }

  forget(session: number): void {
    for (const search of this.#searches.values()) search.forget(session);
  }
}
