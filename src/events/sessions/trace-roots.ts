import { BoundedMap } from '../../bounded-map.js';
import type { SpanSnapshot } from '../spans/span-snapshot.js';

/** The number of traces that are watched. Beyond it the oldest is taken for lost: its spans never end. */
const MAX_OPEN_TRACES = 100_000;

/** The number of open roots of a trace that its end waits for. */
const MAX_OPEN_ROOTS = 10_000;

/**
 * The open local roots of each trace: spans without a parent in this process. A trace has ended in this process when the
 * last of them has ended.
 */
export class TraceRoots {
  readonly #open = new BoundedMap<string, Set<string>>(MAX_OPEN_TRACES);

  /** @param needed - whether the span must have a root. If no root of its trace is open, the span is the root itself. */
  started(span: SpanSnapshot, needed: boolean): void {
    const { traceId, spanId } = span.spanContext();
    const roots = this.#open.get(traceId);
    const { parentSpanContext: parent } = span;
    const isRoot = parent === undefined || parent.isRemote === true || (needed && roots === undefined);
    if (!isRoot) return;
    if (roots === undefined) this.#open.set(traceId, new Set([spanId]));
    else if (roots.size < MAX_OPEN_ROOTS) roots.add(spanId);
  }

  isOpen(traceId: string): boolean {
    return this.#open.get(traceId) !== undefined;
  }

  /** Whether this was the trace's last open root. */
  ended(span: SpanSnapshot): boolean {
    const { traceId, spanId } = span.spanContext();
    const roots = this.#open.get(traceId);
    if (!roots?.delete(spanId) || roots.size > 0) return false;
    this.#open.remove(traceId);
    return true;
  }
}
