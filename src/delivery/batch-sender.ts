import * as clock from '../clock.js';
import type { DeliveryError, DeliveryOutcome } from '../sinks/delivery-error.js';
import type { SendOptions } from '../sinks/event-sink.js';
import { askedPause, type DeliverySettings, pauseMillis } from './delivery-settings.js';
import type { BatchLimit, Deliverable } from './waiting-items.js';

/** The number of full batches in a row that a destination takes before the next one is larger. */
const BATCHES_BEFORE_GROWTH = 8;

/** The part of the maximum by which a batch grows. */
const GROWTH = 1 / 8;

/** The items that are to be sent, oldest first. */
export interface ItemSource<Item extends Deliverable> {
  /** Returns the oldest items, and the same ones again until they are removed. */
  next(limit: BatchLimit): Promise<readonly Item[]>;
}

/** Why items are not sent again. */
export type GiveUpReason = 'refused' | 'too_large' | 'given_up';

/** What a sender reports. */
export interface SenderReports<Item extends Deliverable> {
  /** The oldest items have reached their destination. */
  delivered(items: readonly Item[]): Promise<void>;
  /** The oldest items will not be sent again. */
  givenUp(items: readonly Item[], reason: GiveUpReason, error: unknown): Promise<void>;
  /** An attempt has failed, and its items are sent again. */
  failed(error: unknown): void;
  /** The time of the attempt under way is over. */
  late(timeoutMillis: number): void;
  /** An attempt has ended. `error` is `undefined` if it has not failed. */
  attempted?(seconds: number, error: unknown): void;
}

/** The end of an attempt, in counts of its items. */
interface FailedSend {
  readonly outcome: DeliveryOutcome;
  readonly delivered: number;
  /** The items after the delivered ones that the outcome applies to, at least one unless all are delivered. */
  readonly affected: number;
  readonly retryAfterMillis: number | undefined;
}

/** The attempts for the oldest items since one of them failed. */
interface FailureStreak {
  /** The number of items that are sent again. */
  count: number;
  failures: number;
  readonly since: number;
}

type Send<Item> = (items: readonly Item[], options: SendOptions) => Promise<void>;

/**
 * Sends batches to one destination: one at a time, in order, again after a failure, smaller after one that was too large.
 *
 * There is no circuit breaker beside it, of a library or our own. A breaker keeps many callers from waiting for a
 * destination that is down. Here is one caller, which no application waits for, with one batch under way, and the pause
 * before its next attempt grows to half a minute: that is an open breaker, and the next attempt is its probe.
 *
 * Invariant: `send` of the destination is never called before its last promise has settled. A destination that does not
 * settle when its signal is aborted gets nothing more.
 */
export class BatchSender<Item extends Deliverable> {
  /** The number of items in the attempt under way. */
  inHand = 0;
  /** The number of items that were sent again after a failure. */
  retried = 0;
  readonly #settings: DeliverySettings;
  readonly #send: Send<Item>;
  readonly #reports: SenderReports<Item>;
  /** Whether items are never given up for the time that they take. */
  readonly #isPatient: boolean;
  #batchSize: number;
  #batchesTaken = 0;
  #streak: FailureStreak | undefined;
  /** Whether the attempt under way is the destination's alone: its outcome is not ours any more. */
  #isDisowned = false;
  /** Whether the time of the attempt under way is over. */
  #isLate = false;
  #endPause: (() => void) | undefined;
  #endsAtFailure = false;
  #isStopped = false;

  constructor(
    settings: DeliverySettings,
    send: Send<Item>,
    reports: SenderReports<Item>,
    isPatient: boolean,
  ) {
    this.#settings = settings;
    this.#send = send;
    this.#reports = reports;
    this.#isPatient = isPatient;
    this.#batchSize = settings.maxBatchSize;
  }

  /** Whether the last attempt failed, or the present one takes too long. */
  get isFailing(): boolean {
    return this.#streak !== undefined || this.#isLate;
  }

