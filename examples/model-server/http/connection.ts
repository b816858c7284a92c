import type { ServerResponse } from 'node:http';
import { setImmediate as nextTick } from 'node:timers/promises';
import type { Wire } from '../faults/shape-frames.js';

/**
 * The client's connection during one exchange. Its promises never reject, because a client that leaves is not an
 * error.
 */
export class Connection implements Wire {
  readonly #outgoing: ServerResponse;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  get closed(): boolean {
    return this.#outgoing.destroyed;
  }

  /** Waits, but not longer than the client does, so that no timer outlives its request. */
  sleep(ms: number): Promise<void> {
    return this.#untilClosed(ms);
  }

  /** Waits for the client to give up, or the server to close. */
  hang(): Promise<void> {
    return this.#untilClosed();
  }

  async cut(): Promise<void> {
    // Node buffers writes until the next tick, so destroying earlier would lose the chunks before the cut.
    do await nextTick();
    while (!this.closed && this.#outgoing.writableLength > 0);
    this.#outgoing.destroy();
  }

  #untilClosed(ms?: number): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#outgoing.off('close', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      this.#outgoing.once('close', done);
    });
  }
}
