import { diag } from '@opentelemetry/api';
import * as clock from '../clock.js';
import { PACKAGE_NAME } from '../version.js';
import type { GiveUpReason } from './batch-sender.js';

/** Shortest time between two log messages about dropped events of one destination. */
const LOG_INTERVAL_MS = 60_000;

/** Shortest time between two reports to the stream, of a destination that takes items and loses others. */
const REPORT_INTERVAL_MS = 60_000;

/** Why a queue does not deliver an item. */
export type DropReason =
  | GiveUpReason
  | 'queue_full'
  | 'spool_full'
  | 'spool_damaged'
  | 'shutdown'
  | 'process_exit';

/** The items that a queue dropped since its last report. The times are in milliseconds since the epoch. */
export interface DropReport {
  /** The name of the destination. */
  readonly destination: string;
  readonly dropped: number;
  readonly from: number;
  readonly to: number;
  readonly reasons: Readonly<Partial<Record<DropReason, number>>>;
}

/**
 * Counts the items that one destination does not get. A queue that is full drops thousands in a second, so they are logged
 * at most once a minute, and reported as one when the destination takes items again.
 */
export class DroppedItems {
  total = 0;
  readonly #destination: string;
  #from = 0;
  #to = 0;
  #unreported = 0;
  #reasons: Partial<Record<DropReason, number>> = {};
  #logged = 0;
  #nextLog: number | undefined;
  #nextReport = Number.NEGATIVE_INFINITY;

  constructor(destination: string) {
    this.#destination = destination;
  }

  /** Whether items were dropped since the last report, and that was not just now. */
  get mayReport(): boolean {
    return this.#unreported > 0 && clock.ticks() >= this.#nextReport;
  }

  add(count: number, reason: DropReason): void {
    const now = clock.now();
    if (this.#unreported === 0) this.#from = now;
    // The clock may have jumped back.
    this.#to = Math.max(this.#from, now);
    this.#unreported += count;
    this.total += count;
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + count;
    // The first one is logged with its error, by others.
    this.#nextLog ??= clock.ticks() + LOG_INTERVAL_MS;
    this.#logIfDue();
  }

  /** Logs what has not been logged. */
  close(): void {
    if (this.#logged < this.total) this.#log();
  }

  /** Returns what was dropped since the last report, if anything was, and begins the next report. */
  report(): DropReport | undefined {
    this.#logIfDue();
    if (this.#unreported === 0) return undefined;
    this.#nextReport = clock.ticks() + REPORT_INTERVAL_MS;
    const report = {
      destination: this.#destination,
      dropped: this.#unreported,
      from: this.#from,
      to: this.#to,
      reasons: this.#reasons,
    };
    this.#unreported = 0;
    this.#reasons = {};
    return report;
  }

  #logIfDue(): void {
    const ticks = clock.ticks();
    if (this.#nextLog === undefined || ticks < this.#nextLog || this.#logged === this.total) return;
    this.#nextLog = ticks + LOG_INTERVAL_MS;
    this.#log();
  }

  #log(): void {
    const events = this.total - this.#logged === 1 ? '1 event' : `${this.total - this.#logged} events`;
    this.#logged = this.total;
    diag.warn(`${PACKAGE_NAME}: ${this.#destination}: ${events} dropped, ${this.total} in all`);
  }
}
