import { BoundedMap } from '../bounded-map.js';
import type { SpanStartDetails } from '../signals/signal.js';
import type { CallerFlow } from '../signals/span-start-details.js';
import { isForeign } from './foreign-spans.js';
import { spanRole } from './spans/span-role.js';
import type { SpanSnapshot } from './spans/span-snapshot.js';
import { translateSpan } from './spans/translation/translate-span.js';

/** The number of undecided spans that are kept. Beyond it the oldest is only looked at again when it ends. */
const MAX_UNDECIDED = 10_000;

/** The lives of spans, translated into the current convention. */
export interface SpanTrail {
  spanStarted(span: SpanSnapshot, details: SpanStartDetails | undefined, callerFlow?: CallerFlow): void;
  /**
   * A span that started earlier has got the attributes that show its role.
   *
   * @param beneath - the last model call of this package that started beneath the span before its role was known.
   */
  spanDecided(span: SpanSnapshot, beneath?: SpanSnapshot): void;
  spanEnded(span: SpanSnapshot, beneath?: SpanSnapshot): void;
}

/**
 * Passes all spans to the audit trail, translated into the current convention.
 *
 * OpenInference and OpenLLMetry set the attributes of a span right after its start, when the span processor has already
 * seen it. If its role became known only at its end, the events of all spans beneath it would already be out without it.
 * So a span without a role is looked at again when a span beneath it starts.
 */
export class LateSpans {
  readonly #trail: SpanTrail;
  /** Open spans without a role, by span id. These are the tracer's own objects, so later attributes show on them. */
  readonly #undecided = new BoundedMap<string, SpanSnapshot>(MAX_UNDECIDED, (span) => this.#decide(span));

  /** The last model call of this package beneath an undecided span, by the span id of the latter. */
  readonly #beneath = new BoundedMap<string, SpanSnapshot>(MAX_UNDECIDED);

  constructor(trail: SpanTrail) {
    this.#trail = trail;
  }

  started(span: SpanSnapshot, details: SpanStartDetails | undefined, callerFlow?: CallerFlow): void {
    const parent = this.#undecidedAround(span);
    if (parent !== undefined) this.#decide(parent);
    const translated = translateSpan(span);
    const role = spanRole(translated);
    if (role === undefined) this.#undecided.set(span.spanContext().spanId, span);
    else if (role === 'model' && !isForeign(span)) this.#noteAbove(span);
    this.#trail.spanStarted(translated, details, callerFlow);
  }

  ended(span: SpanSnapshot): void {
    const { spanId } = span.spanContext();
    this.#undecided.remove(spanId);
    this.#trail.spanEnded(translateSpan(span), this.#beneath.remove(spanId));
  }

  /**
   * Looks at all undecided spans a last time. Some spans never end: OpenInference 4.2.7 and OpenLLMetry 0.27.0 leave the
   * span of a failed call open.
   */
  shutdown(): void {
    for (const span of this.#undecided.removeAll().reverse()) this.#decide(span);
  }

  /** Notes a model call of this package at the undecided spans around it, which may turn out to describe it as well. */
  #noteAbove(call: SpanSnapshot): void {
    let around = this.#undecidedAround(call);
    while (around !== undefined && this.#beneath.get(around.spanContext().spanId) !== call) {
      this.#beneath.set(around.spanContext().spanId, call);
      around = this.#undecidedAround(around);
    }
  }

  #undecidedAround({ parentSpanContext: parent }: SpanSnapshot): SpanSnapshot | undefined {
    return parent && this.#undecided.get(parent.spanId);
  }

  #decide(span: SpanSnapshot): void {
    const translated = translateSpan(span);
    if (spanRole(translated) === undefined) return;
    const { spanId } = span.spanContext();
    this.#undecided.remove(spanId);
    this.#trail.spanDecided(translated, this.#beneath.remove(spanId));
  }
}
