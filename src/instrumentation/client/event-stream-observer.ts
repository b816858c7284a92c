import { types } from 'node:util';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { EventStreamReader } from '../../openai-api/event-stream.js';
import type { BodyObserver } from './body-tap.js';
import type { StreamObserver } from './stream.js';

/** Reports the events in the bytes of a response like the chunks of the client's stream. */
export class EventStreamObserver implements BodyObserver {
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

/** The error that the client's stream would throw: a class of the SDK with the members of the server's error. */
function streamedError(error: unknown): object {
  const { code, type, message } = asRecord(error) ?? { message: error };
  return { code, type: asNonEmptyString(type) ?? 'APIError', message, error: asRecord(error) ?? {} };
}

/**
 * The body of a response that is a stream of events; `undefined` for another one, and for a response that `fetch` has
 * not made: its body may be an object of the application.
 */
export function eventStreamOf(response: unknown): unknown {
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
