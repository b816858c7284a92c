/**
 * Observes a client's `Stream` while the application reads it, by wrapping the `iterator` property in place. All ways
 * to read (for-await, `tee()`, `toReadableStream()`, the helpers) go through it, in openai 5.0.1 to 7.55.0. The
 * application's own pull drives everything: no chunk is read ahead or kept back.
 */
import { asFunction, asRecord, isRecord } from '../../json/readers.js';

/** Notified of chunks and of the end, which may be reported several times. No method throws. */
export interface StreamObserver {
  chunk(value: unknown): void;
  /** The stream is at its end. */
  finished(): void;
  /** The reader left before the end, or the request was aborted. */
  cancelled(): void;
  failed(error: unknown): void;
}

export interface ObservableStream {
  iterator: () => AsyncIterator<unknown>;
  controller: { signal: AbortSignal };
}

export function isStream(value: unknown): value is ObservableStream {
  if (!isRecord(value) || asFunction(value.iterator) === undefined) return false;
  const signal = asRecord(asRecord(value.controller)?.signal);
  return asFunction(signal?.addEventListener) !== undefined;
}

export function observeStream(stream: ObservableStream, observer: StreamObserver): void {
  const { iterator, controller } = stream;
  const reading: StreamReading = { begun: false, pulls: 0 };
  const onAbort = watchAbort(controller.signal, reading, observer);

  // A proxy looks like the function that it replaces.
  stream.iterator = new Proxy(iterator, {
    apply: () => {
      const inner = iterator.call(stream);
      // Reading a second time is an error of the reader, which the SDK reports, and not of the call.
      if (reading.begun) return inner;
      reading.begun = true;
      return observeIterator(inner, stream, reading, observer, onAbort);
    },
  });
}

/** The progress of the application as the reader. */
interface StreamReading {
  begun: boolean;
  /** Number of chunks for which the application waits. */
  pulls: number;
}

/**
 * Reports an abort while the application does not wait for a chunk, since it may never pull again. An abort during a
 * wait ends that wait and is reported there.
 *
 * The connection keeps the listener alive, so the listener must not refer to the stream: a stream that is dropped
 * unread is noticed when it is garbage-collected.
 */
function watchAbort(signal: AbortSignal, reading: StreamReading, observer: StreamObserver): () => void {
  const onAbort = () => {
    if (reading.pulls === 0) observer.cancelled();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return onAbort;
}

/** @param stream - the returned iterator refers to it: a stream whose iterator is in use is not unread. */
function observeIterator(
  inner: AsyncIterator<unknown>,
  stream: ObservableStream,
  reading: StreamReading,
  observer: StreamObserver,
  onAbort: () => void,
): AsyncIterableIterator<unknown> {
  const settle = (report: () => void) => {
    stream.controller.signal.removeEventListener('abort', onAbort);
    report();
  };
  const onResult = (result: IteratorResult<unknown>) => {
    reading.pulls -= 1;
    if (!result.done) observer.chunk(result.value);
    else settle(() => (stream.controller.signal.aborted ? observer.cancelled() : observer.finished()));
    return result;
  };
  const onError = (error: unknown) => {
    reading.pulls -= 1;
    settle(() => observer.failed(error));
    throw error;
  };
  const { return: leave, throw: raise } = inner;
  const observed: Partial<AsyncIterator<unknown>> = {
    next: (...args: [] | [unknown]) => {
      reading.pulls += 1;
      return inner.next(...args).then(onResult, onError);
    },
    ...(leave && {
      return: (value?: unknown) => {
        settle(() => observer.cancelled());
        return leave.call(inner, value);
      },
    }),
    ...(raise && {
      throw: (error?: unknown) => {
        settle(() => observer.cancelled());
        return raise.call(inner, error);
      },
    }),
  };
  return asIteratorLike(inner, observed);
}

/** An iterator with these methods. It inherits the others from the prototype of the SDK's own iterator. */
function asIteratorLike(
  inner: AsyncIterator<unknown>,
  methods: Partial<AsyncIterator<unknown>>,
): AsyncIterableIterator<unknown> {
  const iterator = Object.create(Object.getPrototypeOf(inner) as object | null);
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(iterator, name, { value, writable: true, configurable: true });
  }
  if (!(Symbol.asyncIterator in iterator)) {
    Object.defineProperty(iterator, Symbol.asyncIterator, { value: () => iterator });
  }
  return iterator;
}
