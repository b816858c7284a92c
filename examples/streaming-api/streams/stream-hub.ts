/** All streams of a worker: starts their runs, stores their events, and stops a run whose client is gone. */
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../service/logger.js';
import { ProblemError } from '../../service/problem.js';
import { LiveStream } from './live-stream.js';
import type { StreamLog } from './stream-log.js';
import { LocalSource, StoredSource, type StreamSource } from './stream-source.js';

const FLUSH_MILLIS = 20;
const WATCH_MILLIS = 100;
const RENEW_MILLIS = 1_000;
const CLEAN_MILLIS = 60_000;

export interface StreamHubOptions {
  readonly log: StreamLog;
  readonly logger: Logger;
  /** The time after which a run without a reader is stopped. */
  readonly graceMillis: number;
}

export class StreamHub {
  readonly #log: StreamLog;
  readonly #logger: Logger;
  readonly #graceMillis: number;
  readonly #live = new Map<string, LiveStream>();
  readonly #runs = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[];
  #flush: NodeJS.Timeout | undefined;

  constructor({ log, logger, graceMillis }: StreamHubOptions) {
    this.#log = log;
    this.#logger = logger;
    this.#graceMillis = graceMillis;
    this.#timers = [
      this.#every(WATCH_MILLIS, () => this.#watchReaders()),
      this.#every(RENEW_MILLIS, () => this.#live.size > 0 && log.renew([...this.#live.keys()])),
      this.#every(CLEAN_MILLIS, () => log.clean()),
    ];
  }

  /**
   * Starts a run that writes its events to a new stream.
   *
   * @param run - appends the stream's last event in any case, and does not reject.
   */
  start(agent: string, run: (stream: LiveStream) => Promise<void>): LiveStream {
    const stream = new LiveStream(randomUUID(), agent, () => this.#flushSoon());
    this.#log.create(stream.id, agent);
    this.#live.set(stream.id, stream);
    const running = run(stream).finally(() => this.#runs.delete(running));
    this.#runs.add(running);
    return stream;
  }

  /**
   * Opens a stream of any worker for a client that has the events up to `after`.
   *
   * @returns `undefined` if the client has all of them already.
   * @throws ProblemError - `stream_gone` if the next event is not kept any more.
   */
  open(agent: string, id: string, after: number): StreamSource | undefined {
    const live = this.#live.get(id);
    const stored = live === undefined ? this.#log.find(id) : undefined;
    if ((live ?? stored)?.agent !== agent) throw gone();
    const { first, last } = live ?? this.#log.range(id);
    // The worker that runs the stream sends events a moment before it stores them.
    const maySoonHave = stored !== undefined && stored.ended_at === null;
    if (after < first - 1 || (after > last && !maySoonHave)) throw gone();
    const hasEnded = live?.ended ?? stored?.ended_at !== null;
    if (hasEnded && after === last) return undefined;
    return live === undefined ? new StoredSource(this.#log, id, after) : new LocalSource(live, after);
  }

  /** Stops what runs, and stores the last events. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stream of this.#live.values()) stream.abort('shutting_down');
    await Promise.all(this.#runs);
    this.#store();
  }

  #watchReaders(): void {
    for (const stream of this.#live.values()) {
      if (stream.hasReader || stream.ended) continue;
      const row = this.#log.find(stream.id);
      if (row === undefined) continue;
      stream.setRemoteReader(row.reader_n);
      const readerAt = Math.max(row.reader_at, stream.readerAt);
      if (Date.now() - readerAt > this.#graceMillis) stream.abort('client_disconnected');
    }
  }

  #flushSoon(): void {
    this.#flush ??= setTimeout(() => this.#store(), FLUSH_MILLIS);
  }

  #store(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const streams = [...this.#live.values()];
    this.#guard(() =>
      this.#log.write(
        streams
          .map((stream) => ({ id: stream.id, events: stream.takeUnstored(), firstKept: stream.first }))
          .filter(({ events }) => events.length > 0),
      ),
    );
    for (const { id, ended } of streams) if (ended) this.#live.delete(id);
  }

  #every(millis: number, work: () => unknown): NodeJS.Timeout {
    return setInterval(() => this.#guard(work), millis).unref();
  }

  /** A database that fails for a moment must not end the process. */
  #guard(work: () => unknown): void {
    try {
      work();
    } catch (error) {
      this.#logger.error({ err: error }, 'storing streams failed');
    }
  }
}

function gone(): ProblemError {
  return new ProblemError({
    status: 410,
    code: 'stream_gone',
    title: 'Stream gone',
    detail: 'These events are not kept any more, or never existed; send the request again.',
  });
}
