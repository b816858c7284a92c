import type { EventStatus } from '../chaukas/event.js';
import type { JsonObject } from '../foreign/json.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_AGENT_ID,
  ATTR_GEN_AI_AGENT_NAME,
  ATTR_GEN_AI_CONVERSATION_ID,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_WORKFLOW_NAME,
  ATTR_OPENAI_AGENTS_OUTCOME,
  ATTR_SESSION_ID,
  EVENT_OPENAI_REQUEST_RETRY,
  OUTCOME_CANCELLED,
} from '../semconv/attributes.js';
import type { Signal, SpanStartDetails } from '../signals/signal.js';
import {
  type DataAccessContent,
  dataAccessOfSignal,
  dataAccessOfSpan,
} from './content/data-access-content.js';
import { guardrailContent, guardrailTriggered } from './content/guardrail-content.js';
import { handoffContent } from './content/handoff-content.js';
import { inputContent, outputContent } from './content/message-content.js';
import { parseMessages } from './content/parse-messages.js';
import { policyContent } from './content/policy-content.js';
import { type RetryContent, retryOfSignal, retryOfSpanEvent } from './content/retry-content.js';
import { withoutAbsent } from './content/without-absent.js';
import type { EventStream } from './event-stream.js';
import type { OpenSpan } from './open-span.js';
import { ROLE_EVENTS } from './role-events.js';
import { serviceName } from './service-name.js';
import type { SessionLedger } from './session-ledger.js';
import { isPaired, type SpanRole, spanRole } from './span-role.js';
import { type SpanSnapshot, textAttribute, timestampOf, timestampOfMillis } from './span-snapshot.js';
import { TraceRoots } from './trace-roots.js';

/** Spans that may be open; beyond it the oldest is taken for lost and ended. */
const MAX_OPEN_SPANS = 100_000;

/** `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2;

/**
 * Turns the lives of spans into the event stream.
 *
 * What it keeps true: a START has exactly one END; an event's parent is the span of an earlier START of its session;
 * a span's own events stand between its START and its END. See "What must hold in every stream" of chaukas-spec.
 */
export class AuditTrail {
  spansSeen = 0;

  readonly #stream: EventStream;
  readonly #sessions: SessionLedger;
  readonly #includeContent: boolean;
  readonly #roots = new TraceRoots();
  readonly #open = new Map<string, OpenSpan>();

  constructor(stream: EventStream, sessions: SessionLedger, includeContent: boolean) {
    this.#stream = stream;
    this.#sessions = sessions;
    this.#includeContent = includeContent;
  }

  spanStarted(span: SpanSnapshot, details: SpanStartDetails | undefined): void {
    this.spansSeen += 1;
    const role = spanRole(span);
    this.#roots.started(span, role !== undefined);
    this.#begin(span, role, details);
  }

