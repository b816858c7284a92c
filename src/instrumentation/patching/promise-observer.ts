/**
 * Observes promises without standing between them and the application.
 *
 * A handler of ours marks a promise as handled, and then Node no longer reports a rejection that the application left
 * unhandled. So a promise of the application's own transport gets no handler until the application attaches one. The
 * attaching shows only in V8's promise hooks: `await` does not go through the promise's `then`. The hook is on from the
 * moment when the promise is handed out until the application attaches a handler, for a second at most, because it
 * slows all promises of the process. A promise that the application has not touched by then stays unobserved.
 */
import { types } from 'node:util';
import * as v8 from 'node:v8';
import * as clock from '../../clock.js';

const { then } = Promise.prototype;

/** Deno (2.9) has no such export, so it cannot be imported by its name. */
const { promiseHooks } = v8 as Partial<typeof v8>;

/** How long a promise is watched for the first handler. */
const WATCHED_MILLIS = 1000;

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
  if (isPlainPromise(promise)) attach(promise, observer);
  else withPlainConstructor(promise, attach, observer);
}

function attach(promise: Promise<unknown>, observer: PromiseObserver): void {
  // The derived promise is dropped. It cannot reject, because observers do not throw.
  void then.call(
    promise,
    (value) => observer.resolved(value),
    (error: unknown) => observer.rejected(error),
  );
}

/**
 * `then` makes its promise with the `constructor` of the promise that it is called on, which may be a class of the
 * application. For the moment of the call the promise has the platform's. One that takes no property stays unobserved.
 */
function withPlainConstructor(
  promise: Promise<unknown>,
  action: (promise: Promise<unknown>, observer: PromiseObserver) => void,
  observer: PromiseObserver,
): void {
  const own = Object.getOwnPropertyDescriptor(promise, 'constructor');
  if (own === undefined ? !Object.isExtensible(promise) : own.configurable !== true) return;
  Object.defineProperty(promise, 'constructor', { value: Promise, configurable: true });
  try {
    action(promise, observer);
  } finally {
    if (own === undefined) Reflect.deleteProperty(promise, 'constructor');
    else Object.defineProperty(promise, 'constructor', own);
  }
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
  // Other runtimes may not have the hooks, or only their name. The promise then stays unobserved.
  if (typeof promiseHooks?.onInit !== 'function') return;
  const end = clock.setTimeout(() => stop(), WATCHED_MILLIS);
  end.unref();
  const stop = promiseHooks.onInit((_derived, parent) => {
    if (parent !== promise) return;
    stop();
    clock.clearTimeout(end);
    attached();
    observeBeside(promise, observer);
  });
}

/**
 * Observes the end of a call whose promise the application may leave alone: a handler on the side would make an
 * unhandled rejection a handled one. The application gets the chained promise, one microtask later. A call that throws
 * rejects, and one that returns no promise resolves.
 */
export function chained(call: () => unknown, observer: PromiseObserver): unknown {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    observer.rejected(error);
    throw error;
  }
  const then: unknown =
    typeof returned === 'object' && returned !== null ? Reflect.get(returned, 'then') : undefined;
  if (typeof then !== 'function') {
    observer.resolved(returned);
    return returned;
  }
  return Reflect.apply(then, returned, [
    (result: unknown) => {
      observer.resolved(result);
      return result;
    },
    (error: unknown) => {
      observer.rejected(error);
      throw error;
    },
  ]);
}
