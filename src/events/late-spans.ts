import type { SpanStartDetails } from '../signals/signal.js';
import type { AuditTrail } from './audit-trail.js';
import { spanRole } from './spans/span-role.js';
import type { SpanSnapshot } from './spans/span-snapshot.js';
import { translateSpan } from './spans/translation/translate-span.js';

/** The number of undecided spans that are kept. Beyond it the oldest is only looked at again when it ends. */
const MAX_UNDECIDED = 10_000;

/**
 * Passes all spans to the audit trail, translated into the current convention.
 *
 * OpenInference and OpenLLMetry set the attributes of a span right after its start, when the span processor has already
 * seen it. If its role became known only at its end, the events of all spans beneath it would already be out without it.
 * So a span without a role is looked at again when a span beneath it starts.
 */
export class LateSpans {
  readonly #trail: Pick<AuditTrail, 'spanStarted' | 'spanDecided' | 'spanEnded'>;
  /** Open spans without a role, by span id. These are the tracer's own objects, so later attributes show on them. */
  readonly #undecided = new Map<string, SpanSnapshot>();

  constructor(trail: Pick<AuditTrail, 'spanStarted' | 'spanDecided' | 'spanEnded'>) {
    this.#trail = trail;
  }

  started(span: SpanSnapshot, details: SpanStartDetails | undefined): void {
    if (span.parentSpanContext !== undefined) this.#decide(span.parentSpanContext.spanId);
    const translated = translateSpan(span);
    if (spanRole(translated) === undefined) this.#keep(span);
    this.#trail.spanStarted(translated, details);
  }

  ended(span: SpanSnapshot): void {
    this.#undecided.delete(span.spanContext().spanId);
    this.#trail.spanEnded(translateSpan(span));
  }

  /**
   * Looks at all undecided spans a last time. Some spans never end: OpenInference 4.2.7 and OpenLLMetry 0.27.0 leave the
   * span of a failed call open.
   */
  shutdown(): void {
    for (const spanId of [...this.#undecided.keys()]) this.#decide(spanId);
  }

  #keep(span: SpanSnapshot): void {
    const [oldest] = this.#undecided.size >= MAX_UNDECIDED ? this.#undecided.keys() : [];
    if (oldest !== undefined) {
      this.#decide(oldest);
      this.#undecided.delete(oldest);
    }
    this.#undecided.set(span.spanContext().spanId, span);
  }

  #decide(spanId: string): void {
    const undecided = this.#undecided.get(spanId);
    if (undecided === undefined) return;
    const translated = translateSpan(undecided);
    if (spanRole(translated) === undefined) return;
    this.#undecided.delete(spanId);
    this.#trail.spanDecided(translated);
  }
}
