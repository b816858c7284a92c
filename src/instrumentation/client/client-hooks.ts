/** The hooks of the `openai` client: which methods are wrapped, and what each wrapper does. */

import { type Context, context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { ownValue } from '../../json/own-data.js';
import {
  asFunction,
  asMembers,
  asNonEmptyString,
  asNumber,
  asRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import type { ClientOperation } from '../../openai-api/client-operation.js';
import { CLIENT_OPERATIONS } from '../../openai-api/client-operations.js';
import { describeFailure } from '../../semconv/failure.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { ListMethod, Method, MethodPatches, Sharing } from '../patching/method-patches.js';
import { isPlainPromise, observeBeside, type PromiseObserver } from '../patching/promise-observer.js';
import { methodOwner, prototypeOf } from '../patching/prototypes.js';
import { CLIENT_CALL_KEY, insideClientCall } from './call-context.js';
import { CallObserver } from './call-observer.js';
import { ClientCall } from './client-call.js';
import type { HttpAttempts } from './http-attempts.js';
import { activeOtherCall, type OtherCall } from './other-call.js';
import { hookRequests } from './request-hooks.js';
import { wrapRunTools } from './run-tools.js';

/** The clients whose calls are recorded, and the telemetry that records them. */
interface ClientHooks {
  /** Returns the telemetry of a client that {@link ClientHooks.sharing} accepts. */
  telemetryOf(client: object): Telemetry;
  readonly sharing: Sharing;
}

/**
 * Wraps the client's methods. Idempotent. Each call covers one of the two builds (ESM, CommonJS), since their classes
 * are different objects.
 *
 * @param clientClass - the class `OpenAI`, or one derived from it.
 * @returns the expected methods that are missing, for a warning.
 */
export function hookClient(clientClass: object, patches: MethodPatches, hooks: ClientHooks): string[] {
  const missing: string[] = [];
  const { accepts, rank } = hooks.sharing;
  const resourceSharing: Sharing = {
    rank,
    ...(accepts !== undefined && { accepts: (resource) => accepts(asRecord(resource)?._client) }),
  };
  for (const operation of CLIENT_OPERATIONS) {
    const prototype = prototypeOf(resolvePath(clientClass, operation.resource));
    const outcome =
      prototype === undefined
        ? 'missing'
        : patches.applyList(
            prototype,
            operation.method,
            (method) => wrapMethod(method, operation, hooks),
            resourceSharing,
          );
    if (outcome === 'missing' && operation.everywhere) {
      missing.push(`OpenAI.${operation.resource.join('.')}.prototype.${operation.method}`);
    }
  }
  const completions = prototypeOf(resolvePath(clientClass, ['Chat', 'Completions']));
  if (completions !== undefined) {
    patches.apply(completions, 'runTools', (run) => wrapRunTools(run, hooks.telemetryOf), resourceSharing);
  }
  const client = methodOwner(prototypeOf(clientClass), 'fetchWithTimeout');
  if (client === undefined) return [...missing, 'OpenAI.prototype.fetchWithTimeout'];
  patches.applyList(client, 'fetchWithTimeout', (fetch) => wrapFetch(fetch, hooks), hooks.sharing);
  hookRequests(client, patches, {
    ...hooks,
    callModel: (caller, operation, method, args) =>
      recordCall(caller, operation, method, caller, args, hooks),
  });
  // Private in the SDK's types, the same in 5.0.1 to 7.55.0. Without it only an unawaited failure is missed.
  patches.applyList(
    client,
    'makeRequest',
    (makeRequest) => wrapMakeRequest(makeRequest, hooks),
    hooks.sharing,
  );
  patches.applyList(client, 'retryRequest', (retry) => wrapRetryRequest(retry, hooks), hooks.sharing);
  return missing;
}

/** The call in whose context this client is sending a request; `undefined` if the active call is another client's. */
function activeClientCall(client: object): ClientCall | undefined {
  const call = context.active().getValue(CLIENT_CALL_KEY) as ClientCall | undefined;
  return call?.client === client ? call : undefined;
}

function wrapMethod(method: Method, operation: ClientOperation, hooks: ClientHooks): ListMethod {
  return (receiver, args) => {
    const client = asRecord(asRecord(receiver)?._client);
    if (client === undefined || activeClientCall(client)?.covers(operation)) {
      return Reflect.apply(method, receiver, args);
    }
    return recordCall(client, operation, method, receiver, args, hooks);
  };
}

/** Calls the client's method, and returns what the application gets. */
function recordCall(
  client: UnknownRecord,
  operation: ClientOperation,
  method: Method,
  receiver: unknown,
  args: readonly unknown[],
  hooks: ClientHooks,
): unknown {
  const telemetry = hooks.telemetryOf(client);
  const started = startCall(telemetry, operation, client, args);
  if (started === undefined) return Reflect.apply(method, receiver, args);
  const call = started instanceof ClientCall ? started : undefined;
  next.method = method;
  next.receiver = receiver;
  next.args = args;
  next.call = call;
  next.telemetry = telemetry;
  try {
    return insideClientCall(client, call?.context ?? (started as Context), callNext);
  } catch (error) {
    if (call !== undefined) failCall(call, error, telemetry);
    throw error;
  }
}

const NO_ARGUMENTS: readonly unknown[] = [];

interface NextMethod {
  method: Method | undefined;
  receiver: unknown;
  args: readonly unknown[];
  /** `undefined` if the call is not observed. */
  call: ClientCall | undefined;
  telemetry: Telemetry | undefined;
}

/**
 * The method that {@link callNext} calls. It is set just before, and read before any other code runs.
 *
 * Optimised by hand: a closure would cost 0.14 kB a call, 5 % of what is above the span by hand (`npm run bench:count --
 * --no-instructions`, Node 20).
 */
const next: NextMethod = {
  method: undefined,
  receiver: undefined,
  args: NO_ARGUMENTS,
  call: undefined,
  telemetry: undefined,
};

/** Calls the method of a client's resource in the context of its call. */
function callNext(): unknown {
  const { method, receiver, args, call, telemetry } = next;
  next.receiver = undefined;
  next.args = NO_ARGUMENTS;
  next.call = undefined;
  const returned = Reflect.apply(method as Method, receiver, args);
  return call?.observed && telemetry !== undefined ? observeCall(returned, call, telemetry) : returned;
}

function failCall(call: ClientCall, error: unknown, { guard }: Telemetry): void {
  guard.run('Ending a call', () => call.fail(error));
}

/** Has a `try` of its own, as {@link observeCall} has: closures for `Guard.run` would be made for each call. */
function startCall(
  telemetry: Telemetry,
  operation: ClientOperation,
  client: UnknownRecord,
  args: readonly unknown[],
): ClientCall | Context | undefined {
  try {
    return ClientCall.start(telemetry, operation, client, args);
  } catch (error) {
    telemetry.guard.caught('Starting a call', error);
    return undefined;
  }
}

function observeCall(returned: unknown, call: ClientCall, { guard }: Telemetry): unknown {
  try {
    return CallObserver.observe(returned, call, guard);
  } catch (error) {
    guard.caught('Observing a call', error);
    return returned;
  }
}

function wrapFetch(fetchWithTimeout: Method, hooks: ClientHooks): ListMethod {
  return (receiver, args) => {
    const client = receiver as object;
    const call = activeClientCall(client);
    const attempts = (call ?? activeOtherCall(client))?.attempts;
    if (attempts === undefined) return Reflect.apply(fetchWithTimeout, receiver, args);
    const { guard } = hooks.telemetryOf(client);
    const isAttempt = attemptStarts(attempts, call, guard);
    const response = Reflect.apply(fetchWithTimeout, receiver, args) as Promise<unknown>;
    if (!isAttempt) return response;
    // The request is on its way, so parsing a long body delays only what follows it.
    if (call !== undefined) bodySent(call, args[1], guard);
    if (call?.exchange.awaitsAnswer === true && isPlainPromise(response)) {
      attempts.awaitAnswer(response);
      return response;
    }
    return observeAttempt(response, new AttemptObserver(attempts, call, guard));
  };
}

/** Returns `false` if the request is not an attempt of the call. */
function attemptStarts(attempts: HttpAttempts, call: ClientCall | undefined, guard: Guard): boolean {
  try {
    call?.exchange.sending();
    return attempts.started();
  } catch (error) {
    guard.caught(ATTEMPT, error);
    return false;
  }
}

function bodySent(call: ClientCall, init: unknown, guard: Guard): void {
  try {
    call.bodySent(ownValue(init, 'body'));
  } catch (error) {
    guard.caught('Reading a request', error);
  }
}

const ATTEMPT = 'Recording an HTTP attempt';

/** Observes one HTTP attempt. Its methods have a `try` each, since closures for `Guard.run` would be made for each call. */
class AttemptObserver implements PromiseObserver {
  readonly #attempts: HttpAttempts;
  readonly #call: ClientCall | undefined;
  readonly #guard: Guard;

  /** @param call - `undefined` if the request calls no model. */
  constructor(attempts: HttpAttempts, call: ClientCall | undefined, guard: Guard) {
    this.#attempts = attempts;
    this.#call = call;
    this.#guard = guard;
  }

  resolved(answer: unknown): void {
    try {
      attemptAnswered(this.#attempts, answer);
      this.#call?.answered();
    } catch (error) {
      this.#guard.caught(ATTEMPT, error);
    }
  }

  rejected(error: unknown): void {
    try {
      this.#attempts.ended({ errorType: describeFailure(error).type });
    } catch (fault) {
      this.#guard.caught(ATTEMPT, fault);
    }
  }
}

function attemptAnswered(attempts: HttpAttempts, answer: unknown): void {
  attempts.ended({ statusCode: asNumber(asRecord(answer)?.status), requestId: requestId(answer) });
}

/** The client awaits the attempt, so an observer beside it costs no microtask turn and leaves no failure unhandled. */
function observeAttempt(response: Promise<unknown>, observer: PromiseObserver): Promise<unknown> {
  if (isPlainPromise(response)) {
    observeBeside(response, observer);
    return response;
  }
  return response.then(
    (answer) => {
      observer.resolved(answer);
      return answer;
    },
    (error: unknown) => {
      observer.rejected(error);
      throw error;
    },
  );
}

/** Reads the outcome of an attempt that has ended, in the next microtask. Returns `false` if nothing is left to read. */
function readAttempt(call: ClientCall, guard: Guard): boolean {
  const { attempts } = call;
  const response = attempts.takeAwaited();
  if (response === undefined) return false;
  observeBeside(response, new AttemptObserver(attempts, call, guard));
  return true;
}

/** The client calls it when an attempt has failed and another follows after a wait. Private, the same in 5.0.1 to 7.57.0. */
function wrapRetryRequest(retryRequest: Method, hooks: ClientHooks): ListMethod {
  return (receiver, args) => {
    const call = activeClientCall(receiver as object);
    if (call !== undefined) readAttempt(call, hooks.telemetryOf(call.client).guard);
    return Reflect.apply(retryRequest, receiver, args);
  };
}

/**
 * Records the end of a call's request in the request's own chain, so that an unawaited failure is recorded too. It
 * costs one microtask turn: the chain alone may have a reader, and its rejection must stay unhandled without one.
 */
function wrapMakeRequest(makeRequest: Method, hooks: ClientHooks): ListMethod {
  return (receiver, args) => {
    const call = activeClientCall(receiver as object);
    // A retry is a request within the request, and has the id of the one it repeats.
    if (args[2] !== undefined) {
      // A request with a new token is repeated without `retryRequest` (6.49.0 and 7.57.0).
      if (call !== undefined) readAttempt(call, hooks.telemetryOf(call.client).guard);
      return Reflect.apply(makeRequest, receiver, args);
    }
    const other = call === undefined ? activeOtherCall(receiver as object) : undefined;
    if (other?.begin() === true)
      return endWithRequest(other, Reflect.apply(makeRequest, receiver, args), hooks);
    call?.attempts.requestStarted();
    // The client's own code may make requests within the request, for example to get a key.
    const isOwn = call?.exchange.begin() === true;
    const result = Reflect.apply(makeRequest, receiver, args) as Promise<unknown>;
    return call === undefined || !isOwn
      ? result
      : withRequestEnd(result, call, hooks.telemetryOf(call.client));
  };
}

/**
 * Most requests have one attempt, whose outcome is that of the request. The attempt itself is read only if the request
 * fails or repeats it.
 *
 * Optimised by hand: one promise less a call, 0.4 kB of the 2.6 kB above the span by hand (`npm run bench:count --
 * --no-instructions`, Node 20).
 */
function withRequestEnd(result: Promise<unknown>, call: ClientCall, { guard }: Telemetry): Promise<unknown> {
  return result.then(
    (answer) => {
      try {
        const response = ownValue(answer, 'response');
        if (call.attempts.takeAwaited() !== undefined) {
          attemptAnswered(call.attempts, response);
          call.answered();
        }
        call.exchange.answered(response);
      } catch (error) {
        guard.caught('Ending a call', error);
      }
      return answer;
    },
    (error: unknown) => {
      const end = () =>
        guard.run('Ending a call', () => {
          call.fail(error);
          call.exchange.answered(undefined);
        });
      // Readers of the request are notified after both microtasks.
      if (readAttempt(call, guard)) void Promise.resolve().then(end);
      else end();
      throw error;
    },
  );
}

/** Ends a call that calls no model with its request. */
function endWithRequest(call: OtherCall, result: unknown, hooks: ClientHooks): unknown {
  const { guard } = hooks.telemetryOf(call.client);
  return (result as Promise<unknown>).then(
    (answer) => {
      guard.run('Ending a call', () => call.answered());
      return answer;
    },
    (error: unknown) => {
      guard.run('Ending a call', () => call.fail(error));
      throw error;
    },
  );
}

function requestId(response: unknown): string | undefined {
  const headers = asRecord(asRecord(response)?.headers);
  return asNonEmptyString(asFunction(headers?.get)?.call(headers, 'x-request-id'));
}

function resolvePath(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root);
}

export interface ClientClass {
  readonly prototype: object;
}

/** Finds the class `OpenAI` in the package's exports, which may be the class, a namespace or a default export. */
export function findClientClass(value: unknown): ClientClass | undefined {
  const candidates = [value, asMembers(value)?.OpenAI, asMembers(value)?.default];
  return candidates.find(isClientClass);
}

function isClientClass(value: unknown): value is ClientClass {
  return typeof value === 'function' && typeof value.prototype?.fetchWithTimeout === 'function';
}
