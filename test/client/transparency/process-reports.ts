/** Node's reports to the process during a scenario, which replace the usual listeners. */
const EVENTS = ['unhandledRejection', 'rejectionHandled', 'warning'] as const;

export class ProcessReports {
  readonly unhandledRejection: unknown[] = [];
  readonly warning: unknown[] = [];
  rejectionHandled = 0;
  #restore: (() => void)[] = [];

  start(): void {
    this.#restore = EVENTS.map((event) => {
      const others = process.rawListeners(event) as ((...args: unknown[]) => void)[];
      const listener = (reported: unknown) => this.#take(event, reported);
      process.removeAllListeners(event);
      process.on(event, listener);
      return () => {
        process.off(event, listener);
        for (const other of others) process.on(event, other);
      };
    });
  }

  stop(): void {
    for (const restore of this.#restore) restore();
  }

  #take(event: (typeof EVENTS)[number], reported: unknown): void {
    if (event === 'rejectionHandled') this.rejectionHandled += 1;
    else this[event].push(reported);
  }
}
