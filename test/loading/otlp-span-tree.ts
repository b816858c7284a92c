import type { OtlpSpan } from './otlp-receiver.js';

/** Numbers of span kinds in OTLP, which differ from `SpanKind` of the API. */
const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** The spans as a tree, one line per span, with siblings in the order of their start. */
export function otlpSpanTree(spans: readonly OtlpSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanId));
  return lines(
    spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)),
    spans,
    0,
  );
}

function lines(siblings: readonly OtlpSpan[], all: readonly OtlpSpan[], depth: number): string[] {
  return siblings.toSorted(byStart).flatMap((span) => [
    `${'  '.repeat(depth)}${span.name} [${KINDS[span.kind]}]`,
    ...lines(
      all.filter((other) => other.parentSpanId === span.spanId && other.traceId === span.traceId),
      all,
      depth + 1,
    ),
  ]);
}

function byStart(a: OtlpSpan, b: OtlpSpan): number {
  return Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano));
}
