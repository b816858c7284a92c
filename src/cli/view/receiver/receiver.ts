import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BoundedMap } from '../../../bounded-map.js';
import { ChaukasSpanProcessor } from '../../../events/chaukas-span-processor.js';
import { clientTraced } from '../../../signals/running-instrumentations.js';
import type { ReceiverState } from '../view-api.js';
import { type HeldTrace, HeldTraces, MAX_HELD_BYTES, MAX_HELD_SPANS } from './held-traces.js';
import {
  type BodyForm,
  bodyForm,
  CONTENT_TYPES,
  logsAnswer,
  type Rejection,
  readLogsRequest,
  readTraceRequest,
  statusBody,
  traceAnswer,
} from './otlp-messages.js';
import { eventOfRecord, eventsOfRequest, isAuditRecord, type ReceivedEvent } from './received-events.js';
import { ReceivedLines, type ReceivedLinesOptions } from './received-lines.js';
import { contentRecord, logRecords, receivedSpans } from './received-span.js';
import { MAX_BODY_BYTES, readBody, TelemetryProblem, tooLong } from './request-body.js';
import { momentsOf } from './span-replay.js';

/** A request as the HTTP server of the viewer has it, after its checks of host and origin. */
export interface ReceivedRequest {
  readonly method: string;
  readonly pathname: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The answer, to be sent as it is. */
export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

type PathHandler = (receiver: Receiver, body: Buffer, form: BodyForm) => Promise<Uint8Array> | Uint8Array;

/** Bytes of bodies that are read at the same time. */
const MAX_READING_BYTES = 4 * MAX_BODY_BYTES;
/** The number of traces that are remembered because their events came from elsewhere. */
const MAX_TRACES = 100_000;
/** The number of spans whose parents are remembered. */
const MAX_PARENTS = 100_000;
/** The number of starts and ends after which the events are written, so that their queue stays short. */
const MOMENTS_AT_ONCE = 200;
/** A session with a name ends after so long without activity, and opens again if more of it comes. */
const SESSION_IDLE_MS = 5 * 60_000;
const RETRY_AFTER_SECONDS = '2';

/**
 * Receives telemetry over HTTP and writes it as audit events: OTLP traces and logs, and events as `ChaukasApiSink` sends
 * them.
 *
 * Spans become events by a `ChaukasSpanProcessor` with its defaults, which also masks personal data and credentials in
 * them. Audit events are written as they came. If a trace has such events, its spans are not translated as well.
 *
 * Bounded: the size of a body and of all that are being read, the spans that wait for the rest of their trace, and the
 * files. Beyond, a request is answered with 413 or 503, and the sender keeps its data or tries again.
 */
export class Receiver {
  readonly #lines: ReceivedLines;
  readonly #processor: ChaukasSpanProcessor;
  readonly #held = new HeldTraces((trace) => this.#replay(trace));
  /** Traces whose audit events came. */
  readonly #tracesWithEvents = new BoundedMap<string, true>(MAX_TRACES);
  /** The parent of each span, by its ids; empty if it has none. Events do not name a parent that came with other spans. */
  readonly #parents = new BoundedMap<string, string>(MAX_PARENTS);
  #replaying: Promise<void> = Promise.resolve();
  #replayingSpans = 0;
  #readingBytes = 0;
  #spans = 0;
  #events = 0;
  #refused = 0;
  #closed = false;

  constructor(options: ReceivedLinesOptions) {
    this.#lines = new ReceivedLines(options);
    // Spans of this package may come beside those of another instrumentation, in whatever order.
    clientTraced();
    this.#processor = new ChaukasSpanProcessor({
      sinks: [
        {
          name: 'agent-events view',
          linesOnly: true,
          send: (_events, eventLines) => this.#write(eventLines),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
      systemEvents: false,
      sessionIdleTimeoutMillis: SESSION_IDLE_MS,
      maxQueueSize: MAX_HELD_SPANS,
      maxQueueBytes: 2 * MAX_HELD_BYTES,
    });
  }

  /** Never rejects. */
  async answer(request: ReceivedRequest): Promise<ReceiverAnswer> {
    // An unknown content type is answered in JSON, which a person can read.
    let form: BodyForm = 'json';
    try {
      const { method, pathname, headers } = request;
      const handler = PATHS[pathname];
      if (handler === undefined || !Object.hasOwn(PATHS, pathname)) {
        throw new TelemetryProblem(404, 'nothing is here');
      }
      if (method !== 'POST') throw new TelemetryProblem(405, 'use POST');
      form = bodyForm(header(headers, 'content-type'));
      const body = await this.#read(request);
      return {
        status: 200,
        headers: { 'content-type': CONTENT_TYPES[form] },
        body: Buffer.from(await handler(this, body, form)),
      };
    } catch (error) {
      this.#refused += 1;
      const problem =
        error instanceof TelemetryProblem
          ? error
          : new TelemetryProblem(503, 'the request failed; send it again');
      return refusal(problem, form);
    }
  }

