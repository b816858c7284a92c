import type { RecordedSignal } from '../signals/signal.js';
import type { EventOrigin } from './event-stream.js';
import { newSpanId, newTraceId } from './ids.js';
import type { OpenSpan } from './open-span.js';
import type { Session } from './sessions/session.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import type { TraceRoots } from './sessions/trace-roots.js';

/**
 * Where facts stand in the stream.
 *
 * An event has the id of the span that it is about and cannot have its session's, which would be its own parent: what
 * is told of the span that stands for the session, or of none, gets an id of its own under the session.
 */
export class FactPlacement {
  readonly #sessions: SessionLedger;
  readonly #roots: TraceRoots;

  constructor(sessions: SessionLedger, roots: TraceRoots) {
    this.#sessions = sessions;
    this.#roots = roots;
  }

  /** @param spanId - the span that the fact is told of: one of ours, or one beneath it that is not. */
  within({ origin, session }: OpenSpan, spanId: string): EventOrigin {
    if (origin.spanId !== session.spanId) return origin;
    return { ...origin, ...this.#under(session, spanId) };
  }

  /**
   * For a fact that no span of ours encloses. It belongs to the session that the application opened, else to the trace
   * of the active span.
   */
  outside({ span, spanRecording, sessionId }: RecordedSignal, timestamp: string): EventOrigin {
    const known = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    const traceId = span?.traceId ?? known?.traceId ?? newTraceId();
    const session = this.#sessions.obtain({
      traceId,
      timestamp,
      givenId: sessionId,
      spanId: traceId.slice(16),
      traceUnseen: !this.#roots.isOpen(traceId),
      metadata: {},
    });
    // A span that is over, or that the sampler dropped, gets no more events of its own.
    return { session, traceId, ...this.#under(session, spanRecording ? span?.spanId : undefined) };
  }

  /** For a fact that belongs to nothing but a session. */
  alone(session: Session): EventOrigin {
    return { session, traceId: session.traceId, ...this.#under(session, undefined) };
  }

  #under(session: Session, given: string | undefined): Pick<EventOrigin, 'spanId' | 'parentSpanId'> {
    if (given === undefined || this.#sessions.isOwn(session.id, given)) {
      return { spanId: newSpanId(), parentSpanId: session.spanId };
    }
    this.#sessions.factToldOf(session, given);
    return { spanId: given, parentSpanId: session.spanId };
  }
}
