import * as clock from '../clock.js';
import type { DeliveryOptions } from '../sinks/delivery-options.js';
import type { SendOptions } from '../sinks/event-sink.js';
import { BatchSender, type GiveUpReason } from './batch-sender.js';
import { type DeliverySettings, deliverySettings } from './delivery-settings.js';
import { DroppedItems, type DropReason, type DropReport } from './dropped-items.js';
import { withTimeout } from './timeout.js';
import { type BatchLimit, type Deliverable, WaitingItems } from './waiting-items.js';

/** Longest time that a flush or a shutdown waits for the destination. */
const FLUSH_TIMEOUT_MS = 30_000;

/** Open queues. If the process exits, their waiting items are written out. */
const openQueues = new Set<{ writeOut(): void }>();
const writeOutAll = () => {
  for (const queue of openQueues) queue.writeOut();
};

/** A place that items are delivered to. Its methods are those of a sink. */
export interface DeliveryDestination<Item extends Deliverable> {
  /** Name in log messages and counts. */
  readonly name: string;
  readonly delivery?: DeliveryOptions | undefined;
  send(items: readonly Item[], options: SendOptions): Promise<void>;
  sendSync?(items: readonly Item[]): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Options of a {@link DeliveryQueue}. */
export interface DeliveryQueueOptions {
  /** Maximum number of items that wait, besides the batch that the destination is processing. */
  readonly maxSize: number;
  /** Maximum number of bytes of all items in memory. */
  readonly maxBytes: number;
  /** Called for every failure of the destination, and when items begin to be dropped for want of room. */
  readonly onError: (message: string, error?: unknown) => void;
  /** Called when items were dropped and the destination takes items again, and at the shutdown. */
  readonly onDropped?: (report: DropReport) => void;
}

/** Counts of one queue since it was made, and the items in it. */
export interface QueueStats {
  readonly name: string;
  readonly delivered: number;
  readonly dropped: number;
  /** Items that are neither delivered nor dropped, including those that the destination is processing. */
  readonly waiting: number;
  /** Their bytes of JSON. */
  readonly waitingBytes: number;
  /** Items that were sent again after a failure. One that is sent three times counts twice. */
  readonly retried: number;
  /** Whether the last attempt failed. */
  readonly failing: boolean;
}

/** A caller of `forceFlush` that waits until this many items are settled. */
interface Flush {
  readonly target: number;
  readonly done: () => void;
}

/**
 * The queue of items to one destination. It delivers them in order and in batches, outside of the caller's call stack, and
 * again after a failure. It is bounded by the number of items and by their bytes.
 *
 * Invariant: `#accepted - #settled` items are in `#waiting`, and the oldest of them are the batch under way.
 */
export class DeliveryQueue<Item extends Deliverable> {
  /** The name of its destination. */
  readonly name: string;
  readonly #destination: DeliveryDestination<Item>;
  readonly #options: DeliveryQueueOptions;
  readonly #settings: DeliverySettings;
  readonly #sender: BatchSender<Item>;
  readonly #dropped: DroppedItems;
  readonly #waiting = new WaitingItems<Item>();
  #state: 'open' | 'unlimited' | 'closed' = 'open';
  #delivered = 0;
  #accepted = 0;
  /** Accepted items that are delivered or given up. */
  #settled = 0;
  /** Items up to this number do not wait for their batch to fill. */
  #due: number;
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #flushes: readonly Flush[] = [];
  /** What the last flush waited for in vain. */
  #stuckIn: 'send' | 'pause' | 'forceFlush' | undefined;
  #isOverflowing = false;
  #shutdown: Promise<void> | undefined;

  constructor(destination: DeliveryDestination<Item>, options: DeliveryQueueOptions) {
    this.#destination = destination;
    this.name = destination.name;
    this.#options = options;
    this.#settings = deliverySettings(destination.delivery);
    this.#due = this.#settings.flushIntervalMillis === 0 ? Number.POSITIVE_INFINITY : 0;
    this.#dropped = new DroppedItems(this.name);
    this.#sender = new BatchSender<Item>(
      this.#settings,
      (items, sendOptions) => destination.send(items, sendOptions),
      {
        delivered: async ({ length }) => this.#onDelivered(length),
        givenUp: async (items, reason, error) => this.#onGivenUp(items, reason, error),
        failed: (error) => this.#onFailure(error),
        late: (millis) => options.onError(`${this.name}: no answer within ${millis} ms`),
      },
      false,
    );
    if (openQueues.size === 0) process.on('exit', writeOutAll);
    openQueues.add(this);
  }

