import type { CloudEventShape } from '../cloudevents/cloud-event.js';
import type { DeliveryOptions } from './delivery-options.js';
import type { SendOptions } from './event-sink.js';

/**
 * A destination of CloudEvents that an emitter sends. It gets them in the order in which they were emitted, one batch at a
 * time, as an `EventSink` does.
 */
export interface CloudEventSink {
  /** Name in log messages. */
  readonly name: string;
  /** How the queue in front of this sink batches and retries. The options of the emitter come first. */
  readonly delivery?: DeliveryOptions;
  /**
   * Delivers a batch. The promise resolves when the events have reached their destination. It rejects with a
   * `DeliveryError` that says what is to become of them; any other error counts as a failure that may pass.
   */
  sendCloudEvents(events: readonly CloudEventShape[], options?: SendOptions): Promise<void>;
  /**
   * Delivers the last events synchronously, if the process exits with events unsent. An earlier `sendCloudEvents` may still
   * be running; its promise never settles then. There are no events if only its batch is unfinished.
   */
  sendCloudEventsSync?(events: readonly CloudEventShape[]): void;
  /** Resolves when all events sent so far are as durable as the sink can make them. */
  forceFlush(): Promise<void>;
  /** Flushes, and releases the resources of the sink. Nothing is sent afterwards. */
  shutdown(): Promise<void>;
}
