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

/** The outcome of an attempt for the oldest items. The others are sent again. */
export interface Settlement {
  readonly delivered: number;
  /** The items after the delivered ones that are not sent again. */
  readonly givenUp: number;
  readonly reason: GiveUpReason | undefined;
  readonly error: unknown;
  /** The time since the first of them was sent first. */
  readonly seconds: number;
}

/** Functions that a sender reports to. */
export interface SenderReports<Item extends Deliverable> {
  /** Items will not be sent again. They are settled when the promise has resolved. */
  givingUp(items: readonly Item[], reason: GiveUpReason, error: unknown): Promise<void>;
  settled(settlement: Settlement): void;
  /** Items are sent for the first time. */
  passedOn(count: number): void;
  /** Items are sent again. */
  retrying(count: number): void;
  /** An attempt has failed, and its items are sent again. */
  failed(error: unknown): void;
  /** The time of the attempt under way is over. */
  late(timeoutMillis: number): void;
}

/** Whether a batch was sent, there was none, or no other may follow. */
export type SendResult = 'sent' | 'nothing' | 'stopped';

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
  /** The number of items that were sent at least once and are not settled. */
  inFlight = 0;
  /** When the first of them was sent. */
  #inFlightSince = 0;
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

  /** Sends one batch, and pauses after a failure. */
  async sendBatch(source: ItemSource<Item>): Promise<SendResult> {
    const events = Math.min(this.#batchSize, this.#streak?.count ?? this.#batchSize);
    const items = await source.next({ events, bytes: this.#settings.maxBatchBytes });
    if (this.#isStopped) return 'stopped';
    if (items.length === 0) return 'nothing';
    const failure = await this.#attempt(items);
    if (failure === undefined) this.#taken(items.length);
    else if (failure !== 'disowned') await this.#failed(items, failure.error);
    const isOver = this.#isStopped || (this.#endsAtFailure && this.#streak !== undefined);
    return isOver ? 'stopped' : 'sent';
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

  /** Settles the attempt under way, which its destination has finished in another way. */
  disown(): void {
    const { inHand } = this;
    if (inHand === 0) return;
    this.#isDisowned = true;
    this.inHand = 0;
    this.#settle({ delivered: inHand });
  }

  /** Settles the oldest items, which were delivered in another way. */
  deliveredOtherwise(count: number): void {
    if (count > 0) this.#settle({ delivered: count });
  }

  async #attempt(items: readonly Item[]): Promise<{ readonly error: unknown } | 'disowned' | undefined> {
    const { timeoutMillis } = this.#settings;
    const controller = new AbortController();
    const timer = clock
      .setTimeout(() => {
        this.#isLate = true;
        this.#reports.late(timeoutMillis);
        controller.abort(new DOMException(`no answer within ${timeoutMillis} ms`, 'TimeoutError'));
      }, timeoutMillis)
      .unref();
    this.#begins(items.length);
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
    if (!this.#isDisowned) return failure;
    this.#isDisowned = false;
    return 'disowned';
  }

  #begins(count: number): void {
    this.inHand = count;
    const again = Math.min(count, this.inFlight);
    if (again > 0) this.#reports.retrying(again);
    if (this.inFlight === 0) this.#inFlightSince = clock.ticks();
    if (count === again) return;
    this.inFlight = count;
    this.#reports.passedOn(count - again);
  }

  #settle({ delivered = 0, givenUp = 0, reason, error }: Partial<Settlement>): void {
    const seconds = this.inFlight === 0 ? 0 : (clock.ticks() - this.#inFlightSince) / 1_000;
    this.inFlight = Math.max(0, this.inFlight - delivered - givenUp);
    this.#reports.settled({ delivered, givenUp, reason, error, seconds });
  }

  #taken(count: number): void {
    this.#streak = undefined;
    this.#grow(count);
    this.#settle({ delivered: count });
  }

  async #failed(items: readonly Item[], error: unknown): Promise<void> {
    const { outcome, delivered, affected, retryAfterMillis } = readFailure(error, items.length);
    if (delivered > 0) this.#streak = undefined;
    const rest = items.slice(delivered);
    const hit = rest.slice(0, affected);
    if (outcome === 'refused') return this.#giveUp(delivered, hit, 'refused', error);
    if (outcome === 'too-large' && hit.length === 1) {
      return this.#giveUp(delivered, hit, 'too_large', error);
    }
    if (outcome === 'too-large' && this.#shrink(hit.length)) {
      if (delivered > 0) this.#settle({ delivered });
      const asked = askedPause(retryAfterMillis);
      if (asked > 0 && !this.#isStopped) await this.#pause(asked);
      return;
    }
    if (rest.length === 0) this.#settle({ delivered });
    else await this.#retryLater({ delivered, rest, hit }, error, retryAfterMillis);
  }

  async #retryLater(
    { delivered, rest, hit }: { delivered: number; rest: readonly Item[]; hit: readonly Item[] },
    error: unknown,
    retryAfterMillis: number | undefined,
  ): Promise<void> {
    const { retry } = this.#settings;
    if (retry === undefined) return this.#giveUp(delivered, hit, 'given_up', error);
    const now = clock.ticks();
    const streak = this.#streak ?? { count: rest.length, failures: 0, since: now };
    this.#streak = streak;
    streak.count = rest.length;
    streak.failures += 1;
    if (!this.#isPatient && now - streak.since >= retry.maxElapsedMillis) {
      return this.#giveUp(delivered, rest, 'given_up', error);
    }
    if (delivered > 0) this.#settle({ delivered });
    this.#reports.failed(error);
    if (this.#isStopped || this.#endsAtFailure) return;
    await this.#pause(pauseMillis(retry, streak.failures, retryAfterMillis));
  }

  async #giveUp(
    delivered: number,
    items: readonly Item[],
    reason: GiveUpReason,
    error: unknown,
  ): Promise<void> {
    this.#streak = undefined;
    if (items.length > 0) await this.#reports.givingUp(items, reason, error);
    this.#settle({ delivered, givenUp: items.length, reason, error });
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
