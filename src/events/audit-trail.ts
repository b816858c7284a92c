import type { SpanContext } from '@opentelemetry/api';
import { BoundedMap } from '../bounded-map.js';
import type { EventStatus } from '../chaukas/event.js';
import * as clock from '../clock.js';
import type { Guard } from '../diagnostics/guard.js';
import type { JsonObject } from '../json/json.js';
import { ownSpansExpected } from '../signals/running-instrumentations.js';
import type { RecordedSignal, SpanSignal, SpanStartDetails } from '../signals/signal.js';
import type { CallerFlow } from '../signals/span-start-details.js';
import { AgentConfigurations, inputEvents, outputEvents } from './content/agent.js';
import { type CallCosts, settledCost } from './content/cost.js';
import { backgroundFailure } from './content/data-access.js';
import { failureMessage, handledErrorEvent, outcome } from './content/error.js';
import { factEvent } from './content/facts.js';
import { outputContent } from './content/messages.js';
import { retryEvent, retryOfSignal } from './content/retry.js';
import type { ToolEvents } from './content/tool-events.js';
import type { EventBody } from './event-body.js';
import { FactPlacement } from './fact-placement.js';
import {
  describeSameOperation,
  type ForeignSpans,
  isForeign,
  warnOfSecondRecord,
  withoutUsage,
} from './foreign-spans.js';
import { type OpenSpan, placeSpan } from './open-span.js';
import type { ApplicationRetries } from './retries/application-retries.js';
import { ROLE_EVENTS, type RoleEventSources } from './role-events.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { TraceRoots } from './sessions/trace-roots.js';
import { applicationOf } from './spans/application-of-span.js';
import { isPaired, type SpanRole, spanRole } from './spans/span-role.js';
import { endedAt, type SpanSnapshot, timestampOf, timestampOfMillis } from './spans/span-snapshot.js';
import { mcpCallEvents, mcpResultEvents } from './tool-mcp-calls.js';

/** The number of spans that may be open. Beyond it the oldest span is taken for lost and its events are ended. */
const MAX_OPEN_SPANS = 100_000;

interface AuditTrailOptions {
  readonly foreignSpans: ForeignSpans;
  readonly guard: Guard;
  readonly includeContent: boolean;
  readonly toolEvents: ToolEvents;
  /** `undefined` if retries of the application are not looked for. */
  readonly retries: ApplicationRetries | undefined;
  /** `undefined` if costs are switched off. */
  readonly costs: CallCosts | undefined;
}

interface UnsentCall {
  readonly start: (details?: SpanStartDetails) => void;
  /** Emit events that follow the START. */
  readonly held: (() => void)[];
}

/**
 * Turns the lives of spans into events.
 *
 * Invariants: a START has exactly one END. The parent of an event is the span of an earlier START of its session. The
 * other events of a span stand between its START and its END. See "What must hold in every stream" of chaukas-spec.
 *
 * A call that this package and another instrumentation both record has one START and one END, those of our span. The
 * START of a foreign call therefore waits until it is known that none of our spans beneath it describes that call.
 */
export class AuditTrail {
  spansSeen = 0;