  spanEnded(span: SpanSnapshot): void {
    const { spanId } = span.spanContext();
    const begun = this.#open.get(spanId);
    // Another instrumentation may say only at the end what its span was.
    const open = begun?.role === undefined ? this.#beginLate(span) : begun;
    this.#open.delete(spanId);
    const timestamp = timestampOf(span.endTime);
    if (open?.role !== undefined) {
      this.#finish(open, open.role, span, { status: outcome(span) });
      this.#sessions.spanEnded(open.session, timestamp);
    }
    if (this.#roots.ended(span)) this.#sessions.traceEnded(span.spanContext().traceId, timestamp);
  }

  signalled(signal: Signal): void {
    const open = this.#open.get(signal.span.spanId);
    if (open === undefined || open.span.spanContext().traceId !== signal.span.traceId) return;
    switch (signal.type) {
      case 'model.output':
        open.modelOutput = signal.messages;
        break;
      case 'model.retry':
        this.#emitRetry(open, retryOfSignal(signal), timestampOfMillis(signal.time));
        break;
      case 'tool.result':
        open.toolResult = signal.result;
        break;
      case 'agent.output':
        this.#emitOutput(open, () => outputContent(signal.output), timestampOfMillis(signal.time));
        break;
      case 'policy.decision':
        this.#stream.emit(open.origin, {
          type: 'EVENT_TYPE_POLICY_DECISION',
          timestamp: timestampOfMillis(signal.time),
          ...(signal.outcome === 'deny' && { severity: 'SEVERITY_WARN' as const }),
          ...policyContent(signal),
        });
        break;
      case 'data.access':
        this.#emitDataAccess(
          open,
          dataAccessOfSignal(signal, this.#includeContent),
          timestampOfMillis(signal.time),
        );
        break;
      case 'state.update':
        this.#stream.emit(open.origin, {
          type: 'EVENT_TYPE_STATE_UPDATE',
          timestamp: timestampOfMillis(signal.time),
          state_update: { ...signal.state, ...(this.#includeContent && signal.content) },
        });
        break;
    }
  }

  /** Ends what is open, newest first, so that a child's END comes before its parent's. */
  shutdown(): void {
    for (const open of [...this.#open.values()].reverse()) this.#abandon(open, 'shutdown');
    this.#sessions.shutdown();
  }

  /** Enters a span that belongs to a session; one that does not is none of ours. */
  #begin(
    span: SpanSnapshot,
    role: SpanRole | undefined,
    details: SpanStartDetails | undefined,
  ): OpenSpan | undefined {
    const parent = span.parentSpanContext && this.#open.get(span.parentSpanContext.spanId);
    if (role === undefined) {
      if (parent !== undefined) this.#enter({ ...parent, span, role, origin: parent.origin });
      return undefined;
    }
    const open = this.#place(span, role, parent, details);
    // A child told first what it is, and this span stands for their session already.
    if (isPaired(role) && open.session.spanId === open.origin.spanId) return undefined;
    this.#enter(open);
    this.#sessions.spanStarted(open.session);
    if (isPaired(role)) this.#emitStart(open, details);
    return open;
  }

  #beginLate(span: SpanSnapshot): OpenSpan | undefined {
    const role = spanRole(span);
    if (role === undefined) return undefined;
    this.#roots.started(span, true);
    return this.#begin(span, role, undefined);
  }

  #place(
    span: SpanSnapshot,
    role: SpanRole,
    parent: OpenSpan | undefined,
    details: SpanStartDetails | undefined,
  ): OpenSpan {
    const { traceId, spanId } = span.spanContext();
    const givenId = textAttribute(span, ATTR_SESSION_ID);
    // Events of one session never hang under those of another.
    const within = givenId === undefined || givenId === parent?.session.id ? parent : undefined;
    const session =
      within?.session ??
      this.#sessions.obtain({
        span,
        givenId: givenId ?? textAttribute(span, ATTR_GEN_AI_CONVERSATION_ID),
        spanId: role === 'session' || role === 'workflow' ? spanId : sessionSpanId(span),
        metadata: withoutAbsent({
          ...details?.session?.metadata,
          workflow: textAttribute(span, ATTR_GEN_AI_WORKFLOW_NAME),
          service: serviceName(span),
        }),
      });
    const agentName = textAttribute(span, ATTR_GEN_AI_AGENT_NAME) ?? within?.origin.agentName;
    const parentSpanId = within?.childrenParentId ?? session.spanId;
    return {
      span,
      role,
      session,
      origin: {
        session,
        traceId,
        spanId,
        parentSpanId,
        agentName,
        // An agent that is defined in code has no other identity than its name.
        agentId: textAttribute(span, ATTR_GEN_AI_AGENT_ID) ?? agentName,
        invocationId: role === 'workflow' ? spanId : within?.origin.invocationId,
      },
      childrenParentId: isPaired(role) ? spanId : parentSpanId,
      agentDepth: (within?.agentDepth ?? 0) + (role === 'agent' ? 1 : 0),
      modelOutput: undefined,
      toolResult: undefined,
      outputEmitted: false,
      retries: 0,
      dataAccesses: 0,
    };
  }

  #enter(open: OpenSpan): void {
    if (this.#open.size >= MAX_OPEN_SPANS) {
      const [oldest] = this.#open.values();
      if (oldest !== undefined) this.#abandon(oldest, 'never ended');
    }
    this.#open.set(open.span.spanContext().spanId, open);
  }

  #emitStart(open: OpenSpan, details: SpanStartDetails | undefined): void {
    const { span, role, origin } = open;
    if (!isPaired(role)) return;
    const timestamp = timestampOf(span.startTime);
    const events = ROLE_EVENTS[role];
    this.#stream.emit(origin, {
      type: events.startType,
      timestamp,
      ...events.start(span, details, this.#includeContent),
    });
    const input = details?.agent?.runInput ?? parseMessages(span.attributes[ATTR_GEN_AI_INPUT_MESSAGES]);
    if (role === 'agent' && open.agentDepth === 1 && input !== undefined) {
      this.#stream.emit(origin, {
        type: 'EVENT_TYPE_INPUT_RECEIVED',
        timestamp,
        message: this.#includeContent ? inputContent(input) : { role: 'user' },
      });
    }
  }

  #finish(open: OpenSpan, role: SpanRole, span: SpanSnapshot, { status, metadata }: SpanOutcome): void {
    const { origin, session } = open;
    const timestamp = timestampOf(span.endTime);
    const failed = status === 'EVENT_STATUS_FAILED';
    switch (role) {
      case 'session':
        session.status = status;
        if (session.spanId === origin.spanId) this.#sessions.ownerEnded(session);
        return;
      case 'workflow':
        session.status = status;
        return;
      case 'handoff':
        this.#stream.emit(origin, { type: 'EVENT_TYPE_AGENT_HANDOFF', timestamp, ...handoffContent(span) });
        return;
      case 'guardrail':
        this.#stream.emit(origin, {
          type: 'EVENT_TYPE_POLICY_DECISION',
          timestamp,
          ...(guardrailTriggered(span) && { severity: 'SEVERITY_WARN' as const }),
          ...guardrailContent(span, failed),
        });
        return;
      case 'retrieval':
        // Without signals what stands on the span is told at its end; a failed one has read nothing.
        if (failed) this.#emitError(open, span, timestamp);
        else if (open.dataAccesses === 0) {
          this.#emitDataAccess(open, dataAccessOfSpan(span, this.#includeContent), timestamp);
        }
        return;
      case 'stored-data':
        if (failed) this.#emitError(open, span, timestamp);
        return;
      case 'model':
        if (open.retries === 0) this.#emitRecordedRetries(open, span);
        break;
      case 'agent':
        this.#emitRecordedOutput(open, span);
        break;
    }
    if (failed) this.#emitError(open, span, timestamp);
    const events = ROLE_EVENTS[role];
    this.#stream.emit(origin, {
      type: events.endType,
      timestamp,
      status,
      ...(role === 'model' && status === 'EVENT_STATUS_CANCELLED' && { is_partial: true }),
      ...events.end(span, open, failed, this.#includeContent),
      ...(metadata !== undefined && { metadata }),
    });
  }

  #emitError(open: OpenSpan, span: SpanSnapshot, timestamp: string): void {
    const errorType = textAttribute(span, ATTR_ERROR_TYPE);
    this.#stream.emit(open.origin, {
      type: 'EVENT_TYPE_ERROR',
      timestamp,
      error: withoutAbsent({ error_message: span.status.message ?? errorType, error_code: errorType }),
    });
  }

  #emitDataAccess(open: OpenSpan, content: DataAccessContent, timestamp: string): void {
    open.dataAccesses += 1;
    this.#stream.emit(open.origin, { type: 'EVENT_TYPE_DATA_ACCESS', timestamp, ...content });
  }

  #emitRetry(open: OpenSpan, content: RetryContent, timestamp: string): void {
    open.retries += 1;
    this.#stream.emit(open.origin, { type: 'EVENT_TYPE_RETRY', timestamp, ...content });
  }

  /** Without signals the retries that stand on the span are told at its end. */
  #emitRecordedRetries(open: OpenSpan, span: SpanSnapshot): void {
    for (const event of span.events) {
      if (event.name !== EVENT_OPENAI_REQUEST_RETRY) continue;
      this.#emitRetry(open, retryOfSpanEvent(event), timestampOf(event.time));
    }
  }

  /** The output of an agent that works for another one is that one's tool result. */
  #emitOutput(open: OpenSpan, content: () => ReturnType<typeof outputContent>, timestamp: string): void {
    if (open.role !== 'agent' || open.agentDepth !== 1 || open.outputEmitted) return;
    open.outputEmitted = true;
    this.#stream.emit(open.origin, {
      type: 'EVENT_TYPE_OUTPUT_EMITTED',
      timestamp,
      is_final: true,
      message: this.#includeContent ? content() : { role: 'assistant' },
    });
  }

  #emitRecordedOutput(open: OpenSpan, span: SpanSnapshot): void {
    const messages = parseMessages(span.attributes[ATTR_GEN_AI_OUTPUT_MESSAGES]);
    if (messages === undefined) return;
    const content = () => ({ ...inputContent(messages), role: 'assistant' });
    this.#emitOutput(open, content, timestampOf(span.endTime));
  }

  /** The end of a span that goes on, or was lost, where the stream has to end. */
  #abandon(open: OpenSpan, reason: string): void {
    const { span, role, session } = open;
    this.#open.delete(span.spanContext().spanId);
    if (role === undefined) return;
    const now = Date.now();
    if (isPaired(role) || role === 'workflow' || role === 'session') {
      this.#finish(open, role, endedAt(span, now), {
        status: 'EVENT_STATUS_CANCELLED',
        metadata: { reason },
      });
    }
    this.#sessions.spanEnded(session, timestampOfMillis(now));
  }
}

