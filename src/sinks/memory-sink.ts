import type { ChaukasEvent } from '../chaukas/event.js';
import type { EventSink } from './event-sink.js';

/** A sink that keeps the events in memory, for tests and experiments. It grows until {@link reset} is called. */
export class MemorySink implements EventSink {
  readonly name = 'memory';
  #events: ChaukasEvent[] = [];

  /** All events so far, oldest first. Call the processor's `forceFlush()` before, to include the newest. */
  get events(): readonly ChaukasEvent[] {
    return this.#events;
  }

  reset(): void {
    this.#events = [];
  }

  async send(events: readonly ChaukasEvent[]): Promise<void> {
    this.#events.push(...events);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
