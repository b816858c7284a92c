import * as clock from '../clock.js';
import type { StoredEvents } from '../sinks/event-sink.js';
import { Backlog } from './backlog.js';
import { BatchSender, type SendResult, type Settlement } from './batch-sender.js';
import { DeliveryAccounts } from './delivery-accounts.js';
import type { DeliveryDestination, DeliveryQueueOptions, SinkStats } from './delivery-destination.js';
import { type DeliverySettings, deliverySettings } from './delivery-settings.js';
import type { DropReason } from './dropped-items.js';
import { Spool } from './spool/spool.js';
import { withTimeout } from './timeout.js';
import type { Deliverable } from './waiting-items.js';

/** Longest time that a flush or a shutdown waits for the destination. */
const FLUSH_TIMEOUT_MS = 30_000;

/** Longest time that an exiting process writes out what a spool keeps for the next process anyway. */
const WRITE_OUT_TIMEOUT_MS = 2_000;

/** The pause after which a spool is read again that could not be read. */
const UNREADABLE_PAUSE_MS = 1_000;

/** Open queues. If the process exits, their waiting items are written out. */
const openQueues = new Set<{ writeOut(): void }>();
const writeOutAll = () => {
  for (const queue of openQueues) queue.writeOut();
};

/** A caller of `forceFlush` that waits until this many items are settled. */
interface Flush {
  readonly target: number;
  readonly done: () => void;
}

/**
 * The queue of items to one destination. It delivers them in order and in batches, outside of the caller's call stack, and
 * again after a failure. The items in memory are bounded by their number and by their bytes, those in a spool by its size.
 *
 * Invariant: each accepted item is in the backlog until it is settled, in the order in which it came. The oldest ones are
 * the batch under way.
 */
export class DeliveryQueue<Item extends Deliverable> {
  /** The name of its destination. */
  readonly name: string;
  readonly #destination: DeliveryDestination<Item>;
  readonly #options: DeliveryQueueOptions<Item>;
  readonly #settings: DeliverySettings;
  readonly #sender: BatchSender<Item>;
  readonly #spool: Spool | undefined;
  readonly #backlog: Backlog<Item>;
  readonly #accounts: DeliveryAccounts;
  #state: 'open' | 'unlimited' | 'closed' = 'open';
  /** Accepted items that are delivered or dropped. */
  #settled = 0;
  /** Items up to this number do not wait for their batch to fill. */
  #due: number;
  #scheduled: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #flushes: readonly Flush[] = [];
  /** The step that the last flush waited for in vain. */
  #stuckIn: 'send' | 'pause' | 'forceFlush' | undefined;
  #isOverflowing = false;
  #isExiting = false;
  /** Whether the spool may have more than it has counted. */
  #mustLook = false;
  #shutdown: Promise<void> | undefined;

