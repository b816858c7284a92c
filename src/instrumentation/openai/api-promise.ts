/**
 * Observes the promise that a client's method returned, without becoming part of it: the application gets the very
 * object that the SDK made. The request is on its way already, but the body is parsed when somebody asks, and an
 * unread failure must stay an unhandled rejection; so nothing is attached until the application attaches.
 *
 * Seen in openai 5.0.1 to 7.55.0: parsing twice throws "Body is unusable", `_thenUnwrap` parses anew, and from
 * 7.55 `withResponse` and `_thenUnwrap` are the instance's own functions. So only its public methods are wrapped.
 */
import { asFunction, isRecord } from '../../foreign/read.js';

type Handler = ((value: unknown) => unknown) | null | undefined;

/** What is told of the promise; each may come more than once, and none throws. */
export interface ApiPromiseObserver {
  /** Runs the parsing of the body, which may send a retry (7.55), in the call's context. */
  run<T>(action: () => T): T;
  /** The application has asked for the result, so it will be told, one way or the other. */
  attached(): void;
  resolved(value: unknown): void;
  rejected(error: unknown): void;
  /** The application asked for the raw response and will read its body itself. */
  responded(): void;
}

/** The methods of the SDK's promise that are wrapped; `_thenUnwrap` tells it from an ordinary promise. */
interface ApiPromise extends Promise<unknown> {
  asResponse(): Promise<unknown>;
  withResponse(): Promise<unknown>;
  _thenUnwrap(transform: (data: unknown, props: unknown) => unknown): ApiPromise;
}

export function observeApiPromise(returned: unknown, observer: ApiPromiseObserver): unknown {
  if (!isThenable(returned)) {
    observer.resolved(returned);
    return returned;
  }
  if (isApiPromise(returned)) {
    wrapMethods(returned, observer, (value) => observer.resolved(value));
    return returned;
  }
  // A custom transport's own promise: it has no laziness to preserve.
  observer.attached();
  return returned.then(
    (value) => {
      observer.resolved(value);
      return value;
    },
    (error: unknown) => {
      observer.rejected(error);
      throw error;
    },
  );
}

function wrapMethods(
  promise: ApiPromise,
  observer: ApiPromiseObserver,
  onValue: (value: unknown) => void,
): void {
  const { then, asResponse, withResponse, _thenUnwrap } = promise;
  let parsed: Promise<unknown> | undefined;
  let insideWithResponse = false;

  const parse = (): Promise<unknown> => {
    observer.attached();
    parsed ??= observer.run(() =>
      then.call(
        promise,
        (value) => {
          onValue(value);
          return value;
        },
        (error: unknown) => {
          observer.rejected(error);
          throw error;
        },
      ),
    );
    return parsed;
  };

  replace(promise, 'then', ([onFulfilled, onRejected]) =>
    parse().then(onFulfilled as Handler, onRejected as Handler),
  );
  replace(promise, 'catch', ([onRejected]) => parse().catch(onRejected as Handler));
  replace(promise, 'finally', ([onFinally]) => parse().finally(onFinally as () => void));

  replace(promise, 'asResponse', () => {
    // 5.x and 6.x call it from withResponse(), where the body is parsed too.
    if (insideWithResponse) return asResponse.call(promise);
    observer.attached();
    return asResponse.call(promise).then(
      (response) => {
        if (parsed === undefined) observer.responded();
        return response;
      },
      (error: unknown) => {
        observer.rejected(error);
        throw error;
      },
    );
  });

  replace(promise, 'withResponse', () => {
    insideWithResponse = true;
    observer.attached();
    const result = observer.run(() => {
      try {
        return withResponse.call(promise);
      } finally {
        insideWithResponse = false;
      }
    });
    return result.then(
      (answer) => {
        if (isRecord(answer)) onValue(answer.data);
        return answer;
      },
      (error: unknown) => {
        observer.rejected(error);
        throw error;
      },
    );
  });

  replace(promise, '_thenUnwrap', ([argument]) => {
    const transform = argument as (data: unknown, props: unknown) => unknown;
    const child = _thenUnwrap.call(promise, (data, props) => {
      onValue(data);
      return transform(data, props);
    });
    // The child's value is the application's own transformation; only its failures are news.
    if (isApiPromise(child)) wrapMethods(child, observer, () => {});
    return child;
  });
}

function isThenable(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' && value !== null && asFunction((value as Promise<unknown>).then) !== undefined
  );
}

function isApiPromise(value: Promise<unknown>): value is ApiPromise {
  const { _thenUnwrap, asResponse, withResponse } = value as ApiPromise;
  return [_thenUnwrap, asResponse, withResponse].every((method) => typeof method === 'function');
}

/**
 * Puts a function of ours in the place of a method, which looks like the method to whoever looks (name, length,
 * kind). What the instance owns already (7.55) stays as visible as it was; what it inherits stays out of sight.
 */
function replace(
  target: ApiPromise,
  name: keyof ApiPromise & string,
  call: (args: unknown[]) => unknown,
): void {
  const value = new Proxy(target[name], { apply: (_method, _promise, args) => call(args) });
  const own = Object.getOwnPropertyDescriptor(target, name);
  if (own !== undefined) {
    Object.defineProperty(target, name, { ...own, value });
    return;
  }
  Object.defineProperty(target, name, {
    get: () => value,
    // As an assignment does where a method is only inherited.
    set(this: object, assigned: unknown) {
      Object.defineProperty(this, name, {
        value: assigned,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    },
    configurable: true,
  });
}