  /** Sends one batch. Resolves to whether there was one, and another may follow. */
  async sendBatch(source: ItemSource<Item>): Promise<boolean> {
    const events = Math.min(this.#batchSize, this.#streak?.count ?? this.#batchSize);
    const items = await source.next({ events, bytes: this.#settings.maxBatchBytes });
    if (items.length === 0 || this.#isStopped) return false;
    if (this.#streak !== undefined) this.retried += items.length;
    const failure = await this.#attempt(items);
    if (failure === 'disowned') return true;
    if (failure === undefined) await this.#taken(items);
    else await this.#failed(items, failure.error);
    return !(this.#isStopped || (this.#endsAtFailure && this.#streak !== undefined));
  }

  /** Ends a pause, so that the next attempt begins at once. */
  hurry(): void {
    this.#endPause?.();
  }

  /** Makes the next failure the last one: no further attempt follows it. */
  endAtFailure(): void {
    this.#endsAtFailure = true;
    this.hurry();
  }

  /** Lets no further attempt begin. */
  stop(): void {
    this.#isStopped = true;
    this.hurry();
  }

  /** Leaves the attempt under way to its destination, which finishes it in another way. Returns its number of items. */
  disown(): number {
    const { inHand } = this;
    this.#isDisowned = inHand > 0;
    this.inHand = 0;
    return inHand;
  }

  async #attempt(items: readonly Item[]): Promise<{ readonly error: unknown } | 'disowned' | undefined> {
    const { timeoutMillis } = this.#settings;
    const controller = new AbortController();
    const begin = clock.ticks();
    const timer = clock
      .setTimeout(() => {
        this.#isLate = true;
        this.#reports.late(timeoutMillis);
        controller.abort(new DOMException(`no answer within ${timeoutMillis} ms`, 'TimeoutError'));
      }, timeoutMillis)
      .unref();
    this.inHand = items.length;
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#send(items, { signal: controller.signal });
    } catch (error) {
      failure = { error };
    } finally {
      clock.clearTimeout(timer);
      this.#isLate = false;
      this.inHand = 0;
    }
    this.#reports.attempted?.((clock.ticks() - begin) / 1_000, failure?.error);
    if (!this.#isDisowned) return failure;
    this.#isDisowned = false;
    return 'disowned';
  }

  async #taken(items: readonly Item[]): Promise<void> {
    this.#streak = undefined;
    this.#grow(items.length);
    await this.#reports.delivered(items);
  }

  async #failed(items: readonly Item[], error: unknown): Promise<void> {
    const { outcome, delivered, affected, retryAfterMillis } = readFailure(error, items.length);
    if (delivered > 0) {
      this.#streak = undefined;
      await this.#reports.delivered(items.slice(0, delivered));
      if (affected === 0) return;
    }
    const rest = items.slice(delivered);
    const hit = rest.slice(0, affected);
    if (outcome === 'refused') return this.#giveUp(hit, 'refused', error);
    if (outcome === 'too-large' && hit.length === 1) return this.#giveUp(hit, 'too_large', error);
    if (outcome === 'too-large' && this.#shrink(hit.length)) {
      const asked = askedPause(retryAfterMillis);
      if (asked > 0 && !this.#isStopped) await this.#pause(asked);
      return;
    }
    await this.#retryLater(rest, hit, error, retryAfterMillis);
  }

  async #retryLater(
    rest: readonly Item[],
    hit: readonly Item[],
    error: unknown,
    retryAfterMillis: number | undefined,
  ): Promise<void> {
    const { retry } = this.#settings;
    if (retry === undefined) return this.#giveUp(hit, 'given_up', error);
    const now = clock.ticks();
    const streak = this.#streak ?? { count: rest.length, failures: 0, since: now };
    this.#streak = streak;
    streak.count = rest.length;
    streak.failures += 1;
    if (!this.#isPatient && now - streak.since >= retry.maxElapsedMillis) {
      return this.#giveUp(rest, 'given_up', error);
    }
    this.#reports.failed(error);
    if (this.#isStopped || this.#endsAtFailure) return;
    await this.#pause(pauseMillis(retry, streak.failures, retryAfterMillis));
  }

  async #giveUp(items: readonly Item[], reason: GiveUpReason, error: unknown): Promise<void> {
    this.#streak = undefined;
    await this.#reports.givenUp(items, reason, error);
  }

  async #pause(millis: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(resolve, millis).unref();
      this.#endPause = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = undefined;
  }

  /** Halves the next batches. Returns whether they may be smaller. */
  #shrink(count: number): boolean {
    const { adaptiveBatching, minBatchSize } = this.#settings;
    if (!adaptiveBatching || count <= minBatchSize) return false;
    this.#batchSize = Math.max(minBatchSize, Math.ceil(count / 2));
    this.#batchesTaken = 0;
    return true;
  }

  #grow(count: number): void {
    const { maxBatchSize } = this.#settings;
    if (this.#batchSize === maxBatchSize || count < this.#batchSize) return;
    this.#batchesTaken += 1;
    if (this.#batchesTaken < BATCHES_BEFORE_GROWTH) return;
    this.#batchesTaken = 0;
    this.#batchSize = Math.min(maxBatchSize, this.#batchSize + Math.ceil(maxBatchSize * GROWTH));
  }
}

/** Any error that says nothing about the items is a failure that may pass. A destination may count wrongly. */
function readFailure(error: unknown, count: number): FailedSend {
  if (!isDeliveryError(error)) {
    return { outcome: 'retry', delivered: 0, affected: count, retryAfterMillis: undefined };
  }
  const { outcome, retryAfterMillis } = error;
  const delivered = within(error.delivered, 0, count);
  const rest = count - delivered;
  return {
    outcome,
    delivered,
    affected: rest === 0 ? 0 : within(error.affected ?? rest, 1, rest),
    retryAfterMillis,
  };
}

/** Recognises the error by its shape: the sink may come from another copy of this package. */
function isDeliveryError(error: unknown): error is DeliveryError {
  if (!(error instanceof Error) || error.name !== 'DeliveryError') return false;
  const { outcome } = error as Partial<DeliveryError>;
  return outcome === 'retry' || outcome === 'too-large' || outcome === 'refused';
}

function within(value: number, least: number, most: number): number {
  return Math.min(Math.max(Number.isFinite(value) ? Math.trunc(value) : least, least), most);
}
