import type { EventStatus, InfrastructureMetrics, PerformanceMetrics } from '../../chaukas/event.js';
import type { JsonObject } from '../../json/json.js';
import type { EventStream } from '../event-stream.js';
import { newEventId, newSpanId, newTraceId } from '../ids.js';
import { timestampOfMillis } from '../spans/span-snapshot.js';
import { type Session, type SessionLifetime, SessionTotals } from './session.js';
import { SessionSpanIds } from './session-span-ids.js';

/** Sessions that may be open; beyond it the one that was quiet longest is ended. */
const MAX_OPEN_SESSIONS = 10_000;

/** Span ids that are remembered beyond what is open. */
const MAX_SPAN_IDS = 10_000;

/** How often sessions are looked over for idle ones, at most. */
const IDLE_CHECK_INTERVAL_MS = 60_000;

/** What opens a session. */
interface SessionOpener {
  readonly traceId: string;
  /** When it begins. */
  readonly timestamp: string;
  /** Identifier that the application gave; without one the trace is the session. */
  readonly givenId: string | undefined;
  /**
   * The Agents SDK's own identifier of the trace. It names a session that nobody has named: unlike the trace's id a
   * run that is interrupted keeps it, in whatever trace and process it goes on.
   */
  readonly runTraceId?: string | undefined;
  /** Of its START and END, unless an earlier session of this id had it. */
  readonly spanId: string;
  /** The span with whose end it ends, where the application opened it. */
  readonly ownerSpanId?: string | undefined;
  /** Nobody will tell when the trace ends. */
  readonly traceUnseen?: boolean;
  readonly metadata: JsonObject;
}

/**
 * The sessions that are open: a session begins with its first event and ends once. One that the application opened
 * ends with the span that stands for it, a trace-bound one when the trace's roots in this process have ended, any of
 * the others, and one that its owner forgot, when it has been idle for long; all of them at shutdown. None ends while
 * something goes on in it: while a span of it is open that is more than the session's own.
 *
 * A session may be opened again by its id. It is the same session then, with a START and an END of its own.
 */
export class SessionLedger {
  readonly #stream: EventStream;
  readonly #idleTimeoutMillis: number;
  readonly #beforeFirst: () => void;
  readonly #infrastructure: (() => InfrastructureMetrics) | undefined;
  /** In the order of their last activity, oldest first. */
  readonly #open = new Map<string, Session>();
  /** By the traces whose session they are. */
  readonly #byTrace = new Map<string, Session>();
  /** Over, but for spans that are still open. */
  readonly #ending = new WeakSet<Session>();
  /** Span ids that sessions, by their ids, have or had. */
  readonly #ownSpanIds = new SessionSpanIds(MAX_SPAN_IDS);
  /** Span ids that facts in sessions have, of spans that are none of ours. */
  readonly #factSpanIds = new SessionSpanIds(MAX_SPAN_IDS);
  #timer: NodeJS.Timeout | undefined;
  #any = false;

  /**
   * @param beforeFirst - called when the first session is about to begin, which may begin another one before it.
   * @param infrastructure - what each END tells of where the process runs.
   */
  constructor(
    stream: EventStream,
    idleTimeoutMillis: number,
    beforeFirst: () => void = () => {},
    infrastructure?: () => InfrastructureMetrics,
  ) {
    this.#stream = stream;
    this.#idleTimeoutMillis = idleTimeoutMillis;
    this.#beforeFirst = beforeFirst;
    this.#infrastructure = infrastructure;
  }

