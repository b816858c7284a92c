import type { Attributes } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, isRecord, type UnknownRecord } from '../../json/readers.js';
import { streamedError } from '../../openai-api/event-stream.js';
import { ERROR_TYPE_CONNECTION_CLOSED } from '../../semconv/attributes.js';
import { describeFailure, type Failure, failure, isCallerAbort } from '../../semconv/failure.js';
import { setEndpoint } from '../client/endpoint.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { prototypeOf } from '../patching/prototypes.js';
import { addToSpanData, asSdkSpan, asSdkStore } from './sdk-span.js';

/** Words of the SDK for a connection that was closed, in errors without a code (0.20.0). */
const CLOSED = /^Responses websocket connection closed/;

/** One call of the Responses API over the Agents SDK's WebSocket, as far as the SDK's span does not describe it. */
export class SocketCall {
  /** The model that is asked for. The SDK's span has only the one that answers, if one does. */
  readonly model: string | undefined;
  /** The error that the server sent, or with which the connection failed. */
  failure: Failure | undefined;
  /** The object in which the SDK puts the URL when it knows it. */
  readonly #metadata: object;

  constructor(model: unknown, metadata: object) {
    this.model = asNonEmptyString(model);
    this.#metadata = metadata;
  }

  /** The provider and the server; empty until the SDK has made the URL. */
  get endpoint(): Attributes {
    const baseURL = asNonEmptyString(ownValue(this.#metadata, 'requestURL'));
    const endpoint: Attributes = {};
    if (baseURL !== undefined) setEndpoint(endpoint, { baseURL });
    return endpoint;
  }

  /** @param event - of the stream, made from the server's JSON. */
  received(event: unknown): void {
    if (ownValue(event, 'type') !== 'error') return;
    this.failure = describeFailure(streamedError(ownValue(event, 'error') ?? event));
  }

  failed(error: unknown): void {
    if (isCallerAbort(error)) return;
    const described = describeFailure(error);
    const isClosed = described.type === 'Error' && CLOSED.test(described.message);
    // The SDK's own error for what the server sent says less.
    this.failure ??= isClosed
      ? failure(ERROR_TYPE_CONNECTION_CLOSED, undefined, described.message)
      : described;
  }
}

/**
 * Hooks the SDK's model that uses a WebSocket. It makes its calls without a client's method, so that no hook of the
 * client sees them.
 *
 * @param agents - the module `@openai/agents`, which exports the class in versions that have it.
 */
export function hookSocketCalls(
  agents: UnknownRecord,
  patches: MethodPatches,
  guard: Guard,
  getStore: () => unknown,
): void {
  const prototype = prototypeOf(agents.OpenAIResponsesWSModel);
  if (prototype === undefined) return;
  patches.apply(prototype, '_fetchResponse', (fetch: Method) => {
    return function (this: unknown, ...args) {
      const [request, stream, given] = args;
      const metadata = isRecord(given) ? given : {};
      const call = guard.run('Reading a call over a WebSocket', () => begin(this, metadata, getStore()));
      if (call === undefined) return fetch.apply(this, args);
      const result = fetch.call(this, request, stream, metadata);
      if (result instanceof Promise) {
        const read = (action: () => void) => guard.run('Reading a call over a WebSocket', action);
        result.then(
          (response) => read(() => stream === true && observe(response, call, read)),
          (error) => read(() => call.failed(error)),
        );
      }
      return result;
    };
  });
}

function begin(model: unknown, metadata: object, store: unknown): SocketCall | undefined {
  const spanData = asSdkSpan(asSdkStore(store)?.span)?.spanData;
  if (spanData?.type !== 'response') return undefined;
  const call = new SocketCall(ownValue(model, '_model'), metadata);
  addToSpanData(spanData, { socketCall: call });
  return call;
}

/** Reads along the events of a stream of the SDK, which gets the promises of its own generator. */
function observe(stream: unknown, call: SocketCall, read: (action: () => void) => void): void {
  if (!isRecord(stream)) return;
  const { next } = stream as unknown as AsyncGenerator;
  const observed = (...args: [] | [unknown]) => {
    const result = next.apply(stream, args) as Promise<IteratorResult<unknown>>;
    result.then(
      ({ value }) => read(() => call.received(value)),
      (error) => read(() => call.failed(error)),
    );
    return result;
  };
  Object.defineProperty(stream, 'next', { value: observed, configurable: true, writable: true });
}
