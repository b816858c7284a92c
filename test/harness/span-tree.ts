import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

const startOrder = new Map<string, number>();

/** Records the order in which spans start, because their start times have a resolution of a millisecond. */
export function noteStart(span: Pick<ReadableSpan, 'spanContext'>): void {
  startOrder.set(span.spanContext().spanId, startOrder.size);
}

/**
 * The spans as a tree, one line per span with name, kind and error. Siblings are in the order of their start.
 */
export function spanTree(spans: readonly ReadableSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const roots = spans.filter((span) => !ids.has(span.parentSpanContext?.spanId ?? ''));
  return roots.sort(byStart).flatMap((root) => lines(root, spans, 0));
}

function lines(span: ReadableSpan, all: readonly ReadableSpan[], depth: number): string[] {
  const { spanId, traceId } = span.spanContext();
  const children = all.filter(
    (other) => other.parentSpanContext?.spanId === spanId && other.spanContext().traceId === traceId,
  );
  return [
    `${'  '.repeat(depth)}${describe(span)}`,
    ...children.sort(byStart).flatMap((child) => lines(child, all, depth + 1)),
  ];
}

function describe(span: ReadableSpan): string {
  const error = span.status.code === SpanStatusCode.ERROR ? ` ✗ ${span.attributes['error.type']}` : '';
  const cancelled = span.attributes['openai_agents.outcome'] === 'cancelled' ? ' (cancelled)' : '';
  return `${span.name} [${SpanKind[span.kind]}]${error}${cancelled}`;
}

function byStart(a: ReadableSpan, b: ReadableSpan): number {
  return (startOrder.get(a.spanContext().spanId) ?? 0) - (startOrder.get(b.spanContext().spanId) ?? 0);
}
