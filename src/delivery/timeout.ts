import * as clock from '../clock.js';

/** Resolves when the action does, or after the timeout. Rejects if the action does. */
export async function withTimeout(
  action: Promise<void>,
  millis: number,
  onTimeout: () => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = clock.setTimeout(() => {
      onTimeout();
      resolve();
    }, millis);
  });
  try {
    await Promise.race([action, timeout]);
  } finally {
    clock.clearTimeout(timer);
  }
}

/**
 * Settles as the answer does. Rejects if it does not settle in time, with the error that `lateError` makes. The wait does
 * not keep the process alive.
 */
export async function inTime<Value>(
  answer: PromiseLike<Value>,
  millis: number,
  lateError: () => Error,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimeout(() => reject(lateError()), millis).unref();
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clock.clearTimeout(timer);
  }
}
