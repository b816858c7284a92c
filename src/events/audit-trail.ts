import type { SpanContext } from '@opentelemetry/api';
import type { EventStatus, EventType, MessageContent } from '../chaukas/event.js';
import * as semconv from '../semconv/attributes.js';
import type { Message } from '../semconv/messages.js';
import type { AgentDetails, RecordedSignal, SpanSignal, SpanStartDetails } from '../signals/signal.js';
import { AgentConfigurations, agentMetadata, handoffContent, handoffState } from './content/agent.js';
import type { CallCosts } from './content/cost.js';
import { dataAccessOfSpan } from './content/data-access.js';
import { errorEvent, handledErrorContent, outcome, type SpanOutcome } from './content/error.js';
import { factEvent } from './content/facts.js';
import { mcpEndContent, mcpStartContent } from './content/mcp.js';
import { inputContent, outputContent, parseMessages } from './content/messages.js';
import { modelEndContent, modelStartContent } from './content/model.js';
import { modelPerformance, performanceOf } from './content/performance.js';
import { guardrailContent, guardrailTriggered } from './content/policy.js';
import { type RetryContent, retryOfSignal, retryOfSpanEvent } from './content/retry.js';
import { toolEndContent, toolStartContent } from './content/tool.js';
import { ToolEvents } from './content/tool-events.js';
import type { EventBody, EventStream } from './event-stream.js';
import { FactPlacement } from './fact-placement.js';
import { type OpenSpan, placeSpan } from './open-span.js';
import type { SessionLedger } from './sessions/session-ledger.js';
import { TraceRoots } from './sessions/trace-roots.js';
import { isPaired, type PairedRole, type SpanRole, spanRole } from './spans/span-role.js';
import {
  endedAt,
  type SpanSnapshot,
  textAttribute,
  timestampOf,
  timestampOfMillis,
} from './spans/span-snapshot.js';
import { ToolMcpCalls } from './tool-mcp-calls.js';

