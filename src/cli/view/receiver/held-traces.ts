/**
 * The spans of traces that are not complete yet. A span is sent when it ends, so children come before their parents and
 * in several requests, while the events of a trace need its spans from the root down.
 *
 * A trace is released when its root has come and nothing came after it for a moment, when nothing came for longer, or
 * when it has been held for as long as a person waits. The oldest is released early if all together are too large.
 */
import * as clock from '../../../clock.js';
import type { ContentRecord, ReceivedSpan } from './received-span.js';

/** Waits for log records with the content of the calls, which another exporter of the same process sends. */
const AFTER_ROOT_MS = 1_000;
/** Waits for the parents in other processes. */
const AFTER_LOCAL_ROOT_MS = 3_000;
/** Longer than the exporters of OpenTelemetry wait for a batch, which is 5 seconds. */
const QUIET_MS = 8_000;
const MAX_HELD_MS = 30_000;
const CHECK_INTERVAL_MS = 200;

export const MAX_HELD_SPANS = 50_000;
export const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** The spans of one trace that came so far, and the content that came apart from them. */
export interface HeldTrace {
  readonly traceId: string;
  readonly spans: Map<string, ReceivedSpan>;
  readonly records: ContentRecord[];
}

interface Holding extends HeldTrace {
  readonly since: number;
  last: number;
  waitMillis: number;
  bytes: number;
}

export class HeldTraces {
  readonly #onReleased: (trace: HeldTrace) => void;
  /** By trace id, in the order of their first arrival. */
  readonly #traces = new Map<string, Holding>();
  #spans = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(onReleased: (trace: HeldTrace) => void) {
    this.#onReleased = onReleased;
  }

  /** @param bytes - the memory that it takes, roughly. */
  addSpan(span: ReceivedSpan, bytes: number): void {
    const trace = this.#obtain(span.traceId, bytes);
    const { parentSpanId, isLocalRoot } = span;
    if (parentSpanId === undefined) trace.waitMillis = AFTER_ROOT_MS;
    else if (isLocalRoot) trace.waitMillis = Math.min(trace.waitMillis, AFTER_LOCAL_ROOT_MS);
    if (!trace.spans.has(span.spanId)) this.#spans += 1;
    trace.spans.set(span.spanId, span);
    this.#limit();
  }

  addRecord(record: ContentRecord, bytes: number): void {
    this.#obtain(record.traceId, bytes).records.push(record);
    this.#spans += 1;
    this.#limit();
  }

  /** Forgets a trace, because its events came from elsewhere. */
  discard(traceId: string): void {
    this.#remove(traceId);
  }

  releaseAll(): void {
    for (const traceId of [...this.#traces.keys()]) this.#release(traceId);
  }

  #obtain(traceId: string, bytes: number): Holding {
    const now = clock.ticks();
    let trace = this.#traces.get(traceId);
    if (trace === undefined) {
      trace = {
        traceId,
        spans: new Map(),
        records: [],
        since: now,
        last: now,
        waitMillis: QUIET_MS,
        bytes: 0,
      };
      this.#traces.set(traceId, trace);
    }
    trace.last = now;
    trace.bytes += bytes;
    this.#bytes += bytes;
    this.#timer ??= clock.setInterval(() => this.#check(), CHECK_INTERVAL_MS).unref();
    return trace;
  }

  #check(): void {
    const now = clock.ticks();
    for (const { traceId, last, since, waitMillis } of [...this.#traces.values()]) {
      if (now - last >= waitMillis || now - since >= MAX_HELD_MS) this.#release(traceId);
    }
  }

  #limit(): void {
    while (this.#spans > MAX_HELD_SPANS || this.#bytes > MAX_HELD_BYTES) {
      const [oldest] = this.#traces.keys();
      if (oldest === undefined) return;
      this.#release(oldest);
    }
  }

  #release(traceId: string): void {
    const trace = this.#remove(traceId);
    if (trace !== undefined && trace.spans.size > 0) this.#onReleased(trace);
  }

  #remove(traceId: string): Holding | undefined {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return undefined;
    this.#traces.delete(traceId);
    this.#spans -= trace.spans.size + trace.records.length;
    this.#bytes -= trace.bytes;
    if (this.#traces.size === 0) {
      clock.clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return trace;
  }
}