  /** The session by this id or of this trace, begun now if it is not open. */
  obtain(opener: SessionOpener): Session {
    const { givenId, runTraceId, traceId, spanId, traceUnseen = false } = opener;
    const id = givenId ?? this.#byTrace.get(traceId)?.id ?? runTraceId ?? traceId;
    const known = this.#open.get(id);
    if (known !== undefined) {
      if (givenId === undefined) this.#joinTrace(known, traceId);
      if (givenId === undefined && !traceUnseen) known.lifetime = 'trace';
      return known;
    }
    this.#announce();
    if (this.#open.size >= MAX_OPEN_SESSIONS) this.#endQuietest();
    const lifetime = givenId === undefined && !traceUnseen ? 'trace' : 'activity';
    const session = newSession({
      ...opener,
      id,
      spanId: this.hasEvents(id, spanId) ? newSpanId() : spanId,
      lifetime,
    });
    this.#open.set(id, session);
    if (givenId === undefined) this.#joinTrace(session, traceId);
    if (lifetime === 'activity') this.#watchIdle();
    this.#start(session, opener.timestamp, opener.metadata);
    return session;
  }

  /** A session that is over as soon as what it is for is told: for what belongs to no trace and to no other session. */
  inOwnSession(timestamp: string, tell: (session: Session) => void): void {
    this.#announce();
    const ids = { id: newEventId(), traceId: newTraceId(), spanId: newSpanId() };
    const session = newSession({ ...ids, timestamp, lifetime: 'moment' });
    this.#start(session, timestamp, { process_id: process.pid, scope: 'process' });
    tell(session);
    this.#end(session, timestampOfMillis(Date.now()));
  }

  /** The session by this id that lasts as long as the process, begun now if it is not open. */
  processSession(id: string, timestamp: string): Session {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const ids = { id, traceId: newTraceId(), spanId: newSpanId() };
    const session = newSession({ ...ids, timestamp, lifetime: 'process' });
    this.#open.set(id, session);
    this.#start(session, timestamp, { process_id: process.pid, scope: 'process' });
    return session;
  }

  /** The session by this id, where it is open. */
  get(id: string): Session | undefined {
    return this.#open.get(id);
  }

  /** A fact has the id of a span that is none of ours. */
  factToldOf(session: Session, spanId: string): void {
    this.#factSpanIds.add(session.id, spanId);
  }

  /** Whether the span stands for the session, as it is or was. */
  isOwn(id: string, spanId: string): boolean {
    return this.#ownSpanIds.has(id, spanId);
  }

  /** Whether the session, as it is or was, has events with this span id that are not the span's: no START may follow. */
  hasEvents(id: string, spanId: string): boolean {
    return this.isOwn(id, spanId) || this.#factSpanIds.has(id, spanId);
  }

  spanStarted(session: Session, isSessionSpan: boolean): void {
    session.openSpans += 1;
    if (isSessionSpan) session.openSessionSpans += 1;
    this.touch(session);
  }

  /** @param timestamp - when the span ended, which may be when the session does. */
  spanEnded(session: Session, isSessionSpan: boolean, timestamp: string): void {
    session.openSpans -= 1;
    if (isSessionSpan) session.openSessionSpans -= 1;
    this.touch(session);
    if (this.#ending.has(session)) this.#endIfClosed(session, timestamp);
  }

  /** Whoever opened the session has ended it: it ends with its last span. */
  ownerEnded(id: string, ownerSpanId: string, status: EventStatus, timestamp: string): void {
    const session = this.#open.get(id);
    if (session?.ownerSpanId !== ownerSpanId) return;
    session.status = status;
    this.#ending.add(session);
    this.#endIfClosed(session, timestamp);
  }

  /** The last root of a trace in this process has ended. */
  traceEnded(traceId: string, timestamp: string): void {
    const session = this.#byTrace.get(traceId);
    if (session?.lifetime !== 'trace') return;
    this.#ending.add(session);
    this.#endIfClosed(session, timestamp);
  }

  /** Something happened in the session. */
  touch(session: Session): void {
    if (session.ended) return;
    session.lastActivity = Date.now();
    if (session.lifetime !== 'activity') return;
    this.#open.delete(session.id);
    this.#open.set(session.id, session);
  }

  /** Ends the sessions of which nobody can tell when nothing more will come, as far as nothing goes on in them. */
  endQuiet(lifetimes: readonly SessionLifetime[], reason: string): void {
    const timestamp = timestampOfMillis(Date.now());
    for (const session of [...this.#open.values()]) {
      if (lifetimes.includes(session.lifetime) && isQuiet(session)) this.#end(session, timestamp, reason);
    }
  }

  /** Ends every session, whatever is still open in it, but those of the process itself. */
  endAll(): void {
    const timestamp = timestampOfMillis(Date.now());
    for (const session of [...this.#open.values()]) {
      if (session.lifetime !== 'process') this.#end(session, timestamp);
    }
  }

  /** What else comes of the trace, and has no session of its own, belongs to this one. */
  #joinTrace(session: Session, traceId: string): void {
    if (this.#byTrace.has(traceId)) return;
    this.#byTrace.set(traceId, session);
    session.traceIds.push(traceId);
  }

  #announce(): void {
    if (this.#any) return;
    this.#any = true;
    this.#beforeFirst();
  }

  #start(session: Session, timestamp: string, metadata: JsonObject): void {
    const { traceId, spanId } = session;
    this.#ownSpanIds.add(session.id, spanId);
    this.#stream.emit(
      { session, traceId, spanId },
      { type: 'EVENT_TYPE_SESSION_START', timestamp, metadata },
    );
  }

  #endIfClosed(session: Session, timestamp: string): void {
    if (session.openSpans === 0) this.#end(session, timestamp);
  }

  #end(session: Session, timestamp: string, reason?: string): void {
    if (session.ended) return;
    session.ended = true;
    this.#open.delete(session.id);
    for (const joined of session.traceIds) this.#byTrace.delete(joined);
    const { traceId, spanId, status } = session;
    this.#stream.emit(
      { session, traceId, spanId },
      {
        type: 'EVENT_TYPE_SESSION_END',
        timestamp,
        status,
        ...(session.lifetime !== 'moment' && { performance: durationOf(session, timestamp) }),
        ...(this.#infrastructure !== undefined && { infrastructure: this.#infrastructure() }),
        // How many events it has, is known when they have their places.
        metadata: { ...(reason !== undefined && { reason }), ...session.totals.toMetadata() },
      },
    );
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #endQuietest(): void {
    for (const session of this.#open.values()) {
      if (!isQuiet(session)) continue;
      this.#end(session, timestampOfMillis(session.lastActivity));
      return;
    }
  }