  get stats(): QueueStats {
    return {
      name: this.name,
      delivered: this.#delivered,
      dropped: this.#dropped.total,
      waiting: this.#waiting.count,
      waitingBytes: this.#waiting.bytes,
      retried: this.#sender.retried,
      failing: this.#sender.isFailing,
    };
  }

  /**
   * Lifts the limits for the last events of the stream, which the end of all spans and sessions makes at once. Their
   * number is limited by that of the open spans and sessions, which have been in memory so far.
   */
  acceptAll(): void {
    if (this.#state !== 'open') return;
    this.#state = 'unlimited';
    this.#reportDropped();
  }

  push(item: Item): void {
    if (this.#state === 'closed') {
      this.#dropped.add(1, 'shutdown');
      return;
    }
    const bytes = Buffer.byteLength(item.line);
    if (this.#state === 'open' && !this.#hasRoom(bytes)) {
      this.#overflow();
      return;
    }
    this.#waiting.add(item, bytes);
    this.#accepted += 1;
    if (this.#draining === undefined) this.#schedule();
  }

  /**
   * Resolves when all items pushed so far are delivered or dropped and the destination is flushed, or when the time is
   * over. A pause after a failure ends at once. Rejects if the destination cannot flush.
   */
  async forceFlush(timeoutMillis = FLUSH_TIMEOUT_MS): Promise<void> {
    this.#stuckIn = undefined;
    let isLate = false;
    const flush = async () => {
      await this.#deliverAll();
      if (!isLate) await this.#destination.forceFlush();
    };
    await this.#inTime(flush(), timeoutMillis, () => {
      isLate = true;
    });
  }

  /**
   * Delivers what it can within the time of a flush and drops the rest, so that the counts are those of the end. Only a
   * batch that the destination does not answer for is neither delivered nor dropped. Further items may follow.
   */
  async finish(): Promise<void> {
    try {
      await this.forceFlush();
    } finally {
      // What was not delivered at once is not tried for half a minute again.
      if (this.#stuckIn !== undefined) this.#sender.endAtFailure();
      if (this.#stuckIn === 'pause') this.#dropNewest(this.#sender.inHand, 'shutdown');
    }
  }

  /** Delivers what it can within the time of a flush, drops the rest, and shuts the destination down. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  /** Delivers the waiting items synchronously, because the process exits. */
  writeOut(): void {
    if (this.#destination.sendSync === undefined || this.#waiting.count === 0) return;
    const { maxBatchSize: events, maxBatchBytes: bytes } = this.#settings;
    // A destination that is processing a batch is called even if nothing else waits, so that it can finish that batch.
    do {
      const { inHand } = this.#sender;
      const items = this.#waiting.oldest({ events, bytes }, inHand);
      try {
        this.#destination.sendSync(items);
        // The destination has finished the batch in its hand.
        this.#onDelivered(items.length + this.#sender.disown());
      } catch (error) {
        this.#dropNewest(inHand, 'given_up', error);
      }
    } while (this.#waiting.count > this.#sender.inHand);
  }

  /* Waiting items */

  #hasRoom(bytes: number): boolean {
    const { maxSize, maxBytes } = this.#options;
    return this.#waiting.count - this.#sender.inHand < maxSize && this.#waiting.bytes + bytes <= maxBytes;
  }

  /** Whether a queue that was full is not about to be full again. */
  get #hasAmpleRoom(): boolean {
    const { maxSize, maxBytes } = this.#options;
    return this.#waiting.count <= maxSize / 2 && this.#waiting.bytes <= maxBytes / 2;
  }

  #overflow(): void {
    this.#dropped.add(1, 'queue_full');
    if (this.#isOverflowing) return;
    this.#isOverflowing = true;
    const { maxSize, maxBytes } = this.#options;
    const isFull = this.#waiting.count - this.#sender.inHand >= maxSize;
    const [waiting, option] = isFull
      ? [`${maxSize} events`, 'maxQueueSize']
      : [`${maxBytes} bytes of events`, 'maxQueueBytes'];
    this.#options.onError(
      `${this.name}: ${waiting} are waiting, further events are dropped; ` +
        `the sink is too slow, or option "${option}" is too small`,
    );
  }

  #onDelivered(count: number): void {
    this.#delivered += count;
    this.#stuckIn = undefined;
    this.#remove(count);
    if (this.#dropped.hasUnreported && this.#hasAmpleRoom) this.#reportDropped();
  }

  #onGivenUp(items: readonly Item[], reason: GiveUpReason, error: unknown): void {
    this.#remove(items.length);
    this.#drop(items.length, reason, error);
  }

