import { AsyncResource } from 'node:async_hooks';
import { types } from 'node:util';
import type { Guard } from '../../diagnostics/guard.js';
import { isRecord } from '../../json/readers.js';
import { EventStreamReader, streamedError } from '../../openai-api/event-stream.js';
import { type ApiPromiseObserver, observeApiPromise, observeSdkPromise } from './api-promise.js';
import { type BodyObserver, observeBody } from './body-tap.js';
import type { ClientCall } from './client-call.js';
import type { ResultWatcher } from './http-attempts.js';
import { isStream, type ObservableStream, observeStream, type StreamObserver } from './stream.js';

/**
 * Calls whose result the application has not read. If the result is garbage-collected unread, the span is ended. That
 * comes late or never, so nothing else relies on it. An observer and its call must not refer to the call's result.
 */
const unread = new FinalizationRegistry<CallObserver>((observer) => observer.collected());

/**
 * Observes a call from the promise that the application got to the last chunk of its stream.
 *
 * Optimised by hand: it is a resource that is made in the call's context, to run code there later. To enter the context
 * anew would be a copy of the asynchronous context's map from Node 24 on, 0.7 kB a call.
 */
export class CallObserver extends AsyncResource implements ApiPromiseObserver, StreamObserver, ResultWatcher {
  readonly #call: ClientCall;
  readonly #guard: Guard;
  #attached = false;
  #ownTransport = false;

  /** To be called in the call's context. Returns the result that the application gets. */
  static observe(returned: unknown, call: ClientCall, guard: Guard): unknown {
    const observer = new CallObserver(call, guard);
    const result =
      call.pollsItself && returned instanceof Promise
        ? observeSdkPromise(returned, observer)
        : observeApiPromise(returned, observer);
    if (!isRecord(returned)) return result;
    // The application's own transport may never call the client's `fetch`, at which the watch begins otherwise.
    if (observer.#ownTransport) unread.register(returned, observer, call);
    else call.exchange.watchWhenSent(returned, observer);
    return result;
  }

  private constructor(call: ClientCall, guard: Guard) {
    super('OpenAICall');
    this.#call = call;
    this.#guard = guard;
  }

  run<This, T>(action: (this: This) => T, receiver: This): T {
    return this.runInAsyncScope(action as (this: unknown) => T, receiver);
  }

  /** Nearly every result is awaited at once, and then the garbage collector need not watch it. */
  sent(result: object): void {
    if (!this.#attached) unread.register(result, this, this.#call);
  }

  attached(): void {
    if (this.#attached) return;
    this.#attached = true;
    unread.unregister(this.#call);
  }

  answered(action: (response: unknown) => void): boolean {
    return this.#guard.run('Observing a call', () => this.#call.exchange.onAnswered(action)) === true;
  }

  ownTransport(): void {
    this.#ownTransport = true;
    this.#guard.run('Reading the content of a request', () => this.#call.keepRequest());
  }

  resolved(value: unknown): void {
    try {
      if (!isStream(value)) this.#call.succeed(value);
      else if (this.#call.beginStream()) this.#observeStream(value);
    } catch (error) {
      this.#guard.caught('Reading a response', error);
    }
  }

  rejected(error: unknown): void {
    this.#guard.run('Ending a call', () => this.#call.fail(error));
  }

  /** A stream of events is read along while the application reads it. */
  responded(response?: unknown): void {
    this.#guard.run('Ending a call', () => {
      const body = this.#call.operation.accumulateChunks && eventStreamOf(response);
      if (body === undefined || !this.#call.beginStream()) this.#call.succeedUnread();
      else if (observeBody(body, new EventStreamObserver(this))) unread.register(body, this, this.#call);
      else this.#call.succeedUnread();
    });
  }

  /** The result was garbage-collected unread. */
  collected(): void {
    this.#guard.run('Ending a call', () =>
      this.#ownTransport ? this.#call.succeedUnread() : this.#call.forget(),
    );
  }

  /** Runs for every chunk, so it has a `try` of its own: the closure for `Guard.run` would show. */
  chunk(value: unknown): void {
    try {
      this.#call.addChunk(value);
    } catch (error) {
      this.#guard.caught('Reading a chunk', error);
    }
  }

  finished(): void {
    this.#streamEnded(() => this.#call.finishStream());
  }

  cancelled(): void {
    this.#streamEnded(() => this.#call.cancel());
  }

  failed(error: unknown): void {
    this.#streamEnded(() => this.#call.fail(error));
  }

  #observeStream(stream: ObservableStream): void {
    unread.register(stream, this, this.#call);
    observeStream(stream, this);
  }

  #streamEnded(end: () => void): void {
    this.#guard.run('Ending a streamed call', () => {
      unread.unregister(this.#call);
      end();
    });
  }
}

/** Reports the events in the bytes of a response like the chunks of the client's stream. */
class EventStreamObserver implements BodyObserver {
  readonly #observer: StreamObserver;
  readonly #reader = new EventStreamReader();

  constructor(observer: StreamObserver) {
    this.#observer = observer;
  }

  bytes(bytes: Uint8Array): void {
    for (const item of this.#reader.read(bytes)) {
      if ('chunk' in item) this.#observer.chunk(item.chunk);
      else this.#observer.failed(streamedError(item.error));
    }
  }

  finished(): void {
    this.#observer.finished();
  }

  cancelled(): void {
    this.#observer.cancelled();
  }

  failed(error: unknown): void {
    this.#observer.failed(error);
  }
}

/**
 * The body of a response that is a stream of events; `undefined` for another one, and for a response that `fetch` has
 * not made: its body may be an object of the application.
 */
function eventStreamOf(response: unknown): unknown {
  if (types.isProxy(response)) return undefined;
  try {
    const { url, headers, body } = platformMembers(response as Response);
    const isEvents = headers.get('content-type')?.startsWith('text/event-stream') === true;
    return url !== '' && isEvents ? (body ?? undefined) : undefined;
  } catch {
    // The response of another implementation of `fetch`.
    return undefined;
  }
}

/** Read by the getters of the platform's class, past those of a derived class. */
function platformMembers(response: Response): Pick<Response, 'url' | 'headers' | 'body'> {
  const member = (name: 'url' | 'headers' | 'body') =>
    Object.getOwnPropertyDescriptor(Response.prototype, name)?.get?.call(response) as never;
  return { url: member('url'), headers: member('headers'), body: member('body') };
}
