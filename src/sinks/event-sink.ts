import type { ChaukasEvent } from '../chaukas/event.js';
import type { ChainHead } from '../chaukas/sealed-event.js';
import { maskSecrets } from '../text/mask-secrets.js';
import { PACKAGE_NAME } from '../version.js';
import type { DeliveryOptions } from './delivery-options.js';

/** A stream of an earlier process, or of another one that is running. */
export interface StoredStream {
  /** `undefined` if its beginning was not read. */
  readonly streamId: string | undefined;
  /** The `event_id` and the `content_hash` of its newest event. */
  readonly eventId: string;
  readonly contentHash: string;
  /** Whether this event is its END, and says that the stream is complete. */
  readonly closed: boolean;
}

/** The ends of chains and streams that a destination holds from earlier processes. */
export interface StoredEvents {
  /** The end of the hash chain of each session. */
  readonly chainHeads: ReadonlyMap<string, ChainHead>;
  /** The stream of the newest event, and those that are not closed. */
  readonly streams: readonly StoredStream[];
}

/** Options that a sink gets with each batch. */
export interface SendOptions {
  /**
   * Aborted when the time of this attempt is over. `send` should reject then, so that the events are sent again: nothing
   * else is sent before its promise has settled. If it resolves all the same, the events count as delivered.
   */
  readonly signal: AbortSignal;
}

/** How a thread makes a sink of the same kind. */
export interface SinkInThread {
  /** Address of the module that exports the sink's class: `import.meta.url`, or a `file:` URL. Node must be able to load it. */
  readonly module: string;
  readonly exportName: string;
  /** The argument of the class's constructor. It must be data: no functions, and no objects of other classes. */
  readonly options: unknown;
  /**
   * Called when the events go to the sink of the thread, and not to this one, which may release what it has opened.
   *
   * @param call - calls a method of the sink of the thread, without arguments.
   */
  handOver?(call: (method: string) => void): void;
}

/**
 * A destination of events. A sink gets its events in the order in which they were created, one batch at a time: `send` is
 * not called again before its promise has settled.
 *
 * Implement this interface for destinations that this package has no sink for. If `send` rejects, the error is logged to
 * OpenTelemetry's `diag`, and the events are sent again, or counted as dropped if that is of no use; see `DeliveryError`.
 */
export interface EventSink {
  /** Name in log messages. */
  readonly name: string;
  /** Whether the sink requires a tenant and a project on every event. The processor's constructor then requires both. */
  readonly requiresTenant?: boolean;
  /**
   * Whether the sink uses `lines` only. `events` is empty then: the events are made objects for the other sinks alone, for
   * each sink its own.
   */
  readonly linesOnly?: boolean;
  /** How the queue in front of this sink batches and retries. Without it, a batch is sent at the end of each turn. */
  readonly delivery?: DeliveryOptions;
  /**
   * Delivers a batch. The promise resolves when the events have reached their destination. It rejects with a
   * `DeliveryError` that says what is to become of them; any other error counts as a failure that may pass.
   *
   * @param lines - the same events as canonical JSON (RFC 8785), the text that `content_hash` was computed from. A sink
   * that writes JSON writes these.
   */
  send(events: readonly ChaukasEvent[], lines: readonly string[], options?: SendOptions): Promise<void>;
  /**
   * Delivers the last events synchronously. Called if the process exits with events unsent. An earlier `send` may still
   * be running; its promise never settles then. There are no events if only the batch of that `send` is unfinished.
   */
  sendSync?(events: readonly ChaukasEvent[], lines: readonly string[]): void;
  /**
   * How a thread makes the same sink. With option `thread`, the sink of the thread gets the events, and this one is only
   * shut down.
   */
  readonly inThread?: SinkInThread | undefined;
  /**
   * Returns what the destination holds from earlier processes, so that the events of this process continue it. Called
   * once, before the first event is sent.
   */
  storedEvents?(): StoredEvents;
  /** Resolves when all events sent so far are as durable as the sink can make them. */
  forceFlush(): Promise<void>;
  /** Flushes, and releases the resources of the sink. Nothing is sent afterwards. */
  shutdown(): Promise<void>;
}

/**
 * Returns how a thread makes a sink of this package; `undefined` for one of a class that the application derived.
 *
 * @param exportName - the name of the class. That of the function may be another one in a bundle.
 */
export function ownSinkInThread(
  sink: EventSink,
  ownClass: { readonly prototype: object },
  exportName: string,
  options: unknown,
): SinkInThread | undefined {
  const isOwn = Object.getPrototypeOf(sink) === ownClass.prototype;
  return isOwn ? { module: PACKAGE_NAME, exportName, options } : undefined;
}

/**
 * Returns the name of a sink for messages and counts, without credentials and query: the name may be its address. An
 * application's sink may have any value as its name, or a getter that throws.
 */
export function sinkName(sink: { readonly name: string }): string {
  try {
    const name: unknown = sink.name;
    return typeof name === 'string' && name !== '' ? withoutSecrets(name) : 'unnamed sink';
  } catch {
    return 'unnamed sink';
  }
}

function withoutSecrets(name: string): string {
  return maskSecrets(name)
    .replace(/\/\/[^/@\s]{1,200}@/g, '//')
    .replace(/\?\S*/g, '');
}

/** Returns a name for each sink. The second of one name is `name (2)`, so that counts and spools tell them apart. */
export function sinkNames(sinks: readonly EventSink[]): string[] {
  const counts = new Map<string, number>();
  return sinks.map((sink) => {
    const name = sinkName(sink);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}
