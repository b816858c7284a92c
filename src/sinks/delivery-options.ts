import { BOOLEAN, objectOf, rule, valueOr, WHOLE_NUMBER } from '../options/option-rules.js';

/** How the queue in front of a sink batches, and what it does after a failure. */
export interface DeliveryOptions {
  /** Maximum number of events in a batch. */
  maxBatchSize?: number;
  /** Maximum number of bytes of JSON in a batch. A larger event is a batch of its own. */
  maxBatchBytes?: number;
  /** Milliseconds that an event waits for its batch to fill. With 0, a batch is sent when the caller's turn is over. */
  flushIntervalMillis?: number;
  /** Milliseconds after which an attempt to send a batch is aborted, and counts as a failure that may pass. */
  timeoutMillis?: number;
  /**
   * Whether a batch that was too large for the destination is split and sent again, and later batches are smaller for a
   * while. Otherwise it is sent again as it is.
   */
  adaptiveBatching?: boolean;
  /** The number of events below which a batch is not split. */
  minBatchSize?: number;
  /** Attempts after a failure that may pass. `false`: the events are given up after the first one. */
  retry?: DeliveryRetryOptions | false;
}

/** The pauses between attempts: exponential, each a random part of its maximum ("full jitter"). */
export interface DeliveryRetryOptions {
  /** The longest first pause. */
  initialDelayMillis?: number;
  /** The longest pause of all. */
  maxDelayMillis?: number;
  /** Milliseconds after which a batch is given up. With a spool it is never given up. */
  maxElapsedMillis?: number;
}

/** The limits of an attempt unless options say otherwise, for the queue and for the sinks that send over a network. */
export const ATTEMPT_DEFAULTS = { timeoutMillis: 30_000, adaptiveBatching: true, minBatchSize: 1 };

const MILLIS = rule(
  'a number of milliseconds, or 0',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);

/** The rule for an option `delivery`. */
export const DELIVERY_RULE = objectOf(
  {
    maxBatchSize: WHOLE_NUMBER,
    maxBatchBytes: WHOLE_NUMBER,
    flushIntervalMillis: MILLIS,
    timeoutMillis: WHOLE_NUMBER,
    adaptiveBatching: BOOLEAN,
    minBatchSize: WHOLE_NUMBER,
    retry: valueOr(
      (value) => value === false,
      objectOf(
        { initialDelayMillis: MILLIS, maxDelayMillis: MILLIS, maxElapsedMillis: MILLIS },
        'false, or an object with options such as "maxElapsedMillis"',
      ),
    ),
  },
  'an object with options such as "maxBatchSize"',
);
