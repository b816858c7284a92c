import { context } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { isRecord } from '../../json/readers.js';
import { type ApiPromiseObserver, observeApiPromise } from './api-promise.js';
import type { ClientCall } from './client-call.js';
import { isStream, type ObservableStream, observeStream, type StreamObserver } from './stream.js';

/**
 * Calls whose result nobody has read. When the result is collected unread, nobody can read it any more and the
 * span is ended. Late and never sure, so nothing else relies on it; a call must not refer to its own result.
 */
const unread = new FinalizationRegistry<ClientCall>((call) => call.forget());

/** Watches a call from the promise that the application got to the last chunk of its stream. */
export class CallObserver implements ApiPromiseObserver, StreamObserver {
  readonly #call: ClientCall;
  readonly #guard: Guard;
  #attached = false;

  /** @returns what the application gets of the call. */
  static observe(returned: unknown, call: ClientCall, guard: Guard): unknown {
    const observer = new CallObserver(call, guard);
    // Nearly every result is awaited where it is made, and needs no watching by the garbage collector.
    if (isRecord(returned)) {
      call.onSent(() => {
        if (!observer.#attached) unread.register(returned, call, call);
      });
    }
    return observeApiPromise(returned, observer);
  }

  private constructor(call: ClientCall, guard: Guard) {
    this.#call = call;
    this.#guard = guard;
  }

  run<T>(action: () => T): T {
    return context.with(this.#call.context, action);
  }

  attached(): void {
    if (this.#attached) return;
    this.#attached = true;
    unread.unregister(this.#call);
  }

  resolved(value: unknown): void {
    this.#guard.run('Reading a response', () => {
      if (!isStream(value)) this.#call.succeed(value);
      else if (!this.#call.streaming) this.#watchStream(value);
    });
  }

  rejected(error: unknown): void {
    this.#guard.run('Ending a call', () => this.#call.fail(error));
  }

  responded(): void {
    this.#guard.run('Ending a call', () => this.#call.succeedUnread());
  }

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

  #watchStream(stream: ObservableStream): void {
    this.#call.streaming = true;
    unread.register(stream, this.#call, this.#call);
    observeStream(stream, this);
  }

  #streamEnded(end: () => void): void {
    this.#guard.run('Ending a streamed call', () => {
      unread.unregister(this.#call);
      end();
    });
  }
}
