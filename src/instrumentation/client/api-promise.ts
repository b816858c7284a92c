/**
 * Observes the promise that a client's method returned, without becoming part of it: the application gets the very
 * object that the SDK made. The request is on its way already, but the body is parsed when somebody asks, and an
 * unread failure must stay an unhandled rejection; so nothing is attached until the application attaches.
 *
 * Seen in openai 5.0.1 to 7.57.0: parsing twice throws "Body is unusable", `_thenUnwrap` parses anew, and from
 * 7.55 `withResponse` and `_thenUnwrap` are the instance's own functions. All that read the result do it through
 * `parse()`, private in the SDK's types, which so is the one method to stand in for; a promise of pages (7.55) has
 * readers of its own instead, each of which is stood in for.
 */
import { asFunction, isRecord } from '../../json/readers.js';
import type { Method } from '../patching/method-patches.js';

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

function observeInPlace(promise: ApiPromise, observer: ApiPromiseObserver, givesResponse: boolean): void {
  // Handed out before, by a transport that keeps its answers: it belongs to the call that it was made for.
  if (ObservedPromise.observationOf(promise) !== undefined) {
    observer.responded();
    return;
  }
  const observation = new Observation(promise, observer, givesResponse);
  new ObservedPromise(promise, observation);
  for (const name of observation.parses ? PARSING : READING) replace(promise, name, observation);
}

/** What is known of one promise of the SDK. Its methods stand in for the promise's own, which they call. */
class Observation {
  readonly #promise: ApiPromise;
  readonly #observer: ApiPromiseObserver;
  /** Whether what the promise gives is the API's response, and not what the application made of it. */
  readonly #givesResponse: boolean;
  readonly #then: ApiPromise['then'];
  /** Where all readers go through it. */
  readonly #parse: Method | undefined;
  #parsed: Promise<unknown> | undefined;
  #insideWithResponse = false;

  constructor(promise: ApiPromise, observer: ApiPromiseObserver, givesResponse: boolean) {
    this.#promise = promise;
    this.#observer = observer;
    this.#givesResponse = givesResponse;
    // As they are before they are replaced.
    this.#then = promise.then;
    this.#parse = Object.hasOwn(promise, 'then') ? undefined : asFunction(promise.parse);
  }

  get parses(): boolean {
    return this.#parse !== undefined;
  }

  parse(): Promise<unknown> {
    this.#observer.attached();
    this.#parsed ??= this.#observer.run(() => this.#read());
    return this.#parsed;
  }

  #read(): Promise<unknown> {
    const onValue = (value: unknown) => {
      this.#resolved(value);
      return value;
    };
    const onError = (error: unknown) => {
      this.#observer.rejected(error);
      throw error;
    };
    if (this.#parse === undefined) return this.#then.call(this.#promise, onValue, onError);
    return (this.#parse.call(this.#promise) as Promise<unknown>).then(onValue, onError);
  }

  asResponse(asResponse: Method): Promise<unknown> {
    const response = asResponse.call(this.#promise) as Promise<unknown>;
    // 5.x and 6.x call it from withResponse(), where the body is parsed too.
    if (this.#insideWithResponse) return response;
    this.#observer.attached();
    return response.then(
      (answer) => {
        if (this.#parsed === undefined) this.#observer.responded();
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
    const result = this.#observer.run(() => {
      this.#insideWithResponse = true;
      try {
        return withResponse.call(this.#promise) as Promise<unknown>;
      } finally {
        this.#insideWithResponse = false;
      }
    });
    return result.then(
      (answer) => {
        if (isRecord(answer)) this.#resolved(answer.data);
        return answer;
      },
      (error: unknown) => {
        this.#observer.rejected(error);
        throw error;
      },
    );
  }

  thenUnwrap(thenUnwrap: Method, transform: (data: unknown, props: unknown) => unknown): unknown {
    const child = thenUnwrap.call(this.#promise, (data: unknown, props: unknown) => {
      this.#resolved(data);
      return transform(data, props);
    });
    // The child's value is the application's own transformation; only its failures are news.
    if (isThenable(child) && isApiPromise(child)) observeInPlace(child, this.#observer, false);
    return child;
  }

  #resolved(value: unknown): void {
    if (this.#givesResponse) this.#observer.resolved(value);
  }
}

/** Makes its caller the constructor of what it is given. */
const Given = function (this: unknown, value: object) {
  return value;
} as unknown as new (
  value: object,
) => object;

/**
 * A promise and what is known of it, tied by a private member: the application cannot come across it, and unlike a
 * `WeakMap` it costs the garbage collector nothing.
 */
class ObservedPromise extends Given {
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
    observation.thenUnwrap(thenUnwrap, transform as (data: unknown, props: unknown) => unknown),
};

/** Stand-ins of what promises inherit, one for all of them; by the method that each stands in for. */
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
 * Puts a function of ours in the place of a method, which looks like the method to whoever looks (name, length,
 * kind). What the instance owns already (7.55) stays as visible as it was; what it inherits stays out of sight.
 */
function replace(promise: ApiPromise, name: MethodName, observation: Observation): void {
  const method = promise[name] as Method;
  if (Object.hasOwn(promise, name)) {
    // An own method may be one that needs no `this`.
    Object.defineProperty(promise, name, { value: replacement(method, name, observation) });
    return;
  }
  let inherited = inheritedReplacements[name].get(method);
  if (inherited === undefined) {
    inherited = hiddenProperty(name, replacement(method, name));
    inheritedReplacements[name].set(method, inherited);
  }
  Object.defineProperty(promise, name, inherited);
}

/** An own property that shows in no list of them, until it is assigned to: as a method that is inherited. */
function hiddenProperty(name: MethodName, method: Method): PropertyDescriptor {
  return {
    get: () => method,
    set(this: object, value: unknown) {
      Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    },
    configurable: true,
  };
}

/** @param owner - whose method it is; without it, of the promise that it is called on. */
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
