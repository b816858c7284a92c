import type { ChaukasEvent } from '../chaukas/event.js';
import type { ChainHead } from '../chaukas/sealed-event.js';

/**
 * Where events go. A sink gets its events in the order in which they were made, one batch at a time: `send` is not
 * called again before its promise has settled.
 *
 * Write your own for any other place. A rejected `send` is counted as dropped events and told to OpenTelemetry's
 * `diag`; it never reaches the application.
 */
export interface EventSink {
  /** Shown in diagnostics. */
  readonly name: string;
  /** Whether every event needs a tenant and a project there; the processor then asks for them at construction. */
  readonly requiresTenant?: boolean;
  /**
   * Takes a batch; resolved once the events are where the sink puts them.
   *
   * @param lines - the same events as texts: canonical JSON (RFC 8785), which is what `content_hash` was made of. A
   * sink that writes JSON writes these.
   */
  send(events: readonly ChaukasEvent[], lines: readonly string[]): Promise<void>;
  /**
   * Takes the last events without waiting: called when the process exits with events unsent. A `send` may be under
   * way still, whose promise then settles no more.
   */
  sendSync?(events: readonly ChaukasEvent[], lines: readonly string[]): void;
  /**
   * What the events that are there already end with, so that those of this process go on from there. Asked once, before
   * the first event.
   */
  chainHeads?(): ReadonlyMap<string, ChainHead>;
  /** Resolved once all that was sent is as durable as the sink can make it. */
  forceFlush(): Promise<void>;
  /** Flushes and releases what the sink holds; nothing is sent afterwards. */
  shutdown(): Promise<void>;
}
