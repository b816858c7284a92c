/**
 * Reads a response's body along while the application reads it. Each way to read the stream is observed at the reader
 * that it gives: no byte is asked for, kept back or copied because of us, so its backpressure, its cancellation and its
 * errors are as without us. The ways are own properties of the stream, which `fetch` has made.
 */
import { types } from 'node:util';
import { ownValue } from '../../json/own-data.js';
import type { Method } from '../patching/method-patches.js';

/** Notified of what passes. It may be reported several times that the body is over. No method throws. */
export interface BodyObserver {
  bytes(bytes: Uint8Array): void;
  /** The body is at its end. */
  finished(): void;
  /** All readers left before the end. */
  cancelled(): void;
  failed(error: unknown): void;
}

/** A body, whose branches (`tee()`, `clone()`) each give the same bytes. They are reported once. */
class BodyTap {
  readonly #observer: BodyObserver;
  readonly #open = new Set<BodyBranch>();
  #position = 0;

  constructor(observer: BodyObserver) {
    this.#observer = observer;
  }

  opened(branch: BodyBranch): void {
    this.#open.add(branch);
  }

  /** @param from - the position of the first byte in the body. */
  passed(bytes: Uint8Array, from: number): void {
    const known = this.#position - from;
    if (known >= bytes.byteLength) return;
    this.#position = from + bytes.byteLength;
    this.#observer.bytes(known === 0 ? bytes : bytes.subarray(known));
  }

  finished(): void {
    this.#observer.finished();
  }

  failed(error: unknown): void {
    this.#observer.failed(error);
  }

  left(branch: BodyBranch): void {
    this.#open.delete(branch);
    if (this.#open.size === 0) this.#observer.cancelled();
  }
}

/** One stream of a body. */
class BodyBranch {
  readonly #tap: BodyTap;
  #position: number;

  constructor(tap: BodyTap, position: number) {
    this.#tap = tap;
    this.#position = position;
    tap.opened(this);
  }

  /** The value may be shared with the application, so it is read before the application gets it. */
  passed(value: unknown): void {
    if (!types.isUint8Array(value)) return;
    const from = this.#position;
    this.#position += value.byteLength;
    this.#tap.passed(value, from);
  }

  finished(): void {
    this.#tap.finished();
  }

  failed(error: unknown): void {
    this.#tap.failed(error);
  }

  left(): void {
    this.#tap.left(this);
  }

  /** The streams of `tee()` take the place of this one. */
  split(streams: readonly unknown[]): void {
    for (const stream of streams)
      install(stream as ReadableStream, new BodyBranch(this.#tap, this.#position));
    this.#tap.left(this);
  }
}

/**
 * Observes a body from now on.
 *
 * @returns whether it can be observed: it is a stream of the platform that has no reader yet.
 */
export function observeBody(body: unknown, observer: BodyObserver): body is ReadableStream {
  if (!isPlainStream(body)) return false;
  install(body, new BodyBranch(new BodyTap(observer), 0));
  return true;
}

function isPlainStream(value: unknown): value is ReadableStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    !types.isProxy(value) &&
    Object.getPrototypeOf(value) === ReadableStream.prototype &&
    Object.isExtensible(value) &&
    Reflect.ownKeys(value).every((key) => typeof key === 'symbol' && !(key in ReadableStream.prototype)) &&
    !(value as ReadableStream).locked
  );
}

type Observed = (stream: ReadableStream, branch: BodyBranch, native: Method, args: unknown[]) => unknown;

const WAYS_TO_READ: Readonly<Record<string, Observed>> = {
  getReader(stream, branch, native, args) {
    // Options, or nothing: without them the reader is a default one, which also code of the platform may use out of
    // sight (`Readable.fromWeb()` of Node 24).
    if (stream.locked || args[0] !== undefined) {
      const reader = Reflect.apply(native, stream, args) as ReadableStreamBYOBReader;
      observeReader(reader, branch);
      return reader;
    }
    const passage = new Passage(stream, branch, false);
    return observedRelease(Reflect.apply(native, passage.stream, args) as ReadableStreamDefaultReader, () =>
      passage.release(),
    );
  },
  values: observedValues,
  tee(stream, branch, native, args) {
    const streams = Reflect.apply(native, stream, args) as unknown[];
    branch.split(streams);
    return streams;
  },
  cancel(stream, branch, native, args) {
    if (!stream.locked) branch.left();
    return Reflect.apply(native, stream, args);
  },
  pipeTo(stream, branch, native, args) {
    if (stream.locked) return Reflect.apply(native, stream, args);
    const passage = new Passage(stream, branch, true);
    const piped = Reflect.apply(native, passage.stream, args) as Promise<unknown>;
    const release = () => passage.release();
    // The platform's promise is another one, so an unhandled rejection of it stays one.
    return piped.then(
      (value) => {
        release();
        return value;
      },
      (error: unknown) => {
        release();
        throw error;
      },
    );
  },
  pipeThrough(stream, branch, native, args) {
    if (stream.locked) return Reflect.apply(native, stream, args);
    const passage = new Passage(stream, branch, true);
    try {
      return Reflect.apply(native, passage.stream, args);
    } catch (error) {
      passage.release();
      throw error;
    }
  },
};

function install(stream: ReadableStream, branch: BodyBranch): void {
  for (const [name, observed] of Object.entries(WAYS_TO_READ)) {
    const native = ReadableStream.prototype[name as keyof ReadableStream] as Method;
    const value = replacement(stream, native, (args) => observed(stream, branch, native, args));
    hide(stream, name, value);
    if (name === 'values') hide(stream, Symbol.asyncIterator, value);
  }
}

/** A function that looks like the platform's. On another receiver it is the platform's. */
function replacement(owner: object, native: Method, observed: (args: unknown[]) => unknown): Method {
  return new Proxy(native, {
    apply: (_native, receiver: unknown, args: unknown[]) =>
      receiver === owner ? observed(args) : Reflect.apply(native, receiver, args),
  });
}

function hide(object: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: false, configurable: true, writable: true });
}

