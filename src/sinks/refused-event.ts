import { PACKAGE_NAME } from '../version.js';
import { DeliveryError, type DeliveryErrorOptions } from './delivery-error.js';

/**
 * Refuses one event of a batch, which cannot be encoded. The events before it are delivered first, because a batch is
 * answered for from its beginning.
 *
 * @param index - the number of events before it.
 * @param sendBefore - sends the events before it. Not called if there is none.
 */
export async function refuseOne(
  index: number,
  problem: unknown,
  sendBefore: () => Promise<void>,
): Promise<never> {
  if (index > 0) {
    try {
      await sendBefore();
    } catch (error) {
      if (error instanceof DeliveryError) throw copyOf(error, { affected: error.affected ?? index });
      throw error;
    }
  }
  const text = problem instanceof Error ? problem.message.replace(`${PACKAGE_NAME}: `, '') : String(problem);
  throw new DeliveryError(`the event cannot be encoded: ${text}`, {
    outcome: 'refused',
    delivered: index,
    affected: 1,
  });
}

/**
 * Returns the error of one event of a batch as that of the batch: those before it are delivered, and only it is refused.
 *
 * @param index - the number of events before it.
 */
export function errorAt(error: unknown, index: number): unknown {
  if (!(error instanceof DeliveryError)) return error;
  if (error.outcome === 'retry') return copyOf(error, { delivered: index });
  return copyOf(error, { outcome: 'refused', delivered: index, affected: 1 });
}

function copyOf(error: DeliveryError, changes: Partial<DeliveryErrorOptions>): DeliveryError {
  const { message, outcome, delivered, affected, retryAfterMillis } = error;
  return new DeliveryError(message, {
    outcome,
    delivered,
    ...(affected !== undefined && { affected }),
    ...(retryAfterMillis !== undefined && { retryAfterMillis }),
    ...changes,
  });
}
