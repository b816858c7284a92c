import { ATTEMPT_DEFAULTS, type DeliveryOptions } from '../sinks/delivery-options.js';

/** The longest pause that a destination may ask for. A longer one would outlast what it is meant for. */
const LONGEST_ASKED_PAUSE_MS = 5 * 60_000;

/** The settings of a destination without options: a batch at the end of each turn, of any size in bytes. */
const DEFAULTS = {
  maxBatchSize: 512,
  maxBatchBytes: Number.POSITIVE_INFINITY,
  flushIntervalMillis: 0,
  ...ATTEMPT_DEFAULTS,
};

const RETRY_DEFAULTS = {
  initialDelayMillis: 1_000,
  maxDelayMillis: 30_000,
  maxElapsedMillis: 5 * 60_000,
};

type RetrySettings = Readonly<typeof RETRY_DEFAULTS>;

/** The options of a delivery with their defaults. */
export interface DeliverySettings extends Readonly<typeof DEFAULTS> {
  /** `undefined` if a failed batch is given up at once. */
  readonly retry: RetrySettings | undefined;
}

/** Returns the options with their defaults. Members that are `undefined` count as absent. */
export function deliverySettings(options: DeliveryOptions | undefined): DeliverySettings {
  const { retry, ...others } = options ?? {};
  return {
    ...DEFAULTS,
    ...present(others),
    retry: retry === false ? undefined : { ...RETRY_DEFAULTS, ...present(retry ?? {}) },
  };
}

function present<Options extends object>(
  options: Options,
): { [Name in keyof Options]?: NonNullable<Options[Name]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Options]?: NonNullable<Options[Name]>;
  };
}

/**
 * Returns the milliseconds before the next attempt: a random part of a maximum that doubles with each failure ("full
 * jitter"), so that many processes do not come back to a destination at the same moment.
 *
 * @param failures - the number of attempts in a row that failed, from 1.
 * @param askedMillis - the pause that the destination asked for. The pause is never shorter.
 */
export function pauseMillis(
  { initialDelayMillis, maxDelayMillis }: RetrySettings,
  failures: number,
  askedMillis?: number,
): number {
  const most = Math.min(maxDelayMillis, initialDelayMillis * 2 ** Math.min(failures - 1, 30));
  return Math.max(askedPause(askedMillis), Math.random() * most);
}

/** Returns the pause that a destination asked for, within the longest one. */
export function askedPause(millis: number | undefined): number {
  return millis === undefined || !(millis > 0) ? 0 : Math.min(millis, LONGEST_ASKED_PAUSE_MS);
}
