/**
 * Observes a client's `Stream` where the application reads it, by wrapping the `iterator` property in place: all
 * ways to read (for-await, `tee()`, `toReadableStream()`, the helpers) go through it, in openai 5.0.1 to 7.55.0.
 * The application's own pull drives everything; nothing is read ahead, nothing is kept back.
 */
import { asFunction, asRecord, isRecord } from '../../foreign/read.js';

/** What is told of the stream; none throws, and an end may be told more than once. */
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
  const { signal } = controller;
  let iterating = false;
  let pulling = 0;

  // An abort while the application waits for a chunk ends that wait, and is seen there; otherwise nobody may ever
  // pull again.
  const onAbort = () => {
    if (pulling === 0) observer.cancelled();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const settle = (report: () => void) => {
    signal.removeEventListener('abort', onAbort);
    report();
  };

  stream.iterator = function observedIterator(this: unknown) {
    const inner = iterator.call(stream);
    // Reading a second time is an error of the reader, told by the SDK, and none of the call.
    if (iterating) return inner;
    iterating = true;

    const onResult = (result: IteratorResult<unknown>) => {
      pulling -= 1;
      if (!result.done) observer.chunk(result.value);
      else settle(() => (signal.aborted ? observer.cancelled() : observer.finished()));
      return result;
    };
    const onError = (error: unknown) => {
      pulling -= 1;
      settle(() => observer.failed(error));
      throw error;
    };
    const pull = (step: () => Promise<IteratorResult<unknown>>) => {
      pulling += 1;
      return step().then(onResult, onError);
    };

    const { return: leave, throw: raise } = inner;
    return {
      next: (...args: [] | [unknown]) => pull(() => inner.next(...args)),
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
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
}
