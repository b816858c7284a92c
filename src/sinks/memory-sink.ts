import type { ChaukasEvent } from '../chaukas/event.js';
import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import type { CloudEventSink } from './cloud-event-sink.js';
import type { EventSink } from './event-sink.js';

/** A sink that keeps the events in memory, for tests and experiments. It grows until {@link reset} is called. */
export class MemorySink implements EventSink, CloudEventSink {
  readonly name = 'memory';
  #events: ChaukasEvent[] = [];
  #cloudEvents: CloudEventShape[] = [];

  /** All events so far, oldest first. Call the processor's `forceFlush()` before, to include the newest. */
  get events(): readonly ChaukasEvent[] {
    return this.#events;
  }

  /** All CloudEvents of an emitter so far, oldest first. Call the emitter's `flush()` before, to include the newest. */
  get cloudEvents(): readonly CloudEventShape[] {
    return this.#cloudEvents;
  }

  reset(): void {
    this.#events = [];
    this.#cloudEvents = [];
  }

  async send(events: readonly ChaukasEvent[]): Promise<void> {
    this.#events.push(...events);
  }

  async sendCloudEvents(events: readonly CloudEventShape[]): Promise<void> {
    this.#cloudEvents.push(...events);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