/** Spans that may be open; beyond it the oldest is taken for lost and ended. */
const MAX_OPEN_SPANS = 100_000;

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
  readonly #toolEvents: ToolEvents;
  readonly #costs: CallCosts | undefined;
  readonly #toolMcpCalls: ToolMcpCalls;
  readonly #roots = new TraceRoots();
  readonly #factOrigins: FactPlacement;
  readonly #configurations = new AgentConfigurations();
  readonly #open = new Map<string, OpenSpan>();

  constructor(
    stream: EventStream,
    sessions: SessionLedger,
    includeContent: boolean,
    toolEvents: ToolEvents = new ToolEvents({}),
    costs?: CallCosts,
  ) {
    this.#stream = stream;
    this.#sessions = sessions;
    this.#includeContent = includeContent;
    this.#toolEvents = toolEvents;
    this.#costs = costs;
    this.#toolMcpCalls = new ToolMcpCalls(stream, includeContent);
    this.#factOrigins = new FactPlacement(sessions, this.#roots);
  }

  spanStarted(span: SpanSnapshot, details: SpanStartDetails | undefined): void {
    this.spansSeen += 1;
    const role = spanRole(span);
    this.#roots.started(span, role !== undefined);
    this.#begin(span, role, details);
  }

  /** A span that started before now says what it is. */
  spanDecided(span: SpanSnapshot): void {
    this.#beginLate(span);
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
      this.#sessions.spanEnded(open.session, open.role === 'session', timestamp);
    }
    if (this.#roots.ended(span)) this.#sessions.traceEnded(span.spanContext().traceId, timestamp);
  }

  signalled(signal: SpanSignal): void {
    const open = this.#openOf(signal.span);
    if (open === undefined) return;
    const timestamp = timestampOfMillis(signal.time);
    switch (signal.type) {
      case 'model.output':
        open.modelOutput = signal.messages;
        break;
      case 'model.retry':
        this.#emitRetry(open, retryOfSignal(signal), timestamp);
        break;
      case 'tool.result':
        open.toolResult = signal.result;
        open.toolResultReplacedBy = signal.replacedBy;
        break;
      case 'guardrail.result':
        open.guardrailResult = signal;
        break;
      case 'mcp.call':
        this.#toolMcpCalls.called(open, signal, timestamp);
        break;
      case 'mcp.result':
        if (open.role === 'mcp') open.mcpResult = signal;
        else this.#toolMcpCalls.ended(open, signal, timestamp);
        break;
      case 'agent.input':
        this.#emitInput(open, signal.messages, timestamp);
        break;
      case 'agent.output':
        this.#emitOutput(
          open,
          () => (signal.output === undefined ? undefined : outputContent(signal.output)),
          timestamp,
        );
        break;
      case 'error.handled':
        this.#stream.emit(open.origin, {
          type: 'EVENT_TYPE_ERROR',
          timestamp,
          ...handledErrorContent(signal),
        });
        break;
      case 'policy.decision':
      case 'data.access':
      case 'state.update':
        this.#emitFact(open, signal.span.spanId, factEvent(signal, timestamp, this.#includeContent));
        break;
    }
  }

  /** The application recorded something, wherever it was. */
  recorded(signal: RecordedSignal): void {
    const timestamp = timestampOfMillis(signal.time);
    const event = factEvent(signal.fact, timestamp, this.#includeContent);
    const open = signal.span && this.#openOf(signal.span);
    if (open !== undefined) {
      this.#emitFact(open, open.span.spanContext().spanId, event);
    } else if (signal.span === undefined && signal.sessionId === undefined) {
      this.#sessions.inOwnSession(timestamp, (session) => {
        this.#stream.emit(this.#factOrigins.alone(session), event);
      });
    } else {
      const origin = this.#factOrigins.outside(signal, timestamp);
      this.#sessions.touch(origin.session);
      this.#stream.emit(origin, event);
    }
  }

  /** Ends what is open, newest first, so that a child's END comes before its parent's. */
  shutdown(): void {
    for (const open of [...this.#open.values()].reverse()) this.#abandon(open, 'shutdown');
    this.#sessions.endAll();
  }

  /** Enters a span that belongs to a session; one that does not is none of ours. */
  #begin(
    span: SpanSnapshot,
    role: SpanRole | undefined,
    details: SpanStartDetails | undefined,
  ): OpenSpan | undefined {
    const parent = this.#parentOf(span);
    if (role === undefined) {
      if (parent !== undefined) this.#enter({ ...parent, span, role, origin: parent.origin });
      return undefined;
    }
    const open = placeSpan(this.#sessions, span, role, parent, details);
    // It said late what it is: its children's session, or facts that were told of it, have its id already.
    if (isPaired(role) && this.#sessions.hasEvents(open.session.id, open.origin.spanId)) return undefined;
    this.#enter(open);
    this.#sessions.spanStarted(open.session, role === 'session');
    if (isPaired(role)) this.#emitStart(open, details);
    return open;
  }

  #beginLate(span: SpanSnapshot): OpenSpan | undefined {
    const role = spanRole(span);
    if (role === undefined) return undefined;
    this.#roots.started(span, true);
    return this.#begin(span, role, undefined);
  }

  #enter(open: OpenSpan): void {
    if (this.#open.size >= MAX_OPEN_SPANS) {
      const [oldest] = this.#open.values();
      if (oldest !== undefined) this.#abandon(oldest, 'never ended');
    }
    this.#open.set(open.span.spanContext().spanId, open);
  }

  #parentOf({ parentSpanContext: parent }: SpanSnapshot): OpenSpan | undefined {
    return parent && this.#open.get(parent.spanId);
  }

  /** What is known of a span that is, or stands beneath, one of a session that goes on. */
  #openOf({ spanId, traceId }: SpanContext): OpenSpan | undefined {
    const open = this.#open.get(spanId);
    return open?.span.spanContext().traceId === traceId && !open.session.ended ? open : undefined;
  }

  #emitStart(open: OpenSpan, details: SpanStartDetails | undefined): void {
    const { span, role, origin } = open;
    if (!isPaired(role)) return;
    if (role === 'model') this.#costs?.prepare();
    const timestamp = timestampOf(span.startTime);
    const events = ROLE_EVENTS[role];
    this.#stream.emit(origin, {
      type: events.startType,
      timestamp,
      ...events.start(span, details, this.#includeContent),
    });
    if (role === 'agent' && details?.agent !== undefined)
      this.#emitConfiguration(open, details.agent, timestamp);
    const input =
      details?.agent?.runInput ?? parseMessages(span.attributes[semconv.ATTR_GEN_AI_INPUT_MESSAGES]);
    if (input !== undefined) this.#emitInput(open, input, timestamp);
  }

  /** The input of an agent that works for another one is that one's tool call. */
  #emitInput(open: OpenSpan, input: readonly Message[], timestamp: string): void {
    if (open.role !== 'agent' || open.agentDepth !== 1) return;
    this.#stream.emit(open.origin, {
      type: 'EVENT_TYPE_INPUT_RECEIVED',
      timestamp,
      message: this.#includeContent && input.length > 0 ? inputContent(input) : { role: 'user' },
    });
  }

  #emitConfiguration({ origin, session }: OpenSpan, details: AgentDetails, timestamp: string): void {
    const state = this.#configurations.seen(session, origin.agentName ?? '', details);
    if (state === undefined) return;
    this.#stream.emit(origin, { type: 'EVENT_TYPE_STATE_UPDATE', timestamp, state_update: state });
  }

  #finish(open: OpenSpan, role: SpanRole, span: SpanSnapshot, { status, metadata }: SpanOutcome): void {
    const { origin, session } = open;
    const timestamp = timestampOf(span.endTime);
    const failed = status === 'EVENT_STATUS_FAILED';
    switch (role) {
      case 'session':
        session.status = status;
        this.#sessions.ownerEnded(session.id, origin.spanId, status, timestamp);
        return;
      case 'workflow':
        session.status = status;
        // What failed in it may be no step that makes events: a trace's own function, a connection.
        if (failed && !session.failedInvocations.has(origin.spanId)) {
          this.#emitFact(open, origin.spanId, errorEvent(span, timestamp));
        }
        session.failedInvocations.delete(origin.spanId);
        return;
      case 'handoff':
        // Without a target nothing was handed over. With one the SDK may still flag it, for others that it refused.
        if (failed && textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO) === undefined) {
          this.#emitError(open, span, timestamp);
          return;
        }
        this.#stream.emit(origin, {
          type: 'EVENT_TYPE_AGENT_HANDOFF',
          timestamp,
          ...handoffContent(span, open.handoffInput, this.#includeContent),
        });
        this.#stream.emit(origin, { type: 'EVENT_TYPE_STATE_UPDATE', timestamp, ...handoffState(span) });
        return;
      case 'guardrail':
        this.#stream.emit(origin, {
          type: 'EVENT_TYPE_POLICY_DECISION',
          timestamp,
          ...((guardrailTriggered(span) || failed) && { severity: 'SEVERITY_WARN' as const }),
          ...guardrailContent(span, failed, open.guardrailResult, this.#includeContent),
        });
        return;
      case 'retrieval':
        // Without signals what stands on the span is told at its end; a failed one has read nothing.
        if (failed) this.#emitError(open, span, timestamp);
        else if (!open.factTypes.includes('EVENT_TYPE_DATA_ACCESS')) {
          const content = dataAccessOfSpan(span, this.#includeContent);
          this.#emitFact(open, origin.spanId, { type: 'EVENT_TYPE_DATA_ACCESS', timestamp, ...content });
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
      case 'tool':
        this.#toolMcpCalls.toolEnded(open, span, status, timestamp);
        this.#emitToolEvents(open, span, status, timestamp);
        break;
      case 'mcp':
        // Its name is that of the tool that made it, where it stands beneath one.
        if (this.#parentOf(span)?.role !== 'tool') this.#emitToolEvents(open, span, status, timestamp);
        break;
    }
    if (failed && !this.#toolMcpCalls.toldFailure(open, span)) this.#emitError(open, span, timestamp);
    const events = ROLE_EVENTS[role];
    const end = events.end(span, open, failed, this.#includeContent);
    this.#stream.emit(origin, {
      type: events.endType,
      timestamp,
      status,
      ...(role === 'model' && status === 'EVENT_STATUS_CANCELLED' && { is_partial: true }),
      ...(role === 'model'
        ? { cost: this.#costs?.of(span), performance: modelPerformance(span) }
        : { performance: performanceOf(span) }),
      ...end,
      ...((end.metadata !== undefined || metadata !== undefined) && {
        metadata: { ...end.metadata, ...metadata },
      }),
    });
  }

  #emitError(open: OpenSpan, span: SpanSnapshot, timestamp: string): void {
    this.#stream.emit(open.origin, errorEvent(span, timestamp));
  }

  /** @param spanId - the span that it is told of, which may be one beneath what is known. */
  #emitFact(open: OpenSpan, spanId: string, event: EventBody): void {
    const origin = this.#factOrigins.within(open, spanId);
    if (!open.factTypes.includes(event.type)) open.factTypes.push(event.type);
    this.#sessions.touch(open.session);
    this.#stream.emit(origin, event);
  }

  #emitToolEvents(open: OpenSpan, span: SpanSnapshot, status: EventStatus, timestamp: string): void {
    // What was not done to its end did none of what its name says.
    if (status !== 'EVENT_STATUS_COMPLETED') return;
    for (const event of this.#toolEvents.of(span, open, timestamp)) {
      // Whoever says it knows better than a name.
      if (!open.factTypes.includes(event.type)) this.#emitFact(open, open.origin.spanId, event);
    }
  }

  #emitRetry(open: OpenSpan, content: RetryContent, timestamp: string): void {
    open.retries += 1;
    this.#stream.emit(open.origin, { type: 'EVENT_TYPE_RETRY', timestamp, ...content });
  }

  /** Without signals the retries that stand on the span are told at its end. */
  #emitRecordedRetries(open: OpenSpan, span: SpanSnapshot): void {
    for (const event of span.events) {
      if (event.name !== semconv.EVENT_OPENAI_REQUEST_RETRY) continue;
      this.#emitRetry(open, retryOfSpanEvent(event), timestampOf(event.time));
    }
  }

  /** The output of an agent that works for another one is that one's tool result. */
  #emitOutput(open: OpenSpan, content: () => MessageContent | undefined, timestamp: string): void {
    if (open.role !== 'agent' || open.agentDepth !== 1 || open.outputEmitted) return;
    open.outputEmitted = true;
    this.#stream.emit(open.origin, {
      type: 'EVENT_TYPE_OUTPUT_EMITTED',
      timestamp,
      is_final: true,
      message: (this.#includeContent ? content() : undefined) ?? { role: 'assistant' },
    });
  }

  #emitRecordedOutput(open: OpenSpan, span: SpanSnapshot): void {
    const messages = parseMessages(span.attributes[semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]);
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
    this.#sessions.spanEnded(session, role === 'session', timestampOfMillis(now));
  }
}

