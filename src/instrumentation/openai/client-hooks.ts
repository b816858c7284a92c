/** Hooks of the `openai` client: which methods are wrapped, and what each wrapper does. */
import { context } from '@opentelemetry/api';
import { asNumber, asRecord } from '../../foreign/read.js';
import { describeFailure } from '../failure.js';
import type { Method, MethodPatches } from '../method-patches.js';
import type { Telemetry } from '../telemetry.js';
import { type ApiPromiseObserver, observeApiPromise } from './api-promise.js';
import { chatCompletions } from './chat-completions/operation.js';
import { activeModelCall, ModelCall } from './model-call.js';
import type { ModelOperation } from './model-operation.js';
import { responses } from './responses/operation.js';
import { isStream, type ObservableStream, observeStream } from './stream.js';

const OPERATIONS: readonly ModelOperation[] = [chatCompletions, responses];

/**
 * Calls whose result nobody has read. When the result is collected unread, nobody can read it any more and the
 * span is ended. Late and never sure, so nothing else relies on it; a call must not refer to its own result.
 */
const unread = new FinalizationRegistry<ModelCall>((call) => call.forget());

/**
 * Wraps the client's methods. Idempotent, and for one of the two builds (ESM, CommonJS) at a time: their classes
 * are different objects.
 *
 * @param clientClass - the class `OpenAI`, or one derived from it.
 * @returns what was expected and is not there, for a warning.
 */
export function hookClient(clientClass: object, patches: MethodPatches, telemetry: Telemetry): string[] {
  const missing: string[] = [];
  for (const operation of OPERATIONS) {
    const prototype = asPrototype(resolvePath(clientClass, operation.resource));
    const outcome =
      prototype && patches.apply(prototype, 'create', (create) => wrapCreate(create, operation, telemetry));
    if (outcome === undefined || outcome === 'missing')
      missing.push(`OpenAI.${operation.resource.join('.')}.prototype.create`);
  }
  const client = owner(asPrototype(clientClass), 'fetchWithTimeout');
  if (client === undefined) return [...missing, 'OpenAI.prototype.fetchWithTimeout'];
  patches.apply(client, 'fetchWithTimeout', (fetch) => wrapFetch(fetch, telemetry));
  // Private in the SDK's types, the same in 5.0.1 to 7.55.0: without it only a failure that nobody awaits is missed.
  patches.apply(client, 'makeRequest', (makeRequest) => wrapMakeRequest(makeRequest, telemetry));
  return missing;
}

function wrapCreate(create: Method, operation: ModelOperation, telemetry: Telemetry): Method {
  const { guard } = telemetry;
  return function (this: unknown, ...args) {
    const client = asRecord(asRecord(this)?._client);
    const call =
      client &&
      guard.run('Starting a model call', () => new ModelCall(telemetry, operation, client, args[0]));
    if (call === undefined) return create.apply(this, args);

    let returned: unknown;
    try {
      returned = context.with(call.context, () => create.apply(this, args));
    } catch (error) {
      guard.run('Ending a model call', () => call.fail(error));
      throw error;
    }
    if (!call.span.isRecording()) return returned;
    return guard.run('Observing a model call', () => observe(returned, call, telemetry)) ?? returned;
  };
}

/** Watches a call from the promise that the application got to the last chunk of its stream. */
function observe(returned: unknown, call: ModelCall, telemetry: Telemetry): unknown {
  const { guard } = telemetry;
  const observer: ApiPromiseObserver = {
    run: (action) => context.with(call.context, action),
    resolved: (value) =>
      guard.run('Reading a model response', () => {
        unread.unregister(call);
        if (!isStream(value)) call.succeed(value);
        else if (!call.streaming) watchStream(value, call, telemetry);
      }),
    rejected: (error) =>
      guard.run('Ending a model call', () => {
        unread.unregister(call);
        call.fail(error);
      }),
    responded: () =>
      guard.run('Ending a model call', () => {
        unread.unregister(call);
        call.succeedUnread();
      }),
  };
  if (typeof returned === 'object' && returned !== null) unread.register(returned, call, call);
  return observeApiPromise(returned, observer);
}

function watchStream(stream: ObservableStream, call: ModelCall, telemetry: Telemetry): void {
  const { guard } = telemetry;
  call.streaming = true;
  unread.register(stream, call, call);
  const ended = (action: () => void) =>
    guard.run('Ending a streamed model call', () => {
      unread.unregister(call);
      action();
    });
  observeStream(stream, {
    chunk: (value) => guard.run('Reading a chunk', () => call.addChunk(value)),
    finished: () => ended(() => call.finishStream()),
    cancelled: () => ended(() => call.cancel()),
    failed: (error) => ended(() => call.fail(error)),
  });
}

function wrapFetch(fetchWithTimeout: Method, telemetry: Telemetry): Method {
  const { guard } = telemetry;
  return function (this: unknown, ...args) {
    const call = activeModelCall(this as object);
    if (call === undefined) return fetchWithTimeout.apply(this, args);
    guard.run('Recording an HTTP attempt', () => call.attempts.started());
    const response = fetchWithTimeout.apply(this, args) as Promise<unknown>;
    return response.then(
      (answer) => {
        guard.run('Recording an HTTP attempt', () =>
          call.attempts.ended({ statusCode: asNumber(asRecord(answer)?.status) }),
        );
        return answer;
      },
      (error: unknown) => {
        guard.run('Recording an HTTP attempt', () =>
          call.attempts.ended({ errorType: describeFailure(error).type }),
        );
        throw error;
      },
    );
  };
}

/** Sees the answer or failure of a call in the request's own chain, also when nobody awaits it. */
function wrapMakeRequest(makeRequest: Method, telemetry: Telemetry): Method {
  return function (this: unknown, ...args) {
    const result = makeRequest.apply(this, args) as Promise<unknown>;
    // A retry is a request within the request, and names the one it repeats.
    const retryOf = args[2];
    const call = retryOf === undefined ? activeModelCall(this as object) : undefined;
    if (call === undefined) return result;
    return result.then(
      (answer) => {
        telemetry.guard.run('Recording an answer', () => call.answered());
        return answer;
      },
      (error: unknown) => {
        telemetry.guard.run('Ending a model call', () => call.fail(error));
        throw error;
      },
    );
  };
}

function resolvePath(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], root);
}

function asPrototype(value: unknown): object | undefined {
  const prototype: unknown = typeof value === 'function' ? value.prototype : undefined;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}

/** The topmost prototype that has the method itself: what a derived class overrides calls it in the end. */
function owner(prototype: object | undefined, method: string): object | undefined {
  let found: object | undefined;
  for (let candidate = prototype ?? null; candidate !== null; candidate = Object.getPrototypeOf(candidate)) {
    if (Object.hasOwn(candidate, method)) found = candidate;
  }
  return found;
}
