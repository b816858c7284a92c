import { newSpanId, newTraceId } from '../ids.js';
import type { RecordedSignal } from '../signals/signal.js';
import type { EventOrigin } from './audit-stream.js';
import type { OpenSpan } from './open-span.js';
import type { EventSession } from './sessions/session.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import type { TraceRoots } from './sessions/trace-roots.js';

/**
 * The place of facts in the stream.
 *
 * An event has the id of the span that it is about, but not the id of the session's own span, because it would be its own
 * parent. A fact about the session's own span, or about no span, gets a new span id beneath the session.
 */
export class FactPlacement {
  readonly #sessions: SessionLedger;
  readonly #roots: TraceRoots;

  constructor(sessions: SessionLedger, roots: TraceRoots) {
    this.#sessions = sessions;
    this.#roots = roots;
  }

  /** @param spanId - the span that the fact is about: the open span, or one beneath it that has no role. */
  ofSpan({ origin, session }: OpenSpan, spanId: string): EventOrigin {
    if (origin.spanId !== session.spanId) return origin;
    return { ...origin, ...this.#under(session, spanId) };
  }

  /**
   * Returns the place of a fact that no span of a session encloses. It belongs to the session that the application
   * opened, otherwise to the trace of its span.
   */
  outsideSpans(
    signal: RecordedSignal,
    timestamp: string,
  ): { readonly session: EventSession; readonly origin: EventOrigin } {
    const { span, spanRecording, sessionMetadata = {}, about, application } = signal;
    const sessionId = this.#sessionIdOf(signal);
    const known = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    const traceId = span?.traceId ?? known?.traceId ?? about?.traceId ?? newTraceId();
    const session = this.#sessions.obtain({
      traceId,
      timestamp,
      explicitId: sessionId,
      application,
      spanId: traceId.slice(16),
      traceUnseen: !this.#roots.isOpen(traceId),
      metadata: sessionMetadata,
    });
    // A span that has ended, or that the sampler dropped, gets no further events of its own.
    const spanId = spanRecording ? span?.spanId : undefined;
    return { session, origin: { traceId, ...this.#under(session, spanId) } };
  }

  #sessionIdOf({ span, sessionId, inSessionOfSpan }: RecordedSignal): string | undefined {
    if (!inSessionOfSpan || span === undefined) return sessionId;
    return this.#sessions.idOfTrace(span.traceId) ?? sessionId;
  }

  /** Returns the place of a fact that is about no span. */
  ofSession(session: EventSession): EventOrigin {
    return { traceId: session.traceId, ...this.#under(session, undefined) };
  }

  #under(session: EventSession, spanId: string | undefined): Pick<EventOrigin, 'spanId' | 'parentSpanId'> {
    if (spanId === undefined || this.#sessions.isOwn(session.id, spanId)) {
      return { spanId: newSpanId(), parentSpanId: session.spanId };
    }
    this.#sessions.factRecorded(session, spanId);
    return { spanId, parentSpanId: session.spanId };
  }
}
