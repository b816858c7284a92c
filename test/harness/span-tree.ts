import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import * as testing from '../../src/testing/span-tree.js';

const startOrder = new Map<string, number>();

/** Records the order in which spans start, because their start times have a resolution of a millisecond. */
export function noteStart(span: Pick<ReadableSpan, 'spanContext'>): void {
  startOrder.set(span.spanContext().spanId, startOrder.size);
}

/**
 * The spans as a tree, one line per span with name, kind and error. Siblings are in the order of their start.
 */
export function spanTree(spans: readonly ReadableSpan[]): string[] {
  return testing.spanTree([...spans].sort(byStart));
}

function byStart(a: ReadableSpan, b: ReadableSpan): number {
  return (startOrder.get(a.spanContext().spanId) ?? 0) - (startOrder.get(b.spanContext().spanId) ?? 0);
}