type Content = Omit<EventBody, 'type' | 'timestamp' | 'status'>;

/** The pair of events that a role makes, and what they say. */
interface RoleEvents {
  readonly startType: EventType;
  readonly endType: EventType;
  start(span: SpanSnapshot, details: SpanStartDetails | undefined, includeContent: boolean): Content;
  end(span: SpanSnapshot, told: OpenSpan, failed: boolean, includeContent: boolean): Content;
}

const ROLE_EVENTS: Readonly<Record<PairedRole, RoleEvents>> = {
  agent: {
    startType: 'EVENT_TYPE_AGENT_START',
    endType: 'EVENT_TYPE_AGENT_END',
    start: (span, details, includeContent) => ({
      metadata: agentMetadata(span, details?.agent, includeContent),
    }),
    end: () => ({}),
  },
  model: {
    startType: 'EVENT_TYPE_MODEL_INVOCATION_START',
    endType: 'EVENT_TYPE_MODEL_INVOCATION_END',
    start: (span, details, includeContent) => modelStartContent(span, details?.modelRequest, includeContent),
    end: (span, told, _failed, includeContent) => ({
      response_id: textAttribute(span, semconv.ATTR_GEN_AI_RESPONSE_ID),
      ...modelEndContent(span, told.modelOutput, includeContent),
    }),
  },
  tool: {
    startType: 'EVENT_TYPE_TOOL_CALL_START',
    endType: 'EVENT_TYPE_TOOL_CALL_END',
    start: (span, details, includeContent) => toolStartContent(span, details?.toolCall, includeContent),
    end: (span, told, failed, includeContent) => ({
      ...toolEndContent(span, told.toolResult, failed ? span.status.message : undefined, includeContent),
      ...(told.toolResultReplacedBy !== undefined && {
        metadata: { output_replaced_by: told.toolResultReplacedBy },
      }),
    }),
  },
  mcp: {
    startType: 'EVENT_TYPE_MCP_CALL_START',
    endType: 'EVENT_TYPE_MCP_CALL_END',
    start: (span, details, includeContent) => mcpStartContent(span, details?.mcpCall, includeContent),
    end: (span, told, _failed, includeContent) =>
      mcpEndContent(span, told.mcpCall, told.mcpResult, includeContent),
  },
};
