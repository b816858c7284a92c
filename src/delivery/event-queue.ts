import type { ChaukasEvent } from '../chaukas/event.js';
import type { SealedEvent } from '../chaukas/sealed-event.js';
import * as clock from '../clock.js';
import { type EventSink, sinkName } from '../sinks/event-sink.js';
import { withTimeout } from './timeout.js';

/** Maximum number of events in one batch. */
const MAX_BATCH_SIZE = 512;

/** Longest time that a flush or a shutdown waits for the sink. */
const FLUSH_TIMEOUT_MS = 30_000;

/** Queues without a shutdown so far. If the process exits, their waiting events are written out. */
const openQueues = new Set<EventQueue>();
const writeOutAll = () => {
  for (const queue of openQueues) queue.writeOut();
};

interface EventQueueOptions {
  /** Whether the sink gets its own copy of each event, because other sinks get the event too. */
  readonly copyEvents?: boolean;
  /** Maximum number of waiting events. Further events are dropped. */
  readonly maxSize: number;
  /** Called for every failure of the sink and for the first dropped event. */
  readonly onError: (message: string, error?: unknown) => void;
}

/**
 * The queue of events to one sink. It delivers them in order and in batches, outside of the caller's call stack. It holds
 * at most `maxSize` waiting events, besides the one batch that the sink is processing.
 */
export class EventQueue {
  delivered = 0;
  dropped = 0;

  /** The name of its sink. */
  readonly name: string;
  readonly #sink: EventSink;
  readonly #options: EventQueueOptions;
  #state: 'open' | 'unlimited' | 'closed' = 'open';
  #waiting: SealedEvent[] = [];
  /** The number of events in the batch that the sink is processing. */
  #inHand = 0;
  /** The method of the sink that let the last flush time out. */
  #hangsIn: 'send' | 'forceFlush' | undefined;
  #scheduled: NodeJS.Immediate | undefined;
  #draining: Promise<void> | undefined;
  #reportedOverflow = false;

  constructor(sink: EventSink, options: EventQueueOptions) {
    this.#sink = sink;
    this.name = sinkName(sink);
    this.#options = options;
    if (openQueues.size === 0) process.on('exit', writeOutAll);
    openQueues.add(this);
  }

  /** The number of events that are neither delivered nor dropped, including those that the sink is processing. */
  get waiting(): number {
    return this.#waiting.length + this.#inHand;
  }

  /**
   * Lifts the limit for the last events of the stream, which the end of all spans and sessions makes at once. Their
   * number is limited by that of the open spans and sessions, which have been in memory so far.
   */
  acceptAll(): void {
    if (this.#state === 'open') this.#state = 'unlimited';
  }

  push(event: SealedEvent): void {
    if (this.#state === 'closed') {
      this.dropped += 1;
      return;
    }
    if (this.#state === 'open' && this.#waiting.length >= this.#options.maxSize) {
      this.dropped += 1;
      if (!this.#reportedOverflow) {
        this.#reportedOverflow = true;
        this.#options.onError(
          `${this.name}: ${this.#options.maxSize} events are waiting, further events are dropped; ` +
            'the sink is too slow, or option "maxQueueSize" is too small',
        );
      }
      return;
    }
    this.#waiting.push(event);
    // Events of the same turn of the event loop share a batch.
    if (this.#draining === undefined) this.#scheduled ??= clock.setImmediate(() => this.#beginDraining());
  }

  /** Resolves when all events pushed so far are delivered or dropped, or when the sink has timed out. */
  async forceFlush(): Promise<void> {
    this.#hangsIn = undefined;
    await this.#inTime(this.#flush());
  }

  async shutdown(): Promise<void> {
    try {
      // A sink that hangs is not waited for twice.
      if (this.#hangsIn === undefined) await this.forceFlush();
      else if (this.#hangsIn === 'forceFlush') await this.#inTime(this.#drainAll());
    } finally {
      this.#state = 'closed';
      openQueues.delete(this);
      if (openQueues.size === 0) process.off('exit', writeOutAll);
      // After a timeout, events may still be waiting. A sink that is shut down must not get them.
      if (this.#waiting.length > 0) this.#drop(this.#waiting.splice(0).length);
      await withTimeout(this.#sink.shutdown(), FLUSH_TIMEOUT_MS, () =>
        this.#options.onError(`${this.name}: shutdown timed out`),
      );
    }
  }

  /** Delivers the waiting events synchronously, because the process exits. */
  writeOut(): void {
    if (this.#sink.sendSync === undefined) return;
    // A sink that is processing a batch is called even if nothing else waits, so that it can finish that batch.
    for (let rest = this.waiting; rest > 0; rest = this.#waiting.length) {
      const batch = this.#waiting.splice(0, MAX_BATCH_SIZE);
      try {
        this.#sink.sendSync(this.#eventsOf(batch), batch.map(lineOf));
        // The sink has finished the batch in its hand.
        this.delivered += batch.length + this.#inHand;
        this.#inHand = 0;
      } catch (error) {
        this.#drop(batch.length, error);
      }
    }
  }

  async #inTime(action: Promise<void>): Promise<void> {
    await withTimeout(action, FLUSH_TIMEOUT_MS, () => {
      this.#hangsIn = this.#inHand > 0 ? 'send' : 'forceFlush';
      this.#options.onError(`${this.name}: flush timed out`);
    });
  }

  async #flush(): Promise<void> {
    await this.#drainAll();
    await this.#sink.forceFlush();
  }

  async #drainAll(): Promise<void> {
    this.#beginDraining();
    while (this.#draining !== undefined) await this.#draining;
  }

  #beginDraining(): void {
    clock.clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#waiting.length > 0) this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Never ends within the call that starts it, even if every `send` throws.
    await undefined;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH_SIZE);
      const { length } = batch;
      this.#inHand = length;
      try {
        await this.#sink.send(this.#eventsOf(batch), batch.map(lineOf));
        this.delivered += length;
        this.#hangsIn = undefined;
        this.#reportedOverflow = false;
      } catch (error) {
        this.#drop(length, error);
      } finally {
        this.#inHand = 0;
      }
    }
    this.#draining = undefined;
  }

  #eventsOf(batch: readonly SealedEvent[]): ChaukasEvent[] {
    return batch.map(this.#options.copyEvents ? copyOf : eventOf);
  }

  #drop(count: number, error?: unknown): void {
    this.dropped += count;
    this.#options.onError(`${this.name}: events could not be delivered and were dropped`, error);
  }
}

function eventOf({ event }: SealedEvent): ChaukasEvent {
  return event;
}

/** Returns a copy of the event, so that a sink cannot change what other sinks get. */
function copyOf({ line }: SealedEvent): ChaukasEvent {
  return JSON.parse(line) as ChaukasEvent;
}

function lineOf({ line }: SealedEvent): string {
  return line;
}
