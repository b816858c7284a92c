/** A stream while its run goes on, in the worker of the run. */
import { isLast, type NumberedEvent, type StreamEvent } from './stream-event.js';

/** The run waits while its fastest reader is this far behind. */
const MAX_UNREAD_EVENTS = 256;
const MAX_UNREAD_BYTES = 256 * 1_024;

/** The events that can be read again. */
const MAX_KEPT_EVENTS = 1_000;
const MAX_KEPT_BYTES = 1_024 * 1_024;

interface KeptEvent extends NumberedEvent {
  /** The bytes of the stream before this event, and up to its end. */
  readonly startByte: number;
  readonly endByte: number;
}

/** A client's place in the stream. */
export interface StreamPlace {
  /** Number of the last event that the client took. */
  n: number;
}

/**
 * Holds the newest events, wakes the readers, and makes the run wait for them. Numbers ascend without a gap; the last
 * event is `stream_complete` or `error`, and nothing follows it.
 */
export class LiveStream {
  readonly #abort = new AbortController();
  readonly #places = new Set<StreamPlace>();
  readonly #onAppend: (stream: LiveStream) => void;
  #kept: KeptEvent[] = [];
  #bytes = 0;
  #stored = 0;
  #ended = false;
  /** How far readers in other workers are. */
  #remoteN = 0;
  #readerAt = Date.now();
  #waiting: (() => void)[] = [];

  constructor(
    readonly id: string,
    readonly agent: string,
    onAppend: (stream: LiveStream) => void,
  ) {
    this.#onAppend = onAppend;
  }

  /** Aborts the run. Its reason is the code of the stream's last event. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get hasReader(): boolean {
    return this.#places.size > 0;
  }

  /** When there was a reader here, the last time. */
  get readerAt(): number {
    return this.hasReader ? Date.now() : this.#readerAt;
  }

  get last(): number {
    return this.#kept.at(-1)?.n ?? 0;
  }

  get first(): number {
    return this.#kept[0]?.n ?? 1;
  }

  append(event: StreamEvent): void {
    if (this.#ended) return;
    const data = JSON.stringify(event);
    const startByte = this.#bytes;
    this.#bytes += Buffer.byteLength(data);
    this.#kept.push({ n: this.last + 1, type: event.type, data, startByte, endByte: this.#bytes });
    this.#forgetOldest();
    if (isLast(event)) this.#ended = true;
    this.#wake();
    this.#onAppend(this);
  }

  /** Appends the last event when the readers can take it. */
  async end(event: StreamEvent): Promise<void> {
    await this.ready();
    this.append(event);
  }

  abort(reason: string): void {
    this.#abort.abort(reason);
    this.#wake();
  }

  /** Resolves when the run may go on: a reader is near the end, or the run is to stop. */
  async ready(): Promise<void> {
    while (!this.signal.aborted && this.#isFarBehind()) await this.changed();
  }

  /** Begins to read. The place counts as a reader until `leave`. */
  join(after: number): StreamPlace {
    const place = { n: after };
    this.#places.add(place);
    return place;
  }

  leave(place: StreamPlace): void {
    this.#places.delete(place);
    this.#readerAt = Date.now();
    this.#wake();
  }

  /**
   * Moves the place to the last event that the client took, and returns the next ones; `undefined` if the client is so
   * slow that the next one is not kept any more.
   */
  take(place: StreamPlace, n: number, limit: number): NumberedEvent[] | undefined {
    if (n > place.n) {
      place.n = n;
      this.#wake();
    }
    if (n + 1 < this.first) return undefined;
    return this.#after(n).slice(0, limit);
  }

  setRemoteReader(n: number): void {
    this.#remoteN = n;
    this.#wake();
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Returns the events that are not stored yet, which then count as stored. */
  takeUnstored(): NumberedEvent[] {
    const events = this.#after(this.#stored);
    this.#stored = this.last;
    return events;
  }

  #after(n: number): KeptEvent[] {
    return this.#kept.slice(Math.max(n + 1 - this.first, 0));
  }

  #isFarBehind(): boolean {
    const readN = Math.max(this.#remoteN, ...[...this.#places].map((place) => place.n));
    if (this.last - readN >= MAX_UNREAD_EVENTS) return true;
    const read = this.#kept[readN - this.first];
    return this.#bytes - (read?.endByte ?? 0) >= MAX_UNREAD_BYTES;
  }

  #forgetOldest(): void {
    const isTooLong = () => this.#kept.length > MAX_KEPT_EVENTS;
    const isTooLarge = () => this.#bytes - (this.#kept[0]?.startByte ?? 0) > MAX_KEPT_BYTES;
    while (this.#kept.length > 1 && (isTooLong() || isTooLarge())) this.#kept.shift();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
