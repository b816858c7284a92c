import { type Context, type Span, trace } from '@opentelemetry/api';
import { asText } from '../../foreign/read.js';
import { ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED } from '../../semconv/attributes.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { contentPolicy } from '../content-capture.js';
import { describeSpanError, recordFailure } from '../failure.js';
import type { McpCallSlot } from '../mcp/mcp-call-slot.js';
import { recordAgent, recordTool } from '../metrics/agent-metrics.js';
import type { ModelCallEnd, ModelSpanOwner, ModelSpanSlot } from '../model-span-slot.js';
import { givenFinishReasons } from '../openai/model-response.js';
import { startSpan, type Telemetry } from '../telemetry.js';
import { getAgentRun } from './agent-run.js';
import { AgentTotals } from './agent-totals.js';
import { McpStep } from './mcp-step.js';
import type { RunScope } from './run-scope.js';
import type { SdkSpan } from './sdk-span.js';
import { TOOL_TYPE_FUNCTION } from './span-kinds/function.js';
import { spanKindOf } from './span-kinds/index.js';
import type { SpanKind, SpanSurroundings } from './span-kinds/span-kind.js';
import type { ToolCallStart } from './tool-call-start.js';

/** A callback this late was held up by a processor that stands before ours: then the SDK's clock is the right one. */
const LATE_MS = 5;

/** A span that starts this long after the SDK's is given the SDK's start. */
const DEFERRED_MS = 1;

interface FailedCalls {
  readonly count: number;
  readonly errorType: string;
  readonly endedTicks: number;
}

/** Where a span of the SDK stands. */
export interface RunSpanPlace {
  readonly scope: RunScope;
  readonly parent: RunSpan | undefined;
  /** The context in which the SDK started the span. */
  readonly active: Context;
  /** Set where the application's own context encloses the span more closely than its parent. */
  readonly enclosing: Context | undefined;
  readonly conversationId: string | undefined;
}

/**
 * One span of the SDK and the OpenTelemetry span that it becomes, if it becomes one.
 *
 * The OpenTelemetry span is started once, at the latest when this one ends, and ended once: by the SDK's end or,
 * for a model call that a client hook has claimed, by that call.
 */
export class RunSpan implements ModelSpanSlot {
  /** Told by the tool's hook, before the tool's code runs. */
  toolCall: ToolCallStart | undefined;

  readonly #telemetry: Telemetry;
  readonly #sdkSpan: SdkSpan;
  readonly #place: RunSpanPlace;
  readonly #kind: SpanKind | undefined;
  readonly #totals: AgentTotals | undefined;
  readonly #mcp: McpStep | undefined;
  /** When the SDK started the span, in milliseconds since the epoch; and the monotonic clock at that moment. */
  readonly #startedAt: number;
  readonly #startedTicks: number;
  #otelSpan: Span | undefined;
  #startGiven = false;
  #owner: ModelSpanOwner | undefined;
  /** Of the model calls directly beneath: those that failed one after the other, as the SDK tries again. */
  #failedCalls: FailedCalls | undefined;
  #ended = false;

  constructor(telemetry: Telemetry, sdkSpan: SdkSpan, place: RunSpanPlace) {
    this.#telemetry = telemetry;
    this.#sdkSpan = sdkSpan;
    this.#place = place;
    this.#kind = spanKindOf(sdkSpan.spanData.type);
    this.#totals = sdkSpan.spanData.type === 'agent' ? new AgentTotals() : undefined;
    this.#mcp = McpStep.of(sdkSpan.spanData, this);
    this.#startedAt = lateMillis(sdkSpan.startedAt) ?? Date.now();
    this.#startedTicks = performance.now() - (Date.now() - this.#startedAt);
    place.scope.spanStarted();
    if (this.#kind?.deferred === false) this.ensureStarted();
  }

  /** The offer to a client hook, for as long as this is a model call that goes on. */
  get modelSpanSlot(): ModelSpanSlot | undefined {
    return this.#isModelCall && !this.#ended ? this : undefined;
  }

  /** The offer to an MCP client's request, for as long as this step goes on. */
  get mcpCallSlot(): McpCallSlot | undefined {
    return this.#mcp?.offered === true && !this.#ended ? this.#mcp : undefined;
  }

  get #isModelCall(): boolean {
    const { type } = this.#sdkSpan.spanData;
    return type === 'response' || type === 'generation';
  }

