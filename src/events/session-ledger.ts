import type { JsonObject } from '../foreign/json.js';
import type { EventStream } from './event-stream.js';
import type { Session } from './session.js';
import { type SpanSnapshot, timestampOf, timestampOfMillis } from './span-snapshot.js';

/** Sessions that may be open; beyond it the one that was quiet longest is ended. */
const MAX_OPEN_SESSIONS = 10_000;

/** How often sessions are looked over for idle ones, at most. */
const IDLE_CHECK_INTERVAL_MS = 60_000;

/** What opens a session. */
export interface SessionOpener {
  readonly span: SpanSnapshot;
  /** Identifier that the application gave; without one the trace is the session. */
  readonly givenId: string | undefined;
  readonly spanId: string;
  readonly metadata: JsonObject;
}

/**
 * The sessions that are open: a session begins with its first event and ends once. One that the application opened
 * ends with the span that stands for it, a trace-bound one when the trace's roots in this process have ended, any
 * other when it has been idle for long; all of them at shutdown. None ends while a span of it is open.
 */
export class SessionLedger {
  readonly #stream: EventStream;
  readonly #idleTimeoutMillis: number;
  /** In the order of their last activity, oldest first. */
  readonly #open = new Map<string, Session>();
  /** Over, but for spans that are still open. */
  readonly #ending = new WeakSet<Session>();
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: EventStream, idleTimeoutMillis: number) {
    this.#stream = stream;
    this.#idleTimeoutMillis = idleTimeoutMillis;
  }

  /** The session by this id or of this trace, begun now if it is not open. */
  obtain({ span, givenId, spanId, metadata }: SessionOpener): Session {
    const { traceId } = span.spanContext();
    const id = givenId ?? traceId;
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    if (this.#open.size >= MAX_OPEN_SESSIONS) this.#endQuietest();
    const session: Session = {
      id,
      spanId,
      traceId,
      traceBound: givenId === undefined,
      eventCount: 0,
      openSpans: 0,
      lastActivity: Date.now(),
      status: 'EVENT_STATUS_COMPLETED',
    };
    this.#open.set(id, session);
    if (!session.traceBound) this.#watchIdle();
    this.#stream.emit(
      { session, traceId, spanId },
      { type: 'EVENT_TYPE_SESSION_START', timestamp: timestampOf(span.startTime), metadata },
    );
    return session;
  }

  spanStarted(session: Session): void {
    session.openSpans += 1;
    this.#touch(session);
  }

  /** @param timestamp - when the span ended, which may be when the session does. */
  spanEnded(session: Session, timestamp: string): void {
    session.openSpans -= 1;
    this.#touch(session);
    if (this.#ending.has(session)) this.#endIfClosed(session, timestamp);
  }

  /** Whoever opened the session has ended it: it ends with its last span. */
  ownerEnded(session: Session): void {
    this.#ending.add(session);
  }

  /** The last root of a trace in this process has ended. */
  traceEnded(traceId: string, timestamp: string): void {
    const session = this.#open.get(traceId);
    if (session === undefined || !session.traceBound) return;
    this.#ending.add(session);
    this.#endIfClosed(session, timestamp);
  }

  /** Ends every session, whatever is still open in it. */
  shutdown(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const timestamp = timestampOfMillis(Date.now());
    for (const session of [...this.#open.values()]) this.#end(session, timestamp);
  }

  #touch(session: Session): void {
    session.lastActivity = Date.now();
    if (session.traceBound || !this.#open.delete(session.id)) return;
    this.#open.set(session.id, session);
  }

  #endIfClosed(session: Session, timestamp: string): void {
    if (session.openSpans === 0) this.#end(session, timestamp);
  }

  #end(session: Session, timestamp: string): void {
    if (!this.#open.delete(session.id)) return;
    const { traceId, spanId, status } = session;
    this.#stream.emit(
      { session, traceId, spanId },
      {
        type: 'EVENT_TYPE_SESSION_END',
        timestamp,
        status,
        metadata: { event_count: session.eventCount + 1 },
      },
    );
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #endQuietest(): void {
    for (const session of this.#open.values()) {
      if (session.openSpans > 0) continue;
      this.#end(session, timestampOfMillis(session.lastActivity));
      return;
    }
  }

  #watchIdle(): void {
    if (this.#timer !== undefined) return;
    const interval = Math.max(1, Math.min(IDLE_CHECK_INTERVAL_MS, this.#idleTimeoutMillis / 2));
    this.#timer = setInterval(() => this.#endIdle(), interval);
    this.#timer.unref();
  }

  #endIdle(): void {
    const idleSince = Date.now() - this.#idleTimeoutMillis;
    for (const session of [...this.#open.values()]) {
      const idle = !session.traceBound && session.openSpans === 0 && session.lastActivity <= idleSince;
      if (idle) this.#end(session, timestampOfMillis(session.lastActivity));
    }
  }
}