  #onFailure(error: unknown): void {
    this.#options.onError(`${this.name}: events could not be delivered and will be sent again`, error);
  }

  #remove(count: number): void {
    this.#waiting.remove(count);
    this.#settle(count);
  }

  #dropNewest(kept: number, reason: DropReason, error?: unknown): void {
    const { length } = this.#waiting.removeNewest(kept);
    if (length === 0) return;
    this.#settle(length);
    this.#drop(length, reason, error);
  }

  #drop(count: number, reason: DropReason, error: unknown): void {
    this.#dropped.add(count, reason);
    this.#options.onError(`${this.name}: events could not be delivered and were dropped`, error);
  }

  #settle(count: number): void {
    this.#settled += count;
    if (this.#flushes.length > 0) this.#endFlushes(this.#settled);
  }

  #endFlushes(reached: number): void {
    for (const { target, done } of this.#flushes) if (target <= reached) done();
    this.#flushes = this.#flushes.filter(({ target }) => target > reached);
  }

  #reportDropped(): void {
    this.#isOverflowing = false;
    const report = this.#dropped.report();
    if (report !== undefined) this.#options.onDropped?.(report);
  }

  /* Delivery */

  /** Items of the same turn of the event loop share a batch, or those of the interval until the batch is full. */
  #schedule(): void {
    if (this.#isDue) {
      this.#scheduled ??= clock.setImmediate(() => this.#beginDraining());
      return;
    }
    this.#timer ??= clock
      .setTimeout(() => {
        this.#due = this.#accepted;
        this.#beginDraining();
      }, this.#settings.flushIntervalMillis)
      .unref();
  }

  get #isDue(): boolean {
    const { count, bytes } = this.#waiting;
    if (count === 0) return false;
    const { maxBatchSize, maxBatchBytes } = this.#settings;
    return this.#settled < this.#due || count >= maxBatchSize || bytes >= maxBatchBytes;
  }

  #beginDraining(): void {
    clock.clearImmediate(this.#scheduled);
    clock.clearTimeout(this.#timer);
    this.#scheduled = undefined;
    this.#timer = undefined;
    this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Never ends within the call that starts it, even if every `send` throws.
    await undefined;
    const source = { next: async (limit: BatchLimit) => this.#waiting.oldest(limit) };
    let goesOn = true;
    try {
      while (goesOn && this.#isDue) goesOn = await this.#sender.sendBatch(source);
    } finally {
      this.#draining = undefined;
    }
    if (this.#state === 'closed') this.#dropNewest(0, 'shutdown');
    if (!goesOn) this.#endFlushes(Number.POSITIVE_INFINITY);
    else if (this.#waiting.count > 0) this.#schedule();
  }

  async #deliverAll(): Promise<void> {
    const target = this.#accepted;
    this.#sender.hurry();
    if (target === this.#settled) return;
    this.#due = Math.max(this.#due, target);
    this.#beginDraining();
    await new Promise<void>((done) => {
      this.#flushes = [...this.#flushes, { target, done }];
    });
  }

  async #inTime(action: Promise<void>, timeoutMillis: number, onTimeout?: () => void): Promise<void> {
    await withTimeout(action, timeoutMillis, () => {
      this.#stuckIn = this.#sender.inHand > 0 ? 'send' : this.#flushes.length > 0 ? 'pause' : 'forceFlush';
      onTimeout?.();
      this.#options.onError(`${this.name}: flush timed out`);
    });
  }

  async #close(): Promise<void> {
    try {
      // A destination that hangs is not waited for twice, and one that fails gets one attempt more.
      if (this.#stuckIn === 'pause') this.#sender.endAtFailure();
      if (this.#stuckIn === undefined) await this.forceFlush();
      else if (this.#stuckIn !== 'send') await this.#inTime(this.#deliverAll(), FLUSH_TIMEOUT_MS);
    } finally {
      this.#state = 'closed';
      openQueues.delete(this);
      if (openQueues.size === 0) process.off('exit', writeOutAll);
      this.#sender.stop();
      // After a timeout, items may still be waiting. A destination that is shut down must not get them.
      this.#dropNewest(this.#sender.inHand, 'shutdown');
      this.#reportDropped();
      this.#dropped.close();
      await withTimeout(this.#destination.shutdown(), FLUSH_TIMEOUT_MS, () =>
        this.#options.onError(`${this.name}: shutdown timed out`),
      );
    }
  }
}