interface SpanOutcome {
  readonly status: EventStatus;
  readonly metadata?: JsonObject;
}

function outcome(span: SpanSnapshot): EventStatus {
  if (span.status.code === STATUS_ERROR) return 'EVENT_STATUS_FAILED';
  const cancelled = textAttribute(span, ATTR_OPENAI_AGENTS_OUTCOME) === OUTCOME_CANCELLED;
  return cancelled ? 'EVENT_STATUS_CANCELLED' : 'EVENT_STATUS_COMPLETED';
}

/**
 * A session whose first span makes events itself cannot have that span's id: the two would be one another's parent.
 * The span above it stands for the session; where there is none, the trace itself, by the random half of its id.
 */
function sessionSpanId(span: SpanSnapshot): string {
  return span.parentSpanContext?.spanId ?? span.spanContext().traceId.slice(16);
}

function endedAt(span: SpanSnapshot, epochMillis: number): SpanSnapshot {
  const seconds = Math.floor(epochMillis / 1000);
  const context = span.spanContext();
  return {
    name: span.name,
    parentSpanContext: span.parentSpanContext,
    startTime: span.startTime,
    endTime: [seconds, (epochMillis - seconds * 1000) * 1_000_000],
    status: span.status,
    attributes: span.attributes,
    events: span.events,
    resource: span.resource,
    spanContext: () => context,
  };
}
