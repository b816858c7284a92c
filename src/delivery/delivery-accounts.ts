import type { MeterProvider } from '@opentelemetry/api';
import type { Settlement } from './batch-sender.js';
import type { DeadLetterFile } from './dead-letter-file.js';
import { DeliveryMetrics, type DeliveryRecorder, type QueueGauges } from './delivery-metrics.js';
import { DroppedItems, type DropReason, type DropReport } from './dropped-items.js';
import { type Deliverable, lineOf } from './waiting-items.js';

interface AccountOptions {
  readonly deadLetters?: DeadLetterFile | undefined;
  readonly meterProvider?: MeterProvider | undefined;
  readonly recorder?: ((gauges: () => QueueGauges) => DeliveryRecorder) | undefined;
  readonly onError: (message: string, error?: unknown) => void;
  readonly onDropped?: ((report: DropReport) => void) | undefined;
}

/** Accounts for the items of one queue: counts, metrics, log messages and dead letters. */
export class DeliveryAccounts {
  delivered = 0;
  retried = 0;
  deadLettered = 0;
  readonly #name: string;
  readonly #options: AccountOptions;
  readonly #dropped: DroppedItems;
  readonly #metrics: DeliveryRecorder;

  constructor(name: string, options: AccountOptions, gauges: () => QueueGauges) {
    this.#name = name;
    this.#options = options;
    this.#dropped = new DroppedItems(name);
    this.#metrics = options.recorder?.(gauges) ?? new DeliveryMetrics(name, options.meterProvider, gauges);
  }

  get dropped(): number {
    return this.#dropped.total;
  }

  /** Whether items were dropped, and the stream does not know yet. */
  get hasUnreported(): boolean {
    return this.#dropped.mayReport;
  }

  /** Reports what was dropped since the last report. */
  reportDropped(): void {
    const report = this.#dropped.report();
    if (report !== undefined) this.#options.onDropped?.(report);
  }

  passedOn(count: number): void {
    this.#metrics.passedOn(count);
  }

  sentAgain(count: number): void {
    this.retried += count;
    this.#metrics.retried(count);
  }

  settled({ delivered, givenUp, reason, error, seconds }: Settlement): void {
    if (delivered > 0) {
      this.delivered += delivered;
      this.#metrics.exported(delivered, seconds);
    }
    if (reason === undefined || givenUp === 0) return;
    this.#dropped.add(givenUp, reason);
    this.#metrics.exported(givenUp, seconds, reason);
    this.#logDrop(error);
  }

  /** Counts items that were dropped without having been sent. */
  lost(count: number, reason: DropReason): void {
    if (count === 0) return;
    this.#dropped.add(count, reason);
    this.#metrics.rejected(count, reason);
  }

  /** Counts items that could not be sent to the end of the queue or the process. */
  abandoned(count: number, reason: DropReason, error?: unknown): void {
    if (count === 0) return;
    this.lost(count, reason);
    if (reason === 'process_exit') this.#logExit(count);
    else this.#logDrop(error);
  }

  /** Writes items to the dead-letter file, if there is one. */
  async keep(items: readonly Deliverable[], reason: DropReason, error: unknown): Promise<void> {
    const { deadLetters } = this.#options;
    if (deadLetters === undefined || items.length === 0) return;
    const why = { destination: this.#name, reason, error };
    this.deadLettered += await deadLetters.add(items.map(lineOf), why);
  }

  keepSync(items: readonly Deliverable[], reason: DropReason, error: unknown): void {
    const { deadLetters } = this.#options;
    if (deadLetters === undefined || items.length === 0) return;
    const why = { destination: this.#name, reason, error };
    this.deadLettered += deadLetters.addSync(items.map(lineOf), why);
  }

  logOverflow(waiting: string, option: string): void {
    this.#options.onError(
      `${this.#name}: ${waiting} are waiting, further events are dropped; ` +
        `the sink is too slow, or option "${option}" is too small`,
    );
  }

  /** Logs the counts that were not logged, and stops observing the queue. */
  close(): void {
    this.#dropped.close();
    this.#metrics.stop();
  }

  #logExit(count: number): void {
    const events = count === 1 ? '1 event was' : `${count} events were`;
    this.#options.onError(
      `${this.#name}: the process exits before ${events} delivered; ` +
        'wait for shutdown() before the exit, or set option "spool"',
    );
  }

  #logDrop(error: unknown): void {
    this.#options.onError(`${this.#name}: events could not be delivered and were dropped`, error);
  }
}