  /** One timer for all sessions, while there are some: an event costs none. */
  #watchIdle(): void {
    if (this.#timer !== undefined) return;
    const interval = Math.max(1, Math.min(IDLE_CHECK_INTERVAL_MS, this.#idleTimeoutMillis / 2));
    this.#timer = setInterval(() => this.#endIdle(), interval);
    this.#timer.unref();
  }

  #endIdle(): void {
    const idleSince = Date.now() - this.#idleTimeoutMillis;
    for (const session of [...this.#open.values()]) {
      const idle = session.lifetime === 'activity' && isQuiet(session) && session.lastActivity <= idleSince;
      if (idle) this.#end(session, timestampOfMillis(session.lastActivity), 'idle');
    }
  }
}

type Identity = Pick<Session, 'id' | 'traceId' | 'spanId' | 'lifetime'> &
  Partial<Pick<Session, 'ownerSpanId'>> & { readonly timestamp: string };

function newSession({ id, traceId, spanId, ownerSpanId, lifetime, timestamp }: Identity): Session {
  return {
    id,
    traceId,
    traceIds: [],
    spanId,
    ownerSpanId,
    lifetime,
    begun: timestamp,
    totals: new SessionTotals(),
    failedInvocations: new Set(),
    openSpans: 0,
    openSessionSpans: 0,
    lastActivity: Date.now(),
    status: 'EVENT_STATUS_COMPLETED',
    ended: false,
  };
}

function isQuiet({ openSpans, openSessionSpans }: Session): boolean {
  return openSpans === openSessionSpans;
}

function durationOf({ begun }: Session, ended: string): PerformanceMetrics {
  return { duration_ms: Math.max(0, Date.parse(ended) - Date.parse(begun)) };
}
