import type { SpanStartDetails } from '../signals/signal.js';
import type { AuditTrail } from './audit-trail.js';
import { spanRole } from './spans/span-role.js';
import type { SpanSnapshot } from './spans/span-snapshot.js';
import { translateSpan } from './spans/translation/translate-span.js';

/** Undecided spans that are kept; beyond it the oldest is told of at its end, if it has one. */
const MAX_UNDECIDED = 10_000;

/**
 * Tells the audit trail of all spans, in the words of the convention and in time.
 *
 * OpenInference and OpenLLMetry set a span's attributes right after its start, when a span processor has seen it already.
 * Were that noticed only at its end, all within it would have been told without it. So a span that has not said what it
 * is, is asked once more when one beneath it starts.
 */
export class LateSpans {
  readonly #trail: Pick<AuditTrail, 'spanStarted' | 'spanDecided' | 'spanEnded'>;
  /** Open spans as their tracers have them, with the attributes that they will be given yet. */
  readonly #undecided = new Map<string, SpanSnapshot>();

  constructor(trail: Pick<AuditTrail, 'spanStarted' | 'spanDecided' | 'spanEnded'>) {
    this.#trail = trail;
  }

  started(span: SpanSnapshot, details: SpanStartDetails | undefined): void {
    if (span.parentSpanContext !== undefined) this.#askAgain(span.parentSpanContext.spanId);
    const told = translateSpan(span);
    if (spanRole(told) === undefined) this.#keep(span);
    this.#trail.spanStarted(told, details);
  }

  ended(span: SpanSnapshot): void {
    this.#undecided.delete(span.spanContext().spanId);
    this.#trail.spanEnded(translateSpan(span));
  }

  /**
   * Asks all that are open, before no END will come any more. Some never end: OpenInference and OpenLLMetry leave a call
   * that failed open (4.2.7, 0.27.0).
   */
  shutdown(): void {
    for (const spanId of [...this.#undecided.keys()]) this.#askAgain(spanId);
  }

  #keep(span: SpanSnapshot): void {
    const [oldest] = this.#undecided.size >= MAX_UNDECIDED ? this.#undecided.keys() : [];
    if (oldest !== undefined) {
      this.#askAgain(oldest);
      this.#undecided.delete(oldest);
    }
    this.#undecided.set(span.spanContext().spanId, span);
  }

  #askAgain(spanId: string): void {
    const undecided = this.#undecided.get(spanId);
    if (undecided === undefined) return;
    const told = translateSpan(undecided);
    if (spanRole(told) === undefined) return;
    this.#undecided.delete(spanId);
    this.#trail.spanDecided(told);
  }
}