  state(): Omit<ReceiverState, 'endpoint'> {
    return { spans: this.#spans, events: this.#events, refused: this.#refused, removed: this.#lines.removed };
  }

  /** The parent of a span, as its sender named it: empty if it has none, `undefined` if the span was not received. */
  parentOf(traceId: string, spanId: string): string | undefined {
    return this.#parents.get(`${traceId} ${spanId}`);
  }

  /** Makes the events of all spans that are held. */
  async flush(): Promise<void> {
    this.#held.releaseAll();
    await this.#replaying;
    await this.#processor.forceFlush();
  }

  /** Ends the event stream and closes the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    await this.#processor.shutdown();
    await this.#lines.close();
  }

  async #read({ headers, body }: ReceivedRequest): Promise<Buffer> {
    if (this.#closed) throw new TelemetryProblem(503, 'the viewer is closing');
    if (Number(header(headers, 'content-length') ?? 0) > MAX_BODY_BYTES) throw tooLong();
    let read = 0;
    const onBytes = (bytes: number) => {
      read += bytes;
      this.#readingBytes += bytes;
      if (this.#readingBytes > MAX_READING_BYTES) throw busy();
    };
    try {
      if (this.#replayingSpans > MAX_HELD_SPANS) throw busy();
      return await readBody(body, header(headers, 'content-encoding'), onBytes);
    } finally {
      this.#readingBytes -= read;
    }
  }

  traces(body: Buffer, form: BodyForm): Uint8Array {
    const { spans, rejected } = receivedSpans(readTraceRequest(body, form));
    const bytes = body.length / Math.max(1, spans.length);
    for (const span of spans) {
      const { traceId, spanId, parentSpanId } = span;
      if (this.#tracesWithEvents.get(traceId) !== undefined) continue;
      this.#parents.set(`${traceId} ${spanId}`, parentSpanId ?? '');
      this.#held.addSpan(span, bytes);
    }
    this.#spans += spans.length;
    return traceAnswer({ count: rejected, reason: 'a span has no valid trace id or span id' }, form);
  }

  async logs(body: Buffer, form: BodyForm): Promise<Uint8Array> {
    const records = [...logRecords(readLogsRequest(body, form))];
    const bytes = body.length / Math.max(1, records.length);
    const events: ReceivedEvent[] = [];
    let count = 0;
    for (const { record, scope } of records) {
      if (isAuditRecord(record, scope)) {
        const event = eventOfRecord(record);
        if (event === undefined) count += 1;
        else events.push(event);
      } else {
        const content = contentRecord(record);
        const isNeeded = content !== undefined && this.#tracesWithEvents.get(content.traceId) === undefined;
        if (isNeeded) this.#held.addRecord(content, bytes);
      }
    }
    await this.#take(events);
    const rejection: Rejection = { count, reason: 'the body of a log record is not an audit event' };
    return logsAnswer(rejection, form);
  }

  async events(body: Buffer, form: BodyForm, isBatch: boolean): Promise<Uint8Array> {
    await this.#take(eventsOfRequest(body, form, isBatch));
    return form === 'json' ? Buffer.from('{}') : new Uint8Array();
  }

  async #take(events: readonly ReceivedEvent[]): Promise<void> {
    for (const { traceId } of events) {
      if (this.#tracesWithEvents.get(traceId) !== undefined) continue;
      this.#tracesWithEvents.set(traceId, true);
      this.#held.discard(traceId);
    }
    await this.#write(events.map(({ line }) => line));
  }

  async #write(lines: readonly string[]): Promise<void> {
    await this.#lines.append(lines);
    this.#events += lines.length;
  }

  /** Traces are played one after the other, because writing their events takes longer than reading the next request. */
  #replay(trace: HeldTrace): void {
    this.#replayingSpans += trace.spans.size;
    this.#replaying = this.#replaying.then(async () => {
      if (this.#tracesWithEvents.get(trace.traceId) === undefined) await this.#play(trace);
      this.#replayingSpans -= trace.spans.size;
    });
  }

  async #play(trace: HeldTrace): Promise<void> {
    for (const [index, { isStart, span }] of momentsOf(trace).entries()) {
      if (isStart) this.#processor.onStart(span, ROOT_CONTEXT);
      else this.#processor.onEnd(span);
      if (index % MOMENTS_AT_ONCE === MOMENTS_AT_ONCE - 1) await this.#processor.forceFlush();
    }
    await this.#processor.forceFlush();
  }
}

const PATHS: Readonly<Record<string, PathHandler>> = {
  '/v1/traces': (receiver, body, form) => receiver.traces(body, form),
  '/v1/logs': (receiver, body, form) => receiver.logs(body, form),
  '/v1/events': (receiver, body, form) => receiver.events(body, form, false),
  '/v1/events/batch': (receiver, body, form) => receiver.events(body, form, true),
};

/** The paths that a receiver answers. */
export const RECEIVER_PATHS = Object.keys(PATHS);

function header(headers: ReceivedRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

function busy(): TelemetryProblem {
  return new TelemetryProblem(503, 'the viewer is busy; send it again');
}

function refusal(problem: TelemetryProblem, form: BodyForm): ReceiverAnswer {
  const { status } = problem;
  return {
    status,
    headers: {
      'content-type': CONTENT_TYPES[form],
      // The rest of the body is not read.
      connection: 'close',
      ...(status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }),
      ...(status === 405 && { allow: 'POST' }),
    },
    body: Buffer.from(statusBody(problem, form)),
  };
}
