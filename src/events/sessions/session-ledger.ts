import { BoundedMap } from '../../bounded-map.js';
import type { EventStatus, InfrastructureMetrics, PerformanceMetrics } from '../../chaukas/event.js';
import * as clock from '../../clock.js';
import { newEventId, newSpanId, newTraceId } from '../../ids.js';
import type { JsonObject } from '../../json/json.js';
import type { ApplicationContext } from '../../signals/application-context.js';
import type { AuditStream, EventOrigin } from '../audit-stream.js';
import type { EventBody } from '../event-body.js';
import { timestampOfMillis } from '../spans/span-snapshot.js';
import { type EventSession, type SessionLifetime, SessionTotals } from './session.js';

/**
 * The number of sessions that may be open. Beyond it the session that was quiet for longest is ended. A session with work
 * in it stays open; the audit trail limits the open spans and with them the number of such sessions.
 */
const MAX_OPEN_SESSIONS = 10_000;

/** The number of span ids that are remembered. */
const MAX_SPAN_IDS = 10_000;

/** The number of traces whose session is remembered. */
const MAX_KNOWN_TRACES = 10_000;

/** The longest interval between two checks for idle sessions. */
const IDLE_CHECK_INTERVAL_MS = 60_000;

interface SessionOpener {
  readonly traceId: string;
  /** The timestamp of the session's START. */
  readonly timestamp: string;
  /** The session id set by the application. Without it the trace is the session. */
  readonly explicitId: string | undefined;
  /**
   * The Agents SDK's own id of the trace. It is the id of a session that the application did not name: unlike the trace
   * id, an interrupted run keeps it in whatever trace and process the run is resumed.
   */
  readonly runTraceId?: string | undefined;
  /** The span id of its START and END, unless an earlier session of this id used it. */
  readonly spanId: string;
  /** The span whose end is the end of the session, if the application opened the session. */
  readonly ownerSpanId?: string | undefined;
  /** The application's own facts about the work that begins; it stands on START and END. */
  readonly application?: ApplicationContext | undefined;
  /** Whether the end of the trace will not be seen. */
  readonly traceUnseen?: boolean;
  readonly metadata: JsonObject;
}

/**
 * The open sessions. Every event of a session is emitted here, so that the ledger can keep the session's accounts.
 *
 * A session starts with its first event and ends once:
 * - a session that the application opened, with the span that stands for it
 * - a session that is a trace, when the roots of the trace in this process have ended
 * - every other session, and one that its owner forgot to end, when it has been idle for a while
 * - all sessions, at shutdown
 *
 * A session does not end while work goes on in it, which is while it has an open span other than the session's own.
 * A session may be opened again by its id. It is the same session then and gets another START and END.
 */
