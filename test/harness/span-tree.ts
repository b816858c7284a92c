import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/**
 * The spans as a tree, one line a span: name, kind, and what is wrong with it. Siblings stand in the order of their
 * start; those that start together, in the order of their names.
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
  const difference = a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1];
  return difference || a.name.localeCompare(b.name);
}
