/** The treatment of the events of a failed delivery by the queue. */
export type DeliveryOutcome =
  /** It sends them again later. */
  | 'retry'
  /** It sends them again in two halves, because together they were too large. A single event is given up. */
  | 'too-large'
  /** It never sends them again, because the destination will not take them. */
  | 'refused';

/** Options of {@link DeliveryError}. */
export interface DeliveryErrorOptions {
  readonly outcome: DeliveryOutcome;
  /**
   * The number of events at the beginning of the batch that the destination has taken. They are not sent again.
   *
   * @defaultValue 0
   */
  readonly delivered?: number;
  /**
   * The number of events after the delivered ones that the outcome applies to. The rest of the batch is sent again: at
   * once, or behind those that are to be sent again later.
   *
   * @defaultValue all of them
   */
  readonly affected?: number;
  /** Milliseconds that the destination asked to wait, such as those of the header `Retry-After`. */
  readonly retryAfterMillis?: number;
  readonly cause?: unknown;
}

/**
 * The error with which a sink rejects a batch and says what is to become of its events. Any other error of a sink counts
 * as a failure that may pass.
 *
 * ```ts
 * throw new DeliveryError('the endpoint answered 429', { outcome: 'retry', retryAfterMillis: 2_000 });
 * ```
 */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly outcome: DeliveryOutcome;
  readonly delivered: number;
  readonly affected: number | undefined;
  readonly retryAfterMillis: number | undefined;

  constructor(
    message: string,
    { outcome, delivered = 0, affected, retryAfterMillis, cause }: DeliveryErrorOptions,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.outcome = outcome;
    this.delivered = delivered;
    this.affected = affected;
    this.retryAfterMillis = retryAfterMillis;
  }
}