  readonly #sessions: SessionLedger;
  readonly #foreignSpans: ForeignSpans;
  readonly #guard: Guard;
  readonly #sources: RoleEventSources;
  readonly #retries: ApplicationRetries | undefined;
  readonly #roots = new TraceRoots();
  readonly #placement: FactPlacement;
  readonly #open = new BoundedMap<string, OpenSpan>(MAX_OPEN_SPANS, (open) =>
    this.#abandon(open, 'never ended'),
  );
  /** Calls whose START waits, for the content of their request or for a span of ours beneath them, by span id. */
  readonly #unsent = new Map<string, UnsentCall>();

  constructor(sessions: SessionLedger, { foreignSpans, guard, ...options }: AuditTrailOptions) {
    this.#sessions = sessions;
    this.#foreignSpans = foreignSpans;
    this.#guard = guard;
    this.#sources = { ...options, configurations: new AgentConfigurations() };
    this.#retries = options.includeContent ? options.retries : undefined;
    this.#placement = new FactPlacement(sessions, this.#roots);
  }

  /** @param role - the role that the span had when it started. */
  spanStarted(
    span: SpanSnapshot,
    role: SpanRole | undefined,
    details: SpanStartDetails | undefined,
    callerFlow?: CallerFlow,
  ): void {
    this.spansSeen += 1;
    this.#roots.started(span, role !== undefined);
    this.#begin(span, role, details, callerFlow);
  }

  /** A span that started earlier has got the attributes that show its role. */
  spanDecided(span: SpanSnapshot, beneath?: SpanSnapshot): void {
    this.#beginLate(span, this.#open.get(span.spanContext().spanId), beneath);
  }

  /** @param beneath - the last model call of this package that started beneath the span before its role was known. */
  spanEnded(span: SpanSnapshot, beneath?: SpanSnapshot): void {
    const { spanId } = span.spanContext();
    const begun = this.#open.get(spanId);
    // Another instrumentation may set the attributes that show the role only at the end.
    const open = begun?.role === undefined ? this.#beginLate(span, begun, beneath) : begun;
    this.#open.remove(spanId);
    const timestamp = timestampOf(span.endTime);
    if (open?.role !== undefined) {
      this.#finish(open, open.role, span, outcome(span));
      this.#sessions.spanEnded(open.session, open.role === 'session', timestamp);
    }
    if (this.#roots.ended(span)) this.#sessions.traceEnded(span.spanContext().traceId, timestamp);
  }

  signalled(signal: SpanSignal): void {
    const open = this.#openOf(signal.span);
    if (open === undefined) return;
    const { includeContent } = this.#sources;
    const timestamp = timestampOfMillis(signal.time);
    switch (signal.type) {
      case 'model.request':
        this.#startUnsent(open.origin.spanId, { modelRequest: signal.request });
        break;
      case 'model.output':
        open.modelOutput = signal.messages;
        break;
      case 'model.refused':
        open.failedStatus = signal.statusCode;
        break;
      case 'model.retry':
        open.retries += 1;
        open.failedStatus = undefined;
        this.#emitAfterStart(open, retryEvent(retryOfSignal(signal), timestamp));
        break;
      case 'tool.result':
        open.toolResult = signal.result;
        open.toolResultReplacedBy = signal.replacedBy;
        break;
      case 'guardrail.result':
        open.guardrailResult = signal;
        break;
      case 'mcp.call':
        this.#emit(open, mcpCallEvents(open, signal, timestamp, includeContent));
        break;
      case 'mcp.result':
        if (open.role === 'mcp') open.mcpResult = signal;
        else this.#emit(open, mcpResultEvents(open, signal, timestamp, includeContent));
        break;
      case 'agent.input':
        this.#emit(open, inputEvents(open, signal.messages, timestamp, includeContent));
        break;
      case 'agent.output': {
        const { output } = signal;
        const message = () => (output === undefined ? undefined : outputContent(output));
        this.#emit(open, outputEvents(open, message, timestamp, includeContent));
        break;
      }
      case 'failure':
        open.failure = signal.failure;
        break;
      case 'error.handled':
        this.#emit(open, [handledErrorEvent(signal, timestamp, includeContent)]);
        break;
      // The types that remain are facts, each of which is an event as it is.
      default: {
        const failed = 'settled' in signal && backgroundFailure(signal, timestamp, includeContent);
        if (failed) this.#emitFact(open, signal.span.spanId, failed);
        this.#emitFact(open, signal.span.spanId, {
          ...factEvent(signal, timestamp, includeContent),
          ...('settled' in signal &&
            signal.settled !== undefined && {
              cost: settledCost(signal.settled, signal.time, this.#sources.costs),
            }),
        });
      }
    }
  }

  /** The application recorded a fact, with or without a span around it. */
  recorded(signal: RecordedSignal): void {
    const timestamp = timestampOfMillis(signal.time);
    const { application, fact } = signal;
    const event = { ...factEvent(fact, timestamp, this.#sources.includeContent), application };
    const open = signal.span && this.#openOf(signal.span);
    if (open !== undefined) {
      this.#emitFact(open, open.span.spanContext().spanId, event);
    } else if (signal.span === undefined && signal.sessionId === undefined) {
      this.#sessions.inOwnSession(timestamp, application, (session) => {
        this.#sessions.emit(session, this.#placement.ofSession(session), event);
      });
    } else {
      const { session, origin } = this.#placement.outsideSpans(signal, timestamp);
      this.#sessions.touch(session);
      this.#sessions.emit(session, origin, event);
    }
  }

  /** Emits each START that still waits: the process exits. */
  startWaiting(): void {
    for (const spanId of [...this.#unsent.keys()]) this.#startUnsent(spanId);
  }

  /** Ends all open spans, newest first, so that the END of a child comes before the END of its parent. */
  shutdown(): void {
    for (const open of this.#open.newestFirst()) this.#abandon(open, 'shutdown');
    this.#sessions.endAll();
  }

  /** Adds a span that belongs to a session to the open spans. A span without a role only inherits from its parent. */
  #begin(
    span: SpanSnapshot,
    role: SpanRole | undefined,
    details: SpanStartDetails | undefined,
    callerFlow: CallerFlow | undefined,
  ): OpenSpan | undefined {
    const around = this.#parentOf(span);
    if (role === undefined || (around !== undefined && this.#repeatsOwnCall(span, role, around))) {
      if (around !== undefined) this.#enterWithoutRole(span, around);
      return undefined;
    }
    const replaced = around === undefined || role !== 'model' ? [] : this.#takeOver(span, around);
    const parent = around && currentEntry(around);
    const waits = role === 'model' && this.#complements(span) && ownSpansExpected();
    if (parent !== undefined && !waits) this.#startUnsent(parent.origin.spanId);
    const open = placeSpan(this.#sessions, span, role, parent, details, callerFlow);
    // The role became known late: the session of the span's children, or facts about the span, already use its id.
    if (isPaired(role) && this.#sessions.hasEvents(open.session.id, open.origin.spanId)) return undefined;
    this.#enter(open);
    this.#sessions.spanStarted(open.session, role === 'session');
    for (const { session } of replaced) this.#sessions.spanEnded(session, false, timestampOf(span.startTime));
    if (role === 'model') this.#sources.costs?.prepare();
    if (isPaired(role)) {
      const isCall = role === 'agent' || role === 'model';
      const isOffered = this.#sources.includeContent && details?.contentOffer?.request === true;
      if (isCall) this.#retries?.started(open, parent);
      const start = (late = details) => {
        if (waits && parent !== undefined) this.#startBeneath(open, parent);
        this.#emit(open, ROLE_EVENTS[role].start(open, late, this.#sources));
        if (isCall) this.#reportRetry(open, parent, late, isOffered);
      };
      if (waits || isOffered) this.#unsent.set(open.origin.spanId, { start, held: [] });
      else start();
    }
    return open;
  }

  /** Prepares the START of a call that has waited, as its parent may have waited, too, or have been replaced since. */
  #startBeneath(open: OpenSpan, parent: OpenSpan): void {
    const { origin, childrenParentId, session } = currentEntry(parent);
    this.#startUnsent(origin.spanId);
    if (session === open.session) open.origin = { ...open.origin, parentSpanId: childrenParentId };
  }

  #enterWithoutRole(span: SpanSnapshot, around: OpenSpan): void {
    const enclosing = this.#closestWithRole(around);
    const origin = { ...around.origin, application: applicationOf(span) ?? around.origin.application };
    this.#enter({ ...around, span, role: undefined, origin, enclosing, repeated: false });
  }

  // Calls that this package and another instrumentation both record

  roleOf(span: SpanSnapshot): SpanRole | undefined {
    return this.#foreignSpans === 'ignore' && isForeign(span) ? undefined : spanRole(span);
  }

  /** Whether the span makes events only if no span of ours describes the same operation. */
  #complements(span: SpanSnapshot): boolean {
    return this.#foreignSpans === 'complement' && isForeign(span);
  }

  /** Whether a foreign span describes the operation of a span of ours around it. */
  #repeatsOwnCall(span: SpanSnapshot, role: SpanRole, around: OpenSpan): boolean {
    const own = this.#complements(span) ? this.#closestWithRole(around) : undefined;
    return own !== undefined && own.role === role && this.#isSameOperation(role, own.span, span);
  }

  /**
   * Puts a span of ours in the place of the foreign spans around it that describe the same call. A foreign call whose
   * START is out keeps its events, without tokens and cost.
   *
   * @returns the entries that the stream has forgotten.
   */
  #takeOver(span: SpanSnapshot, around: OpenSpan): OpenSpan[] {
    const foreign = this.#closestWithRole(around);
    if (foreign?.role !== 'model' || !this.#complements(foreign.span)) return [];
    if (!this.#isSameOperation('model', span, foreign.span)) return [];
    const outer = this.#parentOf(foreign.span);
    const replaced = outer === undefined ? [] : this.#takeOver(span, outer);
    foreign.repeated = true;
    if (!this.#unsent.delete(foreign.origin.spanId)) return replaced;
    const place = outer && currentEntry(outer);
    const parentSpanId =
      place?.session === foreign.session ? place.childrenParentId : foreign.origin.parentSpanId;
    foreign.replacedBy = {
      ...foreign,
      role: undefined,
      origin: { ...foreign.origin, parentSpanId },
      childrenParentId: parentSpanId ?? foreign.session.spanId,
      enclosing: place && this.#closestWithRole(place),
    };
    this.#enter(foreign.replacedBy);
    return [...replaced, foreign];
  }

  #isSameOperation(role: SpanRole, own: SpanSnapshot, foreign: SpanSnapshot): boolean {
    if (isForeign(own) || !describeSameOperation(role, own, foreign)) return false;
    warnOfSecondRecord(foreign, this.#guard);
    return true;
  }

  /** Returns the closest span with a role around a new span, if that is open. */
  #closestWithRole(around: OpenSpan): OpenSpan | undefined {
    const closest = around.role === undefined ? around.enclosing : around;
    return closest && this.#open.get(closest.span.spanContext().spanId) === closest ? closest : undefined;
  }

  /**
   * Emits the START of a call that waits: when its request is sent, at the latest before another event of the call or of
   * a span beneath it.
   */
  #startUnsent(spanId: string, details?: SpanStartDetails): void {
    const unsent = this.#unsent.get(spanId);
    if (unsent === undefined) return;
    this.#unsent.delete(spanId);
    unsent.start(details);
    for (const emit of unsent.held) emit();
  }

  /**
   * Emits the RETRY of a call that the application makes again. A model call directly beneath an agent of the Agents SDK
   * is the SDK's, which reports its retries itself: it has done so by now if the START waited for the request.
   */
  #reportRetry(
    open: OpenSpan,
    parent: OpenSpan | undefined,
    details: SpanStartDetails | undefined,
    waited: boolean,
  ): void {
    const ofSdk = open.role === 'model' && parent?.role === 'agent' && parent.isDescribedAgent;
    if (open.retries > 0 || (ofSdk && !waited)) return;
    const event = this.#retries?.inputKnown(open, details);
    if (event !== undefined) this.#emit(open, [event]);
  }

  /** @param begun - the entry of the span while it had no role. */
  #beginLate(span: SpanSnapshot, begun?: OpenSpan, beneath?: SpanSnapshot): OpenSpan | undefined {
    const role = this.roleOf(span);
    if (role === undefined || begun?.repeated) return undefined;
    if (this.#complements(span)) {
      const around = begun?.enclosing?.role === role ? begun.enclosing.span : undefined;
      const isRepeated = (own?: SpanSnapshot) => own !== undefined && this.#isSameOperation(role, own, span);
      if (isRepeated(around) || isRepeated(beneath)) return undefined;
    }
    this.#roots.started(span, true);
    return this.#begin(span, role, undefined, undefined);
  }

  #enter(open: OpenSpan): void {
    const { spanId } = open.span.spanContext();
    // An earlier entry of the span has no role, so nothing has to be ended for it.
    this.#open.remove(spanId);
    this.#open.set(spanId, open);
  }

  #parentOf({ parentSpanContext: parent }: SpanSnapshot): OpenSpan | undefined {
    const open = parent && this.#open.get(parent.spanId);
    return open && currentEntry(open);
  }

  /** Returns the entry of an open span; `undefined` if its session has ended. */
  #openOf({ spanId, traceId }: SpanContext): OpenSpan | undefined {
    const open = this.#open.get(spanId);
    return open?.span.spanContext().traceId === traceId && !open.session.ended ? open : undefined;
  }

  #finish(
    open: OpenSpan,
    role: SpanRole,
    span: SpanSnapshot,
    status: EventStatus,
    metadata?: JsonObject,
  ): void {
    const { origin, session } = open;
    const timestamp = timestampOf(span.endTime);
    const parent = this.#parentOf(span);
    const described = open.repeated ? withoutUsage(span) : span;
    const errorMessage =
      status === 'EVENT_STATUS_FAILED'
        ? failureMessage(span, open.failure, this.#sources.includeContent)
        : undefined;
    const parentRole = parent?.role;
    const ended = { open, span: described, status, errorMessage, timestamp, metadata, parentRole };
    this.#emit(open, ROLE_EVENTS[role].end(ended, this.#sources));
    if (!open.repeated) this.#retries?.ended(open, span, status, parent);
    if (origin.invocationId === origin.spanId) this.#sessions.invocationEnded(session, origin.spanId, status);
    if (role === 'session') this.#sessions.ownerEnded(session, origin.spanId, status, timestamp);
  }

  /** Ends the events of a span whose end the stream cannot wait for. Roles without a START get no event. */
  #abandon(open: OpenSpan, reason: string): void {
    const { span, role, session } = open;
    this.#open.remove(span.spanContext().spanId);
    if (role === undefined) return;
    const now = clock.now();
    if (isPaired(role) || role === 'workflow' || role === 'session') {
      this.#finish(open, role, endedAt(span, now), 'EVENT_STATUS_CANCELLED', { reason });
    }
    this.#sessions.spanEnded(session, role === 'session', timestampOfMillis(now));
  }

  /** A run's retry is known before its request is sent, so it waits for the START with that request. */
  #emitAfterStart(open: OpenSpan, event: EventBody): void {
    const emit = () => this.#emit(open, [event]);
    const unsent = this.#unsent.get(open.origin.spanId);
    if (unsent === undefined) emit();
    else unsent.held.push(emit);
  }

  #emit(open: OpenSpan, events: readonly EventBody[]): void {
    if (events.length > 0) this.#startUnsent(open.origin.spanId);
    for (const event of events) {
      this.#sessions.emit(open.session, this.#placement.ofSpan(open, open.origin.spanId), event);
    }
  }

  /** @param spanId - the span that the fact is about: the open span, or one beneath it that has no entry. */
  #emitFact(open: OpenSpan, spanId: string, event: EventBody): void {
    this.#startUnsent(open.origin.spanId);
    const origin = this.#placement.ofSpan(open, spanId);
    if (!open.factTypes.includes(event.type)) open.factTypes.push(event.type);
    this.#sessions.touch(open.session);
    this.#sessions.emit(open.session, origin, event);
  }
}

/** Returns the entry that stands for this one now, for the place of a span beneath it. */
function currentEntry(open: OpenSpan): OpenSpan {
  return open.replacedBy ?? open.enclosing?.replacedBy ?? open;
}
