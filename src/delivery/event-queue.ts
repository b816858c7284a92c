import type { ChaukasEvent } from '../chaukas/event.js';
import type { SealedEvent } from '../chaukas/sealed-event.js';
import type { EventSink } from '../sinks/event-sink.js';

/** Longest batch that a sink is given at once. */
const MAX_BATCH_SIZE = 512;

/** How long a flush waits for a sink that does not answer. */
const FLUSH_TIMEOUT_MS = 30_000;

/** Queues of processes that end without a shutdown: what they hold is written out as the process exits. */
const openQueues = new Set<EventQueue>();
const writeOutAll = () => {
  for (const queue of openQueues) queue.writeOut();
};

interface EventQueueOptions {
  /** Events that may wait; the next one is dropped. */
  readonly maxSize: number;
  /** Told of every failure of the sink and of the first dropped event. */
  readonly onError: (message: string, error?: unknown) => void;
}

/**
 * Events on their way to one sink: handed over in order, in batches, off the caller's path. Holds at most `maxSize`
 * events that wait, beside the one batch that the sink has in hand, however long it takes.
 */
export class EventQueue {
  delivered = 0;
  dropped = 0;

  readonly #sink: EventSink;
  readonly #options: EventQueueOptions;
  #waiting: SealedEvent[] = [];
  #draining: Promise<void> | undefined;
  #toldOverflow = false;

  constructor(sink: EventSink, options: EventQueueOptions) {
    this.#sink = sink;
    this.#options = options;
    if (openQueues.size === 0) process.on('exit', writeOutAll);
    openQueues.add(this);
  }

  push(event: SealedEvent): void {
    if (this.#waiting.length >= this.#options.maxSize) {
      this.dropped += 1;
      if (!this.#toldOverflow) {
        this.#toldOverflow = true;
        this.#options.onError(
          `${this.#sink.name}: ${this.#options.maxSize} events are waiting already and further ones are dropped; ` +
            'the sink is too slow, or option "maxQueueSize" too small',
        );
      }
      return;
    }
    this.#waiting.push(event);
    this.#draining ??= this.#drain();
  }

  /** Resolved once everything pushed so far has been delivered or dropped, or the sink has not answered in time. */
  async forceFlush(): Promise<void> {
    await withTimeout(this.#flush(), FLUSH_TIMEOUT_MS, () =>
      this.#options.onError(`${this.#sink.name}: flush timed out`),
    );
  }

  async shutdown(): Promise<void> {
    try {
      await this.forceFlush();
    } finally {
      openQueues.delete(this);
      if (openQueues.size === 0) process.off('exit', writeOutAll);
      // Where the sink did not answer in time: what it has not taken by now, it must not be given any more.
      if (this.#waiting.length > 0) this.#drop(this.#waiting.splice(0));
      await withTimeout(this.#sink.shutdown(), FLUSH_TIMEOUT_MS, () =>
        this.#options.onError(`${this.#sink.name}: shutdown timed out`),
      );
    }
  }

  /** Gives the sink what waits, now; for a process that exits. */
  writeOut(): void {
    const events = this.#waiting;
    if (events.length === 0 || this.#sink.sendSync === undefined) return;
    this.#waiting = [];
    try {
      this.#sink.sendSync(events.map(eventOf), events.map(lineOf));
      this.delivered += events.length;
    } catch (error) {
      this.#drop(events, error);
    }
  }

  async #flush(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
    await this.#sink.forceFlush();
  }

  async #drain(): Promise<void> {
    // Everything that is made in this turn of the event loop goes together.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH_SIZE);
      try {
        await this.#sink.send(batch.map(eventOf), batch.map(lineOf));
        this.delivered += batch.length;
        this.#toldOverflow = false;
      } catch (error) {
        this.#drop(batch, error);
      }
    }
    this.#draining = undefined;
  }

  #drop(events: readonly SealedEvent[], error?: unknown): void {
    this.dropped += events.length;
    this.#options.onError(`${this.#sink.name}: events could not be delivered and are dropped`, error);
  }
}

function eventOf({ event }: SealedEvent): ChaukasEvent {
  return event;
}

function lineOf({ line }: SealedEvent): string {
  return line;
}

/** Resolved with the action, or when the time has passed; rejected as the action is. */
export async function withTimeout(
  action: Promise<void>,
  millis: number,
  onTimeout: () => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onTimeout();
      resolve();
    }, millis);
  });
  try {
    await Promise.race([action, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