  get scope(): RunScope {
    return this.#place.scope;
  }

  get agentName(): string | undefined {
    return this.#totals === undefined ? undefined : asText(this.#sdkSpan.spanData.name);
  }

  /** The context in which this span is the active one. */
  context(): Context {
    const span = this.ensureStarted();
    return span === undefined ? this.#parentContext() : trace.setSpan(this.#parentContext(), span);
  }

  /** The OpenTelemetry span, started now if nothing has needed it yet; `undefined` where there is none. */
  ensureStarted(): Span | undefined {
    const kind = this.#kind;
    if (kind === undefined || this.#otelSpan !== undefined) return this.#otelSpan;
    const start = kind.start(this.#sdkSpan.spanData, this.#surroundings());
    this.#startGiven = this.#ended || Date.now() - this.#startedAt > DEFERRED_MS;
    const options = {
      kind: start.kind,
      attributes: start.attributes,
      ...(this.#startGiven && { startTime: this.#startedAt }),
    };
    return this.start((parent) =>
      startSpan(
        this.#telemetry,
        start.name,
        options,
        start.details === undefined ? parent : withSpanStartDetails(parent, start.details),
      ),
    );
  }

  /** The SDK ended its span: `spanData` and `error` are complete. */
  end(sdkSpan: SdkSpan): void {
    if (this.#ended) return;
    this.#ended = true;
    const { scope, parent } = this.#place;
    if (this.#owner !== undefined) this.#owner.abandon();
    else if (this.#kind !== undefined) this.#endOtelSpan(this.#kind, sdkSpan);
    if (parent === undefined) scope.runEnded(sdkSpan.error);
    scope.spanEnded();
  }

  /** The agent's own span, for what belongs to the agent. */
  agentSpan(): Span | undefined {
    return this.#agent()?.ensureStarted();
  }

  // ModelSpanSlot

  get startedSpan(): Span | undefined {
    return this.#otelSpan;
  }

  claim(owner: ModelSpanOwner): boolean {
    if (this.#owner !== undefined || this.#ended) return false;
    this.#owner = owner;
    return true;
  }

  start(startSpan: (parent: Context) => Span): Span {
    this.#otelSpan = startSpan(this.#parentContext());
    if (this.#isModelCall) this.#tellRetry(this.#otelSpan);
    return this.#otelSpan;
  }

  ended(end: ModelCallEnd): void {
    const agent = this.#agent();
    if (agent !== undefined) agent.#totals?.add(end);
    this.#place.scope.modelCallEnded(end);
    const { parent } = this.#place;
    if (parent !== undefined) parent.#modelCallEnded(end);
  }

  #modelCallEnded({ errorType }: ModelCallEnd): void {
    const count = (this.#failedCalls?.count ?? 0) + 1;
    this.#failedCalls =
      errorType === undefined ? undefined : { count, errorType, endedTicks: performance.now() };
  }

  /** A model call after one that failed, within the same turn, is the SDK's own retry (`modelSettings.retry`). */
  #tellRetry(span: Span): void {
    const { parent } = this.#place;
    const failed = parent === undefined ? undefined : parent.#failedCalls;
    if (failed === undefined || !signalsWanted()) return;
    publishSignal({
      type: 'model.retry',
      span: span.spanContext(),
      time: Date.now(),
      attempt: failed.count,
      errorType: failed.errorType,
      backoffMs: performance.now() - failed.endedTicks,
    });
  }

  countToolCall(): void {
    this.#totals?.addToolCall();
  }

  /** The nearest span that stands for an agent, this one included. */
  #agent(): RunSpan | undefined {
    let span: RunSpan | undefined = this;
    while (span !== undefined && span.#totals === undefined) span = span.#place.parent;
    return span;
  }

  #parentContext(): Context {
    const { enclosing, parent, scope, active, conversationId } = this.#place;
    return enclosing ?? parent?.context() ?? scope.context(getAgentRun(active), conversationId);
  }

  #endOtelSpan(kind: SpanKind, sdkSpan: SdkSpan): void {
    const { spanData, error } = sdkSpan;
    const span = this.ensureStarted();
    if (span === undefined) return;

    const { name, attributes, toolResult, modelResponse } = kind.end(
      spanData,
      this.#surroundings(),
      Boolean(error),
    );
    if (name !== undefined) span.updateName(name);
    span.setAttributes(attributes);
    const cancelled = this.#totals !== undefined && this.#isCancelled();
    if (this.#totals !== undefined) span.setAttributes(this.#totals.attributes());
    if (cancelled) span.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
    if (toolResult !== undefined && signalsWanted()) {
      publishSignal({ type: 'tool.result', span: span.spanContext(), time: Date.now(), result: toolResult });
    }
    const told = error ? describeSpanError(error, this.#totals?.lastErrorType) : modelResponse?.failure;
    const request = this.#mcp?.end;
    const failure = request?.cancelled ? undefined : (request?.failure ?? told);
    if (failure !== undefined) recordFailure(span, failure);
    else if (request?.cancelled) span.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
    if (this.#isModelCall) {
      this.ended({
        response: modelResponse,
        finishReasons: modelResponse && givenFinishReasons(modelResponse),
        errorType: failure?.type,
        cancelled: false,
      });
    }
    this.#recordMetrics(failure?.type);
    span.end(this.#endTime(sdkSpan));
  }

  #isCancelled(): boolean {
    return this.#totals?.cancelled === true || getAgentRun(this.#place.active)?.cancelled === true;
  }

  #recordMetrics(errorType: string | undefined): void {
    const { instruments } = this.#telemetry;
    const { type, name } = this.#sdkSpan.spanData;
    const duration = (performance.now() - this.#startedTicks) / 1000;
    if (type === 'function') {
      const agent = this.#agent();
      agent?.countToolCall();
      if (instruments === undefined) return;
      recordTool(instruments, {
        toolName: asText(name),
        toolType: TOOL_TYPE_FUNCTION,
        agentName: agent?.agentName,
        errorType,
        duration,
      });
    } else if (this.#totals !== undefined && instruments !== undefined) {
      const agentName = this.agentName;
      recordAgent(instruments, {
        agentName,
        model:
          agentName === undefined
            ? undefined
            : getAgentRun(this.#place.active)?.describeAgent(agentName)?.model,
        errorType,
        duration,
        inferenceCalls: this.#totals.inferenceCalls,
        toolCalls: this.#totals.toolCalls,
      });
    }
  }

  /** A span whose start was given has its end taken from a coarse clock, unless that is given, too. */
  #endTime(sdkSpan: SdkSpan): number | undefined {
    const late = lateMillis(sdkSpan.endedAt);
    if (late !== undefined || !this.#startGiven) return late;
    return this.#startedAt + performance.now() - this.#startedTicks;
  }

  #surroundings(): SpanSurroundings {
    const { active, conversationId } = this.#place;
    const content = contentPolicy(this.#telemetry.content, active);
    const agent = this.#agent();
    return {
      agentName: agent?.agentName,
      conversationId,
      run: getAgentRun(active),
      toolCall: this.toolCall,
      mcpCall: this.#mcp?.call,
      contentOnSpan: content.onSpan,
      contentWanted: content.wanted,
    };
  }
}

/** What the SDK's clock says, where that is long ago. */
function lateMillis(iso: string | null): number | undefined {
  const millis = iso === null ? Number.NaN : Date.parse(iso);
  return Date.now() - millis > LATE_MS ? millis : undefined;
}
