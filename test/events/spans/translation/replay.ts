import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Attributes, ROOT_CONTEXT, type SpanStatus } from '@opentelemetry/api';
import { expect } from 'vitest';
import type { SpanSnapshot, TimedEventSnapshot } from '../../../../src/events/spans/span-snapshot.js';
import { type ChaukasEvent, ChaukasSpanProcessor, MemorySink } from '../../../../src/index.js';
import { streamViolations } from '../../../harness/check-stream.js';
import { withoutStreamSession } from '../../../harness/stream-session.js';

export const RECORDED = path.join(import.meta.dirname, 'recorded');

interface SpanMoment {
  readonly moment: 'start' | 'end';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly events?: readonly { readonly name: string; readonly attributes?: Attributes }[];
}

/** An open span got further attributes. */
interface ChangeMoment {
  readonly moment: 'change';
  readonly spanId: string;
  readonly attributes: Attributes;
}

type Moment = SpanMoment | ChangeMoment;

export interface Replay {
  readonly events: readonly ChaukasEvent[];
  /** The number of events that were emitted only at shutdown, for spans that never ended. */
  readonly atShutdown: number;
}

/** Replays a recording of another instrumentation to a processor. Every moment takes 10 ms. */
export async function replay(name: string): Promise<Replay> {
  const file = path.join(RECORDED, `${name}.json`);
  const { moments } = JSON.parse(readFileSync(file, 'utf8')) as { moments: readonly Moment[] };
  return replayMoments(moments);
}

export async function replayMoments(moments: readonly Moment[]): Promise<Replay> {
  const sink = new MemorySink();
  const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false, requestMessages: 'all' });
  const spans = new Map<string, ReplayedSpan>();
  for (const [index, moment] of moments.entries()) {
    const known = spans.get(moment.spanId);
    if (moment.moment === 'start') {
      const span = new ReplayedSpan(moment, index);
      spans.set(moment.spanId, span);
      processor.onStart(span, ROOT_CONTEXT);
    } else if (known !== undefined) {
      known.attributes = moment.attributes;
      if (moment.moment === 'end') {
        known.ended(moment, index);
        processor.onEnd(known);
      }
    }
  }
  await processor.forceFlush();
  const before = withoutStreamSession(sink.events).length;
  await processor.shutdown();
  expect(processor.stats().errors).toBe(0);
  expect(streamViolations(sink.events)).toEqual([]);
  const events = withoutStreamSession(sink.events);
  return { events, atShutdown: events.length - before };
}

/** One object from start to end, as in a tracer. */
class ReplayedSpan implements SpanSnapshot {
  readonly kind: number;
  readonly parentSpanContext: SpanSnapshot['parentSpanContext'];
  readonly startTime: [number, number];
  readonly resource = { attributes: { 'service.name': 'recorded' } };
  endTime: [number, number] = [0, 0];
  name: string;
  status: SpanStatus;
  attributes: Attributes;
  events: readonly TimedEventSnapshot[] = [];
  readonly #context: ReturnType<SpanSnapshot['spanContext']>;

  constructor(start: SpanMoment, index: number) {
    this.#context = { traceId: start.traceId, spanId: start.spanId, traceFlags: 1 };
    this.kind = start.kind;
    this.name = start.name;
    this.status = start.status;
    this.attributes = start.attributes;
    this.startTime = timeOf(index);
    this.parentSpanContext =
      start.parentSpanId === undefined
        ? undefined
        : { traceId: start.traceId, spanId: start.parentSpanId, traceFlags: 1 };
  }

  spanContext() {
    return this.#context;
  }

  ended(end: SpanMoment, index: number): void {
    this.name = end.name;
    this.status = end.status;
    this.endTime = timeOf(index);
    this.events = (end.events ?? []).map((event) => ({ ...event, time: timeOf(index) }));
  }
}

function timeOf(index: number): [number, number] {
  return [1_700_000_000, index * 10_000_000];
}
