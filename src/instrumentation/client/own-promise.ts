/**
 * Observes promises without standing between them and the application.
 *
 * A handler of ours marks a promise as handled, and then Node no longer reports a rejection that the application left
 * unhandled. So a promise of the application's own transport gets no handler until the application attaches one. The
 * attaching shows only in V8's promise hooks: `await` does not go through the promise's `then`. The hook is on from the
 * moment when the promise is handed out to the end of that turn of the event loop. A promise that the application has
 * not touched by then stays unobserved.
 */
import { types } from 'node:util';
import { promiseHooks } from 'node:v8';
import * as clock from '../../clock.js';

const { then } = Promise.prototype;

/** Neither method throws. */
export interface PromiseObserver {
  resolved(value: unknown): void;
  rejected(error: unknown): void;
}

/** Whether handlers can be attached to it without running code of the application. */
export function isPlainPromise(value: object): boolean {
  return (
    types.isPromise(value) &&
    Object.getPrototypeOf(value) === Promise.prototype &&
    !Object.hasOwn(value, 'constructor')
  );
}

/**
 * Attaches handlers beside those of the promise's reader, who continues in the same microtask as without them. Only for
 * a promise that is certain to have another reader: its rejection counts as handled from now on.
 */
export function observeBeside(promise: Promise<unknown>, observer: PromiseObserver): void {
  // The derived promise is dropped. It cannot reject, because observers do not throw.
  void then.call(
    promise,
    (value) => observer.resolved(value),
    (error: unknown) => observer.rejected(error),
  );
}

/**
 * Observes a promise of the application's own transport, once the application attaches a handler to it.
 *
 * @param attached - called when the application attaches a handler, before the observer is notified.
 */
export function observeOwnPromise(
  promise: Promise<unknown>,
  observer: PromiseObserver,
  attached: () => void,
): void {
  // Other runtimes may not have the hooks. The promise then stays unobserved.
  if (typeof promiseHooks?.onInit !== 'function') return;
  const end = clock.setImmediate(() => stop());
  end.unref();
  const stop = promiseHooks.onInit((_derived, parent) => {
    if (parent !== promise) return;
    stop();
    clock.clearImmediate(end);
    attached();
    observeBeside(promise, observer);
  });
}
