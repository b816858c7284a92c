/**
 * Repeats a request when its answer may have changed: never two at a time, and with pauses that leave the server most of
 * its time. While a source grows, the server reports four changes a second.
 */
const PAUSE_MS = 400;

/** A slow answer is asked for less often: the pause is this many times what it took. */
const PAUSE_FACTOR = 3;

export class Renewal {
  readonly #ask: (signal: AbortSignal) => Promise<void>;
  readonly #abort = new AbortController();
  #state: 'idle' | 'busy' | 'busy, again' | 'pause' | 'pause, again' = 'idle';
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask - must not throw. */
  constructor(ask: (signal: AbortSignal) => Promise<void>) {
    this.#ask = ask;
  }

  /** Asks now, or as soon as it is time. */
  request(): void {
    if (this.#abort.signal.aborted) return;
    if (this.#state === 'idle') void this.#run();
    else if (this.#state === 'busy') this.#state = 'busy, again';
    else if (this.#state === 'pause') this.#state = 'pause, again';
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    const start = performance.now();
    this.#state = 'busy';
    await this.#ask(this.#abort.signal);
    if (this.#abort.signal.aborted) return;
    this.#state = this.#isAskedAgain() ? 'pause, again' : 'pause';
    const pause = Math.max(PAUSE_MS, PAUSE_FACTOR * (performance.now() - start));
    this.#timer = setTimeout(() => {
      const again = this.#state === 'pause, again';
      this.#state = 'idle';
      if (again) void this.#run();
    }, pause);
  }

  #isAskedAgain(): boolean {
    return this.#state === 'busy, again';
  }
}
