/**
 * Observes the promise that a client's method returned. The application gets the very object that the SDK made.
 *
 * The request is on its way already, but the body is parsed only when the application asks for it, and an unread
 * failure must stay an unhandled rejection. So no handler is attached until the application attaches one.
 *
 * Seen in openai 5.0.1 to 7.57.0: parsing twice throws "Body is unusable", `_thenUnwrap` parses again, and from 7.55 on
 * `withResponse` and `_thenUnwrap` are the instance's own functions. All methods read the result through `parse()`,
 * which is private in the SDK's types, so replacing that one is enough. A promise of pages (7.55) has readers of its
 * own instead, and each of them is replaced.
 *
 * Optimised by hand: an arrow function and no `Proxy` in the place of the SDK's own `_thenUnwrap`. With a `Proxy` V8's
 * young-generation collector keeps the promise, the request and the parsed response until the next full collection:
 * 13.8 instead of 8.9 kB a call survive (Node 20, medians of six runs of
 * `node --single-threaded .cache/bench/client-worker.js "ours: traces" survivors`).
 */
import { types } from 'node:util';
import { asFunction, isRecord } from '../../json/readers.js';
import type { Method } from '../patching/method-patches.js';
import {
  isPlainPromise,
  observeBeside,
  observeOwnPromise,
  type PromiseObserver,
} from '../patching/promise-observer.js';

type Transform = (data: unknown, props: unknown) => unknown;
type Handler = ((value: unknown) => unknown) | null | undefined;

/** Notified of what the application does with the promise. Each method may be called several times; none throws. */
export interface ApiPromiseObserver {
  /** Runs the parsing of the body in the call's context, since it may send a retry (7.55). */
  run<This, T>(action: (this: This) => T, receiver: This): T;
  /** The application asked for the result, so `resolved`, `rejected` or `responded` will follow. */
  attached(): void;
  resolved(value: unknown): void;
  rejected(error: unknown): void;
  /**
   * The application asked for the raw response and reads its body itself.
   *
   * @param response - `undefined` if it is not known.
   */
  responded(response?: unknown): void;
  /**
   * Runs an action when the response arrives, without a handler on the promise. Returns `false` if it is not known when
   * that is.
   */
  answered?(action: (response: unknown) => void): boolean;
  /** The promise is not the SDK's but that of a transport of the application. */
  ownTransport?(): void;
}

/** The wrapped methods of the SDK's promise. `_thenUnwrap` distinguishes it from an ordinary promise. */
interface ApiPromise extends Promise<unknown> {
  asResponse(): Promise<unknown>;
  withResponse(): Promise<unknown>;
  _thenUnwrap(transform: Transform): ApiPromise;
  parse?: unknown;
}

export function observeApiPromise(returned: unknown, observer: ApiPromiseObserver): unknown {
  if (!isThenable(returned)) {
    observer.resolved(returned);
    return returned;
  }
  if (isApiPromise(returned)) {
    observeInPlace(returned, observer, true);
    return returned;
  }
  observeOtherPromise(returned, observer);
  return returned;
}

/** Observes the promise of a transport of the application. */
function observeOtherPromise(returned: Promise<unknown>, observer: ApiPromiseObserver): void {
  observer.ownTransport?.();
  const isNative: boolean = types.isPromise(returned);
  if (isNative) {
    observeOwnPromise(returned, observer, () => observer.attached());
  } else {
    // Another library's promise, which tracks its rejections in its own way.
    observer.attached();
    void returned.then(
      (value) => observer.resolved(value),
      (error: unknown) => observer.rejected(error),
    );
  }
}

