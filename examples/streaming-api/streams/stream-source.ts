/** Where a client's events come from: the memory of the worker that runs the stream, or the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveStream, StreamPlace } from './live-stream.js';
import { isLast, type NumberedEvent, type StreamEvent } from './stream-event.js';
import type { StreamLog } from './stream-log.js';

export interface StreamSource {
  /**
   * Returns the next events, at least one; none if the time is over before there is one; `undefined` after the last, or
   * if the next one is not kept any more. A call says that the client has taken those of the call before.
   */
  next(timeoutMillis: number): Promise<readonly NumberedEvent[] | undefined>;
  /** The client is gone. */
  leave(): void;
}

const MAX_EVENTS = 64;

export class LocalSource implements StreamSource {
  readonly #stream: LiveStream;
  readonly #place: StreamPlace;
  #n: number;

  constructor(stream: LiveStream, after: number) {
    this.#stream = stream;
    this.#n = after;
    this.#place = stream.join(after);
  }

  async next(timeoutMillis: number): Promise<readonly NumberedEvent[] | undefined> {
    const deadline = Date.now() + timeoutMillis;
    for (;;) {
      const events = this.#stream.take(this.#place, this.#n, MAX_EVENTS);
      const last = events?.at(-1);
      if (last !== undefined) {
        this.#n = last.n;
        return events;
      }
      if (events === undefined || this.#stream.ended) return undefined;
      const left = deadline - Date.now();
      if (left <= 0) return [];
      await orTimeout(this.#stream.changed(), left);
    }
  }

  leave(): void {
    this.#stream.leave(this.#place);
  }
}

const POLL_MILLIS = 50;
const MARK_MILLIS = 200;

export class StoredSource implements StreamSource {
  readonly #log: StreamLog;
  readonly #id: string;
  #n: number;
  #ended = false;
  #left = false;
  #marked = 0;

  constructor(log: StreamLog, id: string, after: number) {
    this.#log = log;
    this.#id = id;
    this.#n = after;
  }

  async next(timeoutMillis: number): Promise<readonly NumberedEvent[] | undefined> {
    const deadline = Date.now() + timeoutMillis;
    while (!this.#ended && !this.#left) {
      this.#mark();
      const events = this.#log.read(this.#id, this.#n, MAX_EVENTS);
      const last = events.at(-1);
      if (last !== undefined) {
        if (events[0]?.n !== this.#n + 1) return undefined;
        this.#n = last.n;
        this.#ended = isLast(last);
        return events;
      }
      const row = this.#log.find(this.#id);
      if (row === undefined || row.ended_at !== null) return undefined;
      if (row.owner_until < Date.now()) this.#log.endBroken(this.#id, this.#n, BROKEN);
      else if (Date.now() >= deadline) return [];
      else await sleep(POLL_MILLIS);
    }
    return undefined;
  }

  leave(): void {
    this.#left = true;
  }

  #mark(): void {
    const now = Date.now();
    if (now - this.#marked < MARK_MILLIS) return;
    this.#marked = now;
    this.#log.markReader(this.#id, this.#n);
  }
}

const BROKEN: StreamEvent = {
  type: 'error',
  code: 'stream_interrupted',
  message: 'The server that ran this stream has stopped; send the request again.',
  request_id: null,
};

async function orTimeout(promise: Promise<void>, millis: number): Promise<void> {
  const timer = new AbortController();
  await Promise.race([promise, sleep(millis, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}
