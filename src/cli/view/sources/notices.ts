const MAX_NOTICES = 20;
/** Further lines are only counted. */
const MAX_LINES = 10;

/** The last few messages about a source: what is wrong with it, and what happened to it. */
export class Notices {
  readonly #texts: string[] = [];
  #lines = 0;

  get texts(): readonly string[] {
    const more = this.#lines - MAX_LINES;
    if (more <= 0) return this.#texts;
    return [...this.#texts, `${more} more ${more === 1 ? 'line is not an event' : 'lines are not events'}`];
  }

  add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > MAX_NOTICES) this.#texts.shift();
  }

  line(number: number, problem: string): void {
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.add(`line ${number}: ${problem}`);
  }
}