/** Observes a promise of the SDK that no other code has, and returns the promise that takes its place. */
export function observeSdkPromise(
  returned: Promise<unknown>,
  observer: ApiPromiseObserver,
): Promise<unknown> {
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

function observeInPlace(promise: ApiPromise, observer: ApiPromiseObserver, givesResponse: boolean): void {
  // A transport that keeps its answers returned this promise before. It belongs to the call that it was made for.
  if (ObservedPromise.observationOf(promise) !== undefined) {
    observer.responded();
    return;
  }
  const observation = new Observation(promise, observer, givesResponse);
  new ObservedPromise(promise, observation);
  for (const name of observation.parses ? PARSING : READING) replace(promise, name, observation);
}

/** The observation of one promise of the SDK. Its methods replace the promise's own methods, which they call. */
class Observation implements PromiseObserver {
  readonly #promise: ApiPromise;
  readonly #observer: ApiPromiseObserver;
  /** Whether the promise resolves to the API's response, and not to the application's transformation of it. */
  readonly #givesResponse: boolean;
  readonly #then: ApiPromise['then'];
  /** `undefined` if the promise has readers that do not go through it. */
  readonly #parse: Method | undefined;
  #parsed: Promise<unknown> | undefined;
  #insideWithResponse = false;

  constructor(promise: ApiPromise, observer: ApiPromiseObserver, givesResponse: boolean) {
    this.#promise = promise;
    this.#observer = observer;
    this.#givesResponse = givesResponse;
    // Read before they are replaced.
    this.#then = promise.then;
    this.#parse = Object.hasOwn(promise, 'then') ? undefined : asFunction(promise.parse);
  }

  get parses(): boolean {
    return this.#parse !== undefined;
  }

  parse(): Promise<unknown> {
    this.#observer.attached();
    this.#parsed ??= this.#observer.run(this.#read, this);
    return this.#parsed;
  }

  #read(): Promise<unknown> {
    if (this.#parse === undefined) return this.#passedOn(this.#promise, this.#then);
    const parsed = this.#parse.call(this.#promise) as Promise<unknown>;
    if (!isPlainPromise(parsed)) return this.#passedOn(parsed, parsed.then);
    // All callers of `parse()` attach a handler to its result at once.
    observeBeside(parsed, this);
    return parsed;
  }

  #passedOn(promise: Promise<unknown>, then: ApiPromise['then']): Promise<unknown> {
    return then.call(
      promise,
      (value) => {
        this.resolved(value);
        return value;
      },
      (error: unknown) => {
        this.rejected(error);
        throw error;
      },
    );
  }

  resolved(value: unknown): void {
    if (this.#givesResponse) this.#observer.resolved(value);
  }

  rejected(error: unknown): void {
    this.#observer.rejected(error);
  }

  asResponse(asResponse: Method): Promise<unknown> {
    const response = asResponse.call(this.#promise) as Promise<unknown>;
    // 5.x and 6.x call it from withResponse(), which parses the body too.
    if (this.#insideWithResponse) return response;
    this.#observer.attached();
    const onAnswer = (answer: unknown) => {
      if (this.#parsed === undefined) this.#observer.responded(answer);
    };
    if (this.#observer.answered?.(onAnswer)) return response;
    return response.then(
      (answer) => {
        onAnswer(answer);
        return answer;
      },
      (error: unknown) => {
        this.#observer.rejected(error);
        throw error;
      },
    );
  }

  withResponse(withResponse: Method): Promise<unknown> {
    this.#observer.attached();
    const read = () => {
      this.#insideWithResponse = true;
      try {
        return withResponse.call(this.#promise) as Promise<unknown>;
      } finally {
        this.#insideWithResponse = false;
      }
    };
    return this.#observer.run(read, undefined).then(
      (answer) => {
        if (isRecord(answer)) this.resolved(answer.data);
        return answer;
      },
      (error: unknown) => {
        this.#observer.rejected(error);
        throw error;
      },
    );
  }

  thenUnwrap(thenUnwrap: Method, transform: Transform): unknown {
    const child = thenUnwrap.call(this.#promise, (data: unknown, props: unknown) => {
      this.resolved(data);
      return transform(data, props);
    });
    // The child's value is the application's own transformation, so only its failures are recorded.
    if (isThenable(child) && isApiPromise(child)) observeInPlace(child, this.#observer, false);
    return child;
  }
}

/** A base class whose constructor returns its argument, so that a subclass can add private fields to that object. */
const AdoptInstance = function (this: unknown, value: object) {
  return value;
} as unknown as new (
  value: object,
) => object;

/**
 * Ties a promise to its observation by a private field. The application cannot see the field, and unlike a `WeakMap`
 * it adds no work for the garbage collector.
 */
class ObservedPromise extends AdoptInstance {
  readonly #observation: Observation;

  constructor(promise: ApiPromise, observation: Observation) {
    super(promise);
    this.#observation = observation;
  }

  static observationOf(value: unknown): Observation | undefined {
    return typeof value === 'object' && value !== null && #observation in value
      ? value.#observation
      : undefined;
  }
}

const PARSING = ['parse', 'asResponse', '_thenUnwrap'] as const;
const READING = ['then', 'catch', 'finally', 'asResponse', 'withResponse', '_thenUnwrap'] as const;

type MethodName = (typeof PARSING | typeof READING)[number];

type Replacement = (observation: Observation, method: Method, args: readonly unknown[]) => unknown;

const REPLACEMENTS: Readonly<Record<MethodName, Replacement>> = {
  // biome-ignore lint/suspicious/noThenProperty: a table of methods, `then` among them.
  then: (observation, _then, [onFulfilled, onRejected]) =>
    observation.parse().then(onFulfilled as Handler, onRejected as Handler),
  catch: (observation, _catch, [onRejected]) => observation.parse().catch(onRejected as Handler),
  finally: (observation, _finally, [onFinally]) => observation.parse().finally(onFinally as () => void),
  parse: (observation) => observation.parse(),
  asResponse: (observation, asResponse) => observation.asResponse(asResponse),
  withResponse: (observation, withResponse) => observation.withResponse(withResponse),
  _thenUnwrap: (observation, thenUnwrap, [transform]) =>
    observation.thenUnwrap(thenUnwrap, transform as Transform),
};

/** Replacements of inherited methods, shared by all promises and keyed by the method that each replaces. */
const inheritedReplacements: Readonly<Record<MethodName, WeakMap<Method, PropertyDescriptor>>> = {
  // biome-ignore lint/suspicious/noThenProperty: a table of methods, `then` among them.
  then: new WeakMap(),
  catch: new WeakMap(),
  finally: new WeakMap(),
  parse: new WeakMap(),
  asResponse: new WeakMap(),
  withResponse: new WeakMap(),
  _thenUnwrap: new WeakMap(),
};

/**
 * Replaces a method by a function that looks like it (name, length, kind). An own method of the instance (7.55) stays
 * as visible as it was, and an inherited method stays hidden.
 */
function replace(promise: ApiPromise, name: MethodName, observation: Observation): void {
  const method = promise[name] as Method;
  if (Object.hasOwn(promise, name)) {
    // An own method may be called without `this`, so the replacement needs the observation itself.
    const value =
      name === '_thenUnwrap' && isArrowOfOne(method)
        ? unwrapArrow(observation, method)
        : replacement(method, name, observation);
    Object.defineProperty(promise, name, { value });
    return;
  }
  let inherited = inheritedReplacements[name].get(method);
  if (inherited === undefined) {
    inherited = hiddenProperty(name, replacement(method, name));
    inheritedReplacements[name].set(method, inherited);
  }
  Object.defineProperty(promise, name, inherited);
}

/** Whether a function equals one of {@link unwrapArrow} in everything that code can ask: name, length, kind. */
function isArrowOfOne(method: Method): boolean {
  return (
    method.name === '' &&
    method.length === 1 &&
    !Object.hasOwn(method, 'prototype') &&
    Object.getPrototypeOf(method) === Function.prototype
  );
}

/** Returns the arrow as a value without a name, which a property would give it. */
function unwrapArrow(observation: Observation, method: Method): (transform: unknown) => unknown {
  return (transform) => observation.thenUnwrap(method, transform as Transform);
}

/** An own property that is not enumerable until it is assigned to, like an inherited method. */
function hiddenProperty(name: MethodName, method: Method): PropertyDescriptor {
  return {
    get: () => method,
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    },
    configurable: true,
  };
}

/** @param owner - the observation to use; if absent, the observation of the promise on which the method is called. */
function replacement(method: Method, name: MethodName, owner?: Observation): Method {
  return new Proxy(method, {
    apply(original, receiver: unknown, args: unknown[]) {
      const observation = owner ?? ObservedPromise.observationOf(receiver);
      if (observation === undefined) return Reflect.apply(original, receiver, args);
      return REPLACEMENTS[name](observation, original, args);
    },
  });
}

function isThenable(value: unknown): value is Promise<unknown> {
  return (
    typeof value === 'object' && value !== null && asFunction((value as Promise<unknown>).then) !== undefined
  );
}

function isApiPromise(value: Promise<unknown>): value is ApiPromise {
  const { _thenUnwrap, asResponse, withResponse } = value as ApiPromise;
  return (
    typeof _thenUnwrap === 'function' &&
    typeof asResponse === 'function' &&
    typeof withResponse === 'function'
  );
}