  /** @throws Error - if the directory of the spool cannot be used. */
  constructor(destination: DeliveryDestination<Item>, options: DeliveryQueueOptions<Item>) {
    this.#destination = destination;
    this.name = destination.name;
    this.#options = options;
    this.#settings = deliverySettings(destination.delivery);
    this.#due = this.#settings.flushIntervalMillis === 0 ? Number.POSITIVE_INFINITY : 0;
    this.#spool = options.spool && new Spool(options.spool, this.name, options.onError);
    this.#backlog = new Backlog(this.#spool && { spool: this.#spool, restore: options.restore });
    this.#accounts = new DeliveryAccounts(this.name, options, () => ({
      size: this.#backlog.count - this.#sender.inFlight,
      capacity: options.maxSize,
      inFlight: this.#sender.inFlight,
    }));
    this.#sender = this.#createSender();
    if (openQueues.size === 0) process.on('exit', writeOutAll);
    openQueues.add(this);
    if (this.#spool !== undefined) {
      this.#spool.onTakeOver = () => this.#tookOver();
      this.#tookOver();
    }
  }

  get stats(): SinkStats {
    this.#countLosses();
    const { delivered, dropped, retried, deadLettered } = this.#accounts;
    return {
      name: this.name,
      delivered,
      dropped,
      waiting: this.#backlog.count,
      waitingBytes: this.#backlog.bytes,
      retried,
      deadLettered,
      spooled: this.#backlog.spooled,
      spooledBytes: this.#backlog.spooledBytes,
      recovered: this.#backlog.recovered,
      failing: this.#sender.isFailing,
    };
  }

  /** The ends of chains that earlier processes left in the spool; `undefined` without a spool. */
  spooledEvents(): StoredEvents | undefined {
    return this.#spool?.storedEvents();
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
    const bytes = item.bytes ?? Buffer.byteLength(item.line);
    if (this.#state === 'closed') this.#accounts.lost(1, 'shutdown');
    else if (this.#state === 'open' && !this.#hasRoom(bytes)) this.#overflow();
    else {
      this.#backlog.add(item, bytes);
      if (this.#spool !== undefined || this.#draining === undefined) this.#schedule();
    }
  }

  /**
   * Resolves when all items pushed so far are delivered or dropped and the destination is flushed, or when the time is
   * over. With a spool it also resolves after an attempt that failed, because the items are safe. A pause after a failure
   * ends at once. Rejects if the destination cannot flush.
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
   * Delivers what it can within the time of a flush, and drops what no spool keeps, so that the counts are those of the
   * end. Only a batch that the destination does not answer for is neither delivered nor dropped. Items may follow.
   */
  async finish(): Promise<void> {
    try {
      await this.forceFlush();
    } finally {
      // Events that were not delivered at once are not tried for half a minute again.
      if (this.#stuckIn !== undefined) this.#sender.endAtFailure();
      if (this.#stuckIn === 'pause') await this.#discard(this.#sender.inHand);
    }
  }

  /** Delivers what it can within the time of a flush, drops what no spool keeps, and shuts the destination down. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  /**
   * The process exits: delivers the waiting items synchronously if the destination can. A spool keeps them until they are
   * delivered, by the next process if need be. Without either, they are dropped and counted.
   */
  writeOut(): void {
    // A spool also stores how far the destination has got.
    if (this.#backlog.count === 0 && this.#spool === undefined) return;
    this.#isExiting = true;
    if (this.#destination.sendSync === undefined) {
      this.#backlog.storeSync();
      this.#abandonSync('process_exit', undefined);
    } else this.#sendOut((items) => this.#destination.sendSync?.(items));
    this.#isExiting = false;
  }

  #sendOut(sendSync: (items: readonly Item[]) => void): void {
    const { maxBatchSize: events, maxBatchBytes: bytes } = this.#settings;
    const hasSpool = this.#spool !== undefined;
    const deadline = hasSpool ? clock.ticks() + WRITE_OUT_TIMEOUT_MS : Number.POSITIVE_INFINITY;
    try {
      // A destination that is processing a batch is called even if nothing else waits, so that it can finish that batch.
      if (hasSpool && this.#sender.inHand > 0) {
        sendSync([]);
        this.#sender.disown();
      }
      this.#backlog.storeSync();
      do {
        const items = this.#backlog.nextSync({ events, bytes }, this.#sender.inHand);
        if (hasSpool && items.length === 0) break;
        sendSync(items);
        this.#sender.disown();
        this.#sender.deliveredOtherwise(items.length);
      } while (this.#backlog.count > 0 && clock.ticks() < deadline);
    } catch (error) {
      this.#abandonSync('given_up', error);
    }
  }

  /** Drops the items in memory that the destination is not processing. */
  #abandonSync(reason: DropReason, error: unknown): void {
    const items = this.#backlog.removeNewest(this.#inHandInMemory);
    this.#accounts.abandoned(items.length, reason, error);
    this.#settle(items.length);
    this.#accounts.keepSync(items, reason, error);
  }

  /* Items that are not delivered */

  /** The number of items in memory that the destination is processing. */
  get #inHandInMemory(): number {
    return Math.min(this.#sender.inHand, this.#backlog.outInMemory);
  }

  #hasRoom(bytes: number): boolean {
    const { maxSize, maxBytes } = this.#options;
    const { inMemory, bytesInMemory } = this.#backlog;
    return inMemory - this.#inHandInMemory < maxSize && bytesInMemory + bytes <= maxBytes;
  }

  /** Whether a queue that was full is not about to be full again. */
  get #hasAmpleRoom(): boolean {
    const { maxSize, maxBytes } = this.#options;
    const { inMemory, bytesInMemory } = this.#backlog;
    return inMemory <= maxSize / 2 && bytesInMemory <= maxBytes / 2;
  }

  #overflow(): void {
    this.#accounts.lost(1, 'queue_full');
    if (this.#isOverflowing) return;
    this.#isOverflowing = true;
    const { maxSize, maxBytes } = this.#options;
    const isFull = this.#backlog.inMemory - this.#inHandInMemory >= maxSize;
    if (isFull) this.#accounts.logOverflow(`${maxSize} events`, 'maxQueueSize');
    else this.#accounts.logOverflow(`${maxBytes} bytes of events`, 'maxQueueBytes');
  }

  /** Drops the items in memory that no spool takes, all but the `kept` oldest ones. */
  async #discard(kept: number): Promise<void> {
    await this.#backlog.store();
    const items = this.#backlog.removeNewest(kept);
    this.#accounts.abandoned(items.length, 'shutdown');
    this.#settle(items.length);
    await this.#accounts.keep(items, 'shutdown', undefined);
  }

  /** Counts what the spool has lost. */
  #countLosses(): void {
    const { oldest, damaged } = this.#backlog.losses();
    if (oldest + damaged === 0) return;
    this.#accounts.lost(oldest, 'spool_full');
    this.#accounts.lost(damaged, 'spool_damaged');
    this.#settle(oldest + damaged);
  }

  #reportDropped(): void {
    this.#isOverflowing = false;
    this.#accounts.reportDropped();
  }

  /* Delivery */

  #createSender(): BatchSender<Item> {
    return new BatchSender<Item>(
      this.#settings,
      (items, options) => this.#destination.send(items, options),
      {
        givingUp: (items, reason, error) => this.#accounts.keep(items, reason, error),
        settled: (settlement) => this.#onSettled(settlement),
        passedOn: (count) => this.#accounts.passedOn(count),
        retrying: (count) => this.#accounts.sentAgain(count),
        failed: (error) => this.#onFailure(error),
        late: (millis) => this.#options.onError(`${this.name}: no answer within ${millis} ms`),
      },
      this.#spool !== undefined,
    );
  }

  #onSettled(settlement: Settlement): void {
    const { delivered, givenUp } = settlement;
    this.#backlog.remove(delivered + givenUp, this.#isExiting);
    this.#accounts.settled(settlement);
    if (delivered > 0) {
      this.#stuckIn = undefined;
      if (this.#hasAmpleRoom && this.#accounts.hasUnreported) this.#reportDropped();
    }
    this.#settle(delivered + givenUp);
  }

  #onFailure(error: unknown): void {
    this.#options.onError(`${this.name}: events could not be delivered and will be sent again`, error);
    if (this.#spool !== undefined) this.#endFlushes(Number.POSITIVE_INFINITY);
  }

  #settle(count: number): void {
    this.#settled += count;
    if (this.#flushes.length > 0) this.#endFlushes(this.#settled);
  }

  #endFlushes(reached: number): void {
    for (const { target, done } of this.#flushes) if (target <= reached) done();
    this.#flushes = this.#flushes.filter(({ target }) => target > reached);
  }

  /** Events of earlier processes are delivered at once. The spool counts them when they are read. */
  #tookOver(): void {
    this.#mustLook = true;
    this.#beginDraining();
  }

  /** Items of the same turn of the event loop are stored together, and share a batch. */
  #turnEnds(): void {
    this.#scheduled = undefined;
    if (this.#spool === undefined) this.#beginDraining();
    else void this.#store();
  }

  async #store(): Promise<void> {
    await this.#backlog.store();
    this.#countLosses();
    if (this.#draining === undefined) this.#deliverSoon();
  }

  #schedule(): void {
    if (this.#spool !== undefined || this.#isDue) {
      this.#scheduled ??= clock.setImmediate(() => this.#turnEnds());
    } else {
      this.#waitFor(this.#settings.flushIntervalMillis);
    }
  }

  #deliverSoon(): void {
    if (this.#isDue) this.#beginDraining();
    else if (this.#backlog.count > 0) this.#waitFor(this.#settings.flushIntervalMillis);
  }

  #waitFor(millis: number): void {
    this.#timer ??= clock
      .setTimeout(() => {
        this.#due = Math.max(this.#due, this.#settled + this.#backlog.count);
        this.#beginDraining();
      }, millis)
      .unref();
  }

  get #isDue(): boolean {
    const { count, bytes } = this.#backlog;
    if (count === 0) return false;
    const { maxBatchSize, maxBatchBytes } = this.#settings;
    return this.#settled < this.#due || count >= maxBatchSize || bytes >= maxBatchBytes;
  }

  #beginDraining(): void {
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#spool === undefined) {
      clock.clearImmediate(this.#scheduled);
      this.#scheduled = undefined;
    }
    if (this.#state !== 'closed') this.#draining ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Never ends within the call that starts it, even if every `send` throws.
    await undefined;
    let result: SendResult = 'sent';
    try {
      while (result === 'sent' && (this.#mustLook || this.#isDue)) {
        const looks = this.#mustLook;
        this.#mustLook = false;
        result = await this.#sender.sendBatch(this.#backlog);
        this.#countLosses();
        if (looks) this.#due = Math.max(this.#due, this.#settled + this.#backlog.count);
      }
    } catch (error) {
      result = 'nothing';
      this.#options.onError(`${this.name}: the delivery failed`, error);
    } finally {
      this.#draining = undefined;
    }
    if (result !== 'sent') this.#endFlushes(Number.POSITIVE_INFINITY);
    if (this.#state === 'closed') await this.#discard(0);
    else if (this.#backlog.count === 0) return;
    else if (result === 'nothing') this.#waitFor(UNREADABLE_PAUSE_MS);
    else if (result === 'sent') this.#schedule();
  }

  async #deliverAll(): Promise<void> {
    await this.#backlog.store();
    const target = this.#settled + this.#backlog.count;
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
      await this.#notForEver(this.#discard(this.#inHandInMemory));
      this.#reportDropped();
      this.#accounts.close();
      try {
        await this.#notForEver(this.#destination.shutdown());
      } finally {
        await this.#notForEver(this.#backlog.close());
      }
    }
  }

  /** The destination may hang, and so may a disk. */
  async #notForEver(action: Promise<void>): Promise<void> {
    await withTimeout(action, FLUSH_TIMEOUT_MS, () =>
      this.#options.onError(`${this.name}: shutdown timed out`),
    );
  }
}
