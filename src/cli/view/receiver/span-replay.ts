/**
 * Plays the spans of a trace to a span processor as if they started and ended now, in the order of their times, so that
 * they become events by the same translation as in the process that they are from.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { SpanSnapshot } from '../../../events/spans/span-snapshot.js';
import type { HeldTrace } from './held-traces.js';
import type { ContentRecord, ReceivedSpan } from './received-span.js';

/** A start or an end. */
export interface SpanMoment {
  readonly isStart: boolean;
  readonly span: SpanSnapshot;
}

interface PlacedSpan {
  readonly snapshot: SpanSnapshot;
  readonly parent: PlacedSpan | undefined;
  /** The number of spans around it. */
  readonly depth: number;
  /** Its start, but not before that of its parent: clocks differ, and some count whole milliseconds. */
  readonly start: bigint;
  /** Its end, but not before that of a span beneath it, whose events would lose their parent. */
  end: bigint;
  /** Whether it, or a span beneath it that ends at the same time, takes no time. */
  isInstant: boolean;
}

const SAMPLED = 1;

/** Returns the moments of a trace in their order. A parent starts before its children, and ends after them. */
export function momentsOf(trace: HeldTrace): SpanMoment[] {
  const moments = placedSpans(trace).flatMap((span) => [
    { isStart: true, time: span.start, phase: 1, depth: span.depth, span },
    // At one time: what ran before ends, then others start, then those end that took no time.
    { isStart: false, time: span.end, phase: span.isInstant ? 2 : 0, depth: -span.depth, span },
  ]);
  moments.sort((a, b) => compare(a.time, b.time) || a.phase - b.phase || a.depth - b.depth);
  return moments.map(({ isStart, span }) => ({ isStart, span: span.snapshot }));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function placedSpans({ spans, records }: HeldTrace): PlacedSpan[] {
  const content = recordsBySpan(records);
  const placed = new Map<string, PlacedSpan>();
  for (const span of spans.values()) {
    // From the outermost span that is not placed yet down to this one.
    for (const next of pathTo(span, spans, placed).reverse()) {
      const parent = next.parentSpanId === undefined ? undefined : placed.get(next.parentSpanId);
      const start = parent !== undefined && parent.start > next.start ? parent.start : next.start;
      const end = next.end > start ? next.end : start;
      placed.set(next.spanId, {
        snapshot: snapshotOf(next, parentContext(next, parent), content.get(next.spanId) ?? []),
        parent,
        depth: parent === undefined ? 0 : parent.depth + 1,
        start,
        end,
        isInstant: end === start,
      });
    }
  }
  const deepestFirst = [...placed.values()].sort((a, b) => b.depth - a.depth);
  for (const { parent, end, isInstant } of deepestFirst) {
    if (parent === undefined || end < parent.end) continue;
    parent.isInstant = isInstant || (end === parent.end && parent.isInstant);
    parent.end = end;
  }
  return deepestFirst;
}

/** Ends at a span that is placed, at one whose parent is not here, and in a circle of parents. */
function pathTo(
  span: ReceivedSpan,
  spans: ReadonlyMap<string, ReceivedSpan>,
  placed: ReadonlyMap<string, PlacedSpan>,
): ReceivedSpan[] {
  const path = new Map<string, ReceivedSpan>();
  let next: ReceivedSpan | undefined = span;
  while (next !== undefined && !placed.has(next.spanId) && !path.has(next.spanId)) {
    path.set(next.spanId, next);
    next = next.parentSpanId === undefined ? undefined : spans.get(next.parentSpanId);
  }
  return [...path.values()];
}

/**
 * `undefined` without a parent, where a circle of parents is cut open, and if the parent is not here: it may come when
 * these spans are events already, and the session that they open must not have its id then.
 */
function parentContext(
  { traceId, parentSpanId }: ReceivedSpan,
  parent: PlacedSpan | undefined,
): SpanContext | undefined {
  if (parentSpanId === undefined || parent === undefined) return undefined;
  return { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: false };
}

function snapshotOf(
  { traceId, spanId, snapshot }: ReceivedSpan,
  parentSpanContext: SpanContext | undefined,
  records: readonly ContentRecord[],
): SpanSnapshot {
  // One object: the processor keeps facts about a span by it.
  const context: SpanContext = { traceId, spanId, traceFlags: SAMPLED };
  return {
    ...withContent(snapshot, records),
    parentSpanContext,
    spanContext: () => context,
  };
}

const DETAILS_EVENT = 'gen_ai.client.inference.operation.details';

/**
 * Puts the content of log records on the span: from convention 1.38 on as attributes, as in a sender that has them there;
 * before, as the span events that the translation of earlier conventions reads.
 */
function withContent(
  snapshot: ReceivedSpan['snapshot'],
  records: readonly ContentRecord[],
): ReceivedSpan['snapshot'] {
  if (records.length === 0) return snapshot;
  const details = records.filter(({ event }) => event.name === DETAILS_EVENT);
  const events = records.filter(({ event }) => event.name !== DETAILS_EVENT).map(({ event }) => event);
  return {
    ...snapshot,
    attributes: Object.assign({}, ...details.map(({ event }) => event.attributes), snapshot.attributes),
    events: [...snapshot.events, ...events],
  };
}

function recordsBySpan(records: readonly ContentRecord[]): Map<string, ContentRecord[]> {
  const bySpan = new Map<string, ContentRecord[]>();
  for (const record of records) {
    const known = bySpan.get(record.spanId);
    if (known === undefined) bySpan.set(record.spanId, [record]);
    else known.push(record);
  }
  return bySpan;
}
