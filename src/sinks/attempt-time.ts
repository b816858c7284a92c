import * as clock from '../clock.js';
import { DeliveryError } from './delivery-error.js';

/**
 * Runs an attempt to deliver, and rejects when its time is over, whatever the attempt does then.
 *
 * @param given - the signal of the queue. Without it, the attempt gets one that is aborted after `millis`.
 */
export async function withinTime<Result>(
  given: AbortSignal | undefined,
  millis: number,
  attempt: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const own = given === undefined ? new AbortController() : undefined;
  const signal = given ?? (own as AbortController).signal;
  const timer = own && clock.setTimeout(() => own.abort(), millis).unref();
  let abandon: (() => void) | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    abandon = () => reject(new DeliveryError('there was no answer in time', { outcome: 'retry' }));
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([over, attempt(signal)]);
  } finally {
    if (abandon !== undefined) signal.removeEventListener('abort', abandon);
    clock.clearTimeout(timer);
  }
}