/** Observes a reader that fills the application's buffers (BYOB). */
function observeReader(reader: ReadableStreamBYOBReader, branch: BodyBranch): void {
  const { read, cancel } = reader as unknown as Record<string, Method>;
  if (read === undefined || cancel === undefined) return;
  let released = false;
  const observedRead = (args: unknown[]) =>
    observedPiece(Reflect.apply(read, reader, args), branch, (error) => {
      // A reader that gives the stream back has its waiting reads rejected.
      if (!released) branch.failed(error);
    });
  hide(reader, 'read', replacement(reader, read, observedRead));
  const observedCancel = (args: unknown[]) => {
    if (!released) branch.left();
    return Reflect.apply(cancel, reader, args);
  };
  hide(reader, 'cancel', replacement(reader, cancel, observedCancel));
  observedRelease(reader, () => {
    released = true;
  });
}

/** @param piece - the platform's promise of the next piece of the body. */
function observedPiece(
  piece: unknown,
  branch: BodyBranch,
  failed: (error: unknown) => void,
): Promise<IteratorResult<unknown>> {
  return (piece as Promise<IteratorResult<unknown>>).then(
    (result) => {
      if (result.done) branch.finished();
      else branch.passed(result.value);
      return result;
    },
    (error: unknown) => {
      failed(error);
      throw error;
    },
  );
}

/** @param released - runs when the reader has given the stream back. */
function observedRelease<Reader extends { releaseLock(): void }>(
  reader: Reader,
  released: () => void,
): Reader {
  const releaseLock = reader.releaseLock as Method;
  const release = (args: unknown[]) => {
    const result: unknown = Reflect.apply(releaseLock, reader, args);
    released();
    return result;
  };
  hide(reader, 'releaseLock', replacement(reader, releaseLock, release));
  return reader;
}

/** `for await` over the stream. */
function observedValues(
  stream: ReadableStream,
  branch: BodyBranch,
  native: Method,
  args: unknown[],
): unknown {
  const iterator = Reflect.apply(native, stream, args) as AsyncIterator<unknown>;
  const { next, return: leave } = iterator as unknown as Record<string, Method>;
  const keeps = ownValue(args[0], 'preventCancel') === true;
  if (next !== undefined) {
    const observedNext = (given: unknown[]) =>
      observedPiece(Reflect.apply(next, iterator, given), branch, (error) => branch.failed(error));
    replace(iterator, 'next', replacement(iterator, next, observedNext));
  }
  if (leave !== undefined && !keeps) {
    const observedLeave = (given: unknown[]) => {
      branch.left();
      return Reflect.apply(leave, iterator, given);
    };
    replace(iterator, 'return', replacement(iterator, leave, observedLeave));
  }
  return iterator;
}

/** Replaces a method that is an own one of the object in Node, as visible as it was. */
function replace(object: object, name: string, value: Method): void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, {
    enumerable: own?.enumerable ?? false,
    configurable: true,
    writable: true,
    value,
  });
}

/**
 * A stream that takes the place of a body as the source of a pipe or of a reader, because the platform reads such a
 * source out of sight. It asks the body for a piece when it is asked for one, and the body is locked by it as by the pipe
 * or the reader.
 */
class Passage {
  readonly stream: ReadableStream;
  readonly #reader: ReadableStreamDefaultReader;
  readonly #isPipe: boolean;
  #ended = false;

  /** @param isPipe - a pipe gives the body back at its end, a reader when it is released. */
  constructor(body: ReadableStream, branch: BodyBranch, isPipe: boolean) {
    const reader = Reflect.apply(ReadableStream.prototype.getReader, body, []) as ReadableStreamDefaultReader;
    this.#reader = reader;
    this.#isPipe = isPipe;
    const source = {
      start: (controller: ReadableStreamDefaultController<unknown>) => {
        // A pipe that waits for its target must hear of the body's end as well. The platform handles this promise.
        reader.closed.then(
          () => {
            if (this.#ended) return;
            branch.finished();
            this.#end();
            controller.close();
          },
          (error: unknown) => {
            if (this.#ended) return;
            branch.failed(error);
            this.#end();
            controller.error(error);
          },
        );
      },
      pull: async (controller: ReadableStreamDefaultController<unknown>) => {
        const result = await reader.read();
        if (result.done) return;
        branch.passed(result.value);
        controller.enqueue(result.value);
      },
      cancel: async (reason: unknown) => {
        branch.left();
        const cancelled = reader.cancel(reason);
        this.#end();
        await cancelled;
      },
    };
    this.stream = new ReadableStream(source, { highWaterMark: 0 });
  }

  /** The pipe is over, or the application has given its reader back. */
  release(): void {
    this.#ended = true;
    this.#reader.releaseLock();
  }

  #end(): void {
    this.#ended = true;
    if (this.#isPipe) this.#reader.releaseLock();
  }
}
