import type { ChaukasEvent } from '../chaukas/event.js';
import type { EventSink } from './event-sink.js';

/** Keeps the events in memory: for tests and for looking at a stream. It grows until {@link reset} is called. */
export class MemorySink implements EventSink {
  readonly name = 'memory';
  #events: ChaukasEvent[] = [];

  /** All events so far, oldest first. Call the processor's `forceFlush()` first to have the newest. */
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