export class SessionLedger {
  readonly #stream: AuditStream;
  readonly #idleTimeoutMillis: number;
  readonly #streamId: string;
  readonly #beforeFirst: () => void;
  readonly #infrastructure: (() => InfrastructureMetrics) | undefined;
  /** Keyed by session id, in the order of their last activity, oldest first. */
  readonly #open = new Map<string, EventSession>();
  /** Keyed by trace id. */
  readonly #byTrace = new Map<string, EventSession>();
  /** The session of each trace, also after its end; `null` if the trace has events of several sessions. */
  readonly #idsByTrace = new BoundedMap<string, { readonly id: string | null }>(MAX_KNOWN_TRACES);
  /** Sessions that end when their last open span ends. */
  readonly #ending = new WeakSet<EventSession>();
  /** The span ids of the START and END events of sessions. */
  readonly #ownSpanIds = new SessionSpanIds(MAX_SPAN_IDS);
  /** The span ids of facts that are about spans without a role. */
  readonly #factSpanIds = new SessionSpanIds(MAX_SPAN_IDS);
  /** Open sessions without work in them, in the order of their last activity, oldest first. */
  readonly #quiet = new BoundedMap<EventSession, EventSession>(MAX_OPEN_SESSIONS, (session) =>
    this.#end(session, timestampOfMillis(session.lastActivity)),
  );
  /** The time of what happens in the sessions, in milliseconds since the epoch, if that was earlier than now. */
  happenedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasStarted = false;

  /**
   * @param streamId - the id of the session that stands for the stream.
   * @param beforeFirst - called before the first session starts. It may start another session.
   * @param infrastructure - returns what each END says about the host and the process.
   */
  constructor(
    stream: AuditStream,
    idleTimeoutMillis: number,
    streamId: string,
    beforeFirst: () => void = () => {},
    infrastructure?: () => InfrastructureMetrics,
  ) {
    this.#stream = stream;
    this.#idleTimeoutMillis = idleTimeoutMillis;
    this.#streamId = streamId;
    this.#beforeFirst = beforeFirst;
    this.#infrastructure = infrastructure;
  }

  /** Emits an event of a session and enters it in the session's accounts. */
  emit(session: EventSession, origin: EventOrigin, event: EventBody): void {
    session.totals.add(event);
    if (event.type === 'EVENT_TYPE_ERROR' && origin.invocationId !== undefined) {
      session.failedInvocations.add(origin.invocationId);
    }
    this.#stream.emit(session.id, origin, noEarlierThan(session, event));
  }

  /** Returns the session of this id or trace, and starts it if it is not open. */
  obtain(opener: SessionOpener): EventSession {
    const { explicitId, runTraceId, traceId, spanId, traceUnseen = false } = opener;
    const id = explicitId ?? this.#byTrace.get(traceId)?.id ?? runTraceId ?? traceId;
    this.#noteTrace(traceId, id);
    const known = this.#open.get(id);
    if (known !== undefined) {
      if (explicitId === undefined) this.#joinTrace(known, traceId);
      if (explicitId === undefined && !traceUnseen) known.lifetime = 'trace';
      return known;
    }
    this.#beforeStart();
    if (this.#open.size >= MAX_OPEN_SESSIONS) this.#quiet.evict();
    const lifetime = explicitId === undefined && !traceUnseen ? 'trace' : 'activity';
    const session = newSession({
      ...opener,
      id,
      spanId: this.hasEvents(id, spanId) ? newSpanId() : spanId,
      lifetime,
      now: this.#now(),
    });
    this.#open.set(id, session);
    this.#quiet.set(session, session);
    if (explicitId === undefined) this.#joinTrace(session, traceId);
    if (lifetime === 'activity') this.#watchIdle();
    this.#start(session, opener.timestamp, opener.metadata);
    return session;
  }

  /** Starts a session, runs `emitEvents` and ends it: for events that belong to no trace and to no other session. */
  inOwnSession(
    timestamp: string,
    application: ApplicationContext | undefined,
    emitEvents: (session: EventSession) => void,
  ): void {
    this.#beforeStart();
    const ids = { id: newEventId(), traceId: newTraceId(), spanId: newSpanId() };
    const session = newSession({ ...ids, timestamp, application, lifetime: 'moment', now: this.#now() });
    this.#start(session, timestamp, processDetails());
    emitEvents(session);
    this.#end(session, timestampOfMillis(this.#now()));
  }

  /** Starts the session that stands for the stream itself. Only its own events and `endStream` reach it. */
  startStream(timestamp: string): EventSession {
    const ids = { id: this.#streamId, traceId: newTraceId(), spanId: newSpanId() };
    const session = newSession({ ...ids, timestamp, lifetime: 'stream', now: this.#now() });
    this.#start(session, timestamp, processDetails());
    return session;
  }

  /** Ends the session that stands for the stream. No event of the stream may follow. */
  endStream(session: EventSession, metadata: JsonObject): void {
    this.#end(session, timestampOfMillis(clock.now()), metadata);
  }

  /** Returns the open session of this id. */
  get(id: string): EventSession | undefined {
    return this.#open.get(id);
  }

  /** Returns the id of a trace's only session, also after both have ended; `undefined` if it is not known. */
  idOfTrace(traceId: string): string | undefined {
    return this.#idsByTrace.get(traceId)?.id ?? undefined;
  }

  /** Remembers that a fact has the id of this span, which has no role. */
  factRecorded(session: EventSession, spanId: string): void {
    this.#factSpanIds.add(session.id, spanId);
  }

  /** Whether this is the session's own span id, now or when it was open before. */
  isOwn(id: string, spanId: string): boolean {
    return this.#ownSpanIds.has(id, spanId);
  }

  /**
   * Whether the session, now or when it was open before, has events with this span id that are not the span's own. The
   * span must not get a START then.
   */
  hasEvents(id: string, spanId: string): boolean {
    return this.isOwn(id, spanId) || this.#factSpanIds.has(id, spanId);
  }

  spanStarted(session: EventSession, isSessionSpan: boolean): void {
    session.openSpans += 1;
    if (isSessionSpan) session.openSessionSpans += 1;
    this.touch(session);
  }

  /** @param timestamp - the end of the span, which may be the end of the session. */
  spanEnded(session: EventSession, isSessionSpan: boolean, timestamp: string): void {
    session.openSpans -= 1;
    if (isSessionSpan) session.openSessionSpans -= 1;
    this.touch(session);
    if (this.#ending.has(session)) this.#endIfClosed(session, timestamp);
  }

  /** A workflow ended, or the agent of a run that has none. */
  invocationEnded(session: EventSession, invocationId: string, status: EventStatus): void {
    session.status = status;
    session.failedInvocations.delete(invocationId);
  }

  /** A span that stands for the session has ended. If that span opened the session, it ends with its last span. */
  ownerEnded(session: EventSession, ownerSpanId: string, status: EventStatus, timestamp: string): void {
    session.status = status;
    // Another session than the span's if that one was idle, has ended and was opened again.
    const owned = this.#open.get(session.id);
    if (owned?.ownerSpanId !== ownerSpanId) return;
    owned.status = status;
    this.#ending.add(owned);
    this.#endIfClosed(owned, timestamp);
  }

  /** The last root of a trace in this process has ended. */
  traceEnded(traceId: string, timestamp: string): void {
    const session = this.#byTrace.get(traceId);
    if (session?.lifetime !== 'trace') return;
    this.#ending.add(session);
    this.#endIfClosed(session, timestamp);
  }

  /** Records that something happened in the session. */
  touch(session: EventSession): void {
    if (session.ended) return;
    session.lastActivity = this.#now();
    this.#quiet.remove(session);
    if (isQuiet(session)) this.#quiet.set(session, session);
    if (session.lifetime !== 'activity') return;
    this.#open.delete(session.id);
    this.#open.set(session.id, session);
  }

  /** Ends the sessions of these lifetimes in which no work goes on. */
  endQuiet(lifetimes: readonly SessionLifetime[], reason: string): void {
    const timestamp = timestampOfMillis(clock.now());
    for (const session of [...this.#open.values()]) {
      if (lifetimes.includes(session.lifetime) && isQuiet(session)) this.#end(session, timestamp, { reason });
    }
  }

  /** Ends every session except that of the stream, even if spans are still open in them. */
  endAll(): void {
    const timestamp = timestampOfMillis(clock.now());
    for (const session of [...this.#open.values()]) this.#end(session, timestamp);
  }

  #noteTrace(traceId: string, id: string): void {
    const noted = this.#idsByTrace.get(traceId);
    if (noted === undefined) this.#idsByTrace.set(traceId, { id });
    else if (noted.id !== id && noted.id !== null) this.#idsByTrace.set(traceId, { id: null });
  }

  /** Makes this the session of all further spans of the trace that have no session of their own. */
  #joinTrace(session: EventSession, traceId: string): void {
    if (this.#byTrace.has(traceId)) return;
    this.#byTrace.set(traceId, session);
    session.traceIds.push(traceId);
  }

  #now(): number {
    return this.happenedAt ?? clock.now();
  }

  #beforeStart(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#beforeFirst();
  }

  #start(session: EventSession, timestamp: string, metadata: JsonObject): void {
    const { traceId, spanId, application } = session;
    this.#ownSpanIds.add(session.id, spanId);
    this.emit(
      session,
      { traceId, spanId, application },
      { type: 'EVENT_TYPE_SESSION_START', timestamp, metadata },
    );
  }

  #endIfClosed(session: EventSession, timestamp: string): void {
    if (session.openSpans === 0) this.#end(session, timestamp);
  }

  #end(session: EventSession, timestamp: string, details: JsonObject = {}): void {
    if (session.ended) return;
    session.ended = true;
    this.#quiet.remove(session);
    this.#open.delete(session.id);
    for (const joined of session.traceIds) this.#byTrace.delete(joined);
    const { traceId, spanId, status, application } = session;
    this.emit(
      session,
      { traceId, spanId, application },
      {
        type: 'EVENT_TYPE_SESSION_END',
        timestamp,
        status,
        ...(session.lifetime !== 'moment' && { performance: durationOf(session, timestamp) }),
        ...(this.#infrastructure !== undefined && { infrastructure: this.#infrastructure() }),
        // The sealer adds the number of events.
        metadata: { ...details, ...session.totals.toMetadata() },
      },
    );
    if (this.#open.size === 0) {
      clock.clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Uses one timer for all sessions while there are any, so that an event does not set one. */
  #watchIdle(): void {
    if (this.#timer !== undefined) return;
    const interval = Math.max(1, Math.min(IDLE_CHECK_INTERVAL_MS, this.#idleTimeoutMillis / 2));
    this.#timer = clock.setInterval(() => this.#endIdle(), interval);
    this.#timer.unref();
  }

  #endIdle(): void {
    const idleSince = clock.now() - this.#idleTimeoutMillis;
    for (const session of [...this.#open.values()]) {
      const idle = session.lifetime === 'activity' && isQuiet(session) && session.lastActivity <= idleSince;
      if (idle) this.#end(session, timestampOfMillis(session.lastActivity), { reason: 'idle' });
    }
  }
}

/** The metadata in the START of a session that belongs to no trace. */
function processDetails(): JsonObject {
  return { process_id: process.pid, scope: 'process' };
}

type SessionIdentity = Pick<EventSession, 'id' | 'traceId' | 'spanId' | 'lifetime'> &
  Partial<Pick<EventSession, 'ownerSpanId' | 'application'>> & {
    readonly timestamp: string;
    readonly now: number;
  };

function newSession({
  id,
  traceId,
  spanId,
  ownerSpanId,
  application,
  lifetime,
  timestamp,
  now,
}: SessionIdentity): EventSession {
  return {
    id,
    traceId,
    traceIds: [],
    spanId,
    ownerSpanId,
    application,
    lifetime,
    startedAt: timestamp,
    totals: new SessionTotals(),
    failedInvocations: new Set(),
    openSpans: 0,
    openSessionSpans: 0,
    lastActivity: now,
    status: 'EVENT_STATUS_COMPLETED',
    ended: false,
  };
}

/**
 * A fact may be older than its session, if it became known only after the session had been opened again. No event of a
 * session precedes its START, so the true time is metadata.
 */
function noEarlierThan({ startedAt }: EventSession, event: EventBody): EventBody {
  const { timestamp, metadata } = event;
  // Fractions of a second have no fixed length; without the `Z` behind them the texts are in the order of time.
  if (timestamp.slice(0, -1) >= startedAt.slice(0, -1)) return event;
  return { ...event, timestamp: startedAt, metadata: { ...metadata, occurred_at: timestamp } };
}

function isQuiet({ openSpans, openSessionSpans }: EventSession): boolean {
  return openSpans === openSessionSpans;
}

function durationOf({ startedAt }: EventSession, endedAt: string): PerformanceMetrics {
  return { duration_ms: Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) };
}

/**
 * Which span ids belong to which sessions. The key is the span id alone: it is looked up for every span, and a key that
 * joins two strings would be hashed anew each time.
 */
export class SessionSpanIds {
  /** Almost every span id belongs to one session, so most entries need no list. */
  readonly #sessionIds: BoundedMap<string, string | readonly string[]>;

  /** @param maxSize - the number of span ids that are remembered. */
  constructor(maxSize: number) {
    this.#sessionIds = new BoundedMap(maxSize);
  }

  add(sessionId: string, spanId: string): void {
    const known = this.#sessionIds.get(spanId);
    if (known === undefined) this.#sessionIds.set(spanId, sessionId);
    else if (!isAmong(known, sessionId)) this.#sessionIds.set(spanId, [...[known].flat(), sessionId]);
  }

  has(sessionId: string, spanId: string): boolean {
    const known = this.#sessionIds.get(spanId);
    return known !== undefined && isAmong(known, sessionId);
  }
}

function isAmong(known: string | readonly string[], sessionId: string): boolean {
  return typeof known === 'string' ? known === sessionId : known.includes(sessionId);
}
