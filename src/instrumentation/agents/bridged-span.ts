import { type Context, type Span, trace } from '@opentelemetry/api';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import { givenFinishReasons } from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { describeSpanError, type Failure, recordFailure } from '../../semconv/failure.js';
import {
  INFERENCE_OPERATIONS,
  SPAN_TYPE_SPEECH,
  SPAN_TYPE_TRANSCRIPTION,
  SPAN_TYPE_TRANSLATION,
} from '../../semconv/operations.js';
import { publishFact, publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { contentPolicy } from '../../spans/content-policy.js';
import { recordAgent, recordTool } from '../../spans/metrics/agent-metrics.js';
import type { ModelCallEnd, ModelSpanOwner, ModelSpanSlot } from '../../spans/model-span-slot.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';
import type { McpSpanSlot } from '../mcp/mcp-span-slot.js';
import { type AgentRun, getAgentRun } from './agent-run.js';
import { AgentTotals, FailedAttempts } from './agent-totals.js';
import { McpStep } from './mcp-step.js';
import type { SdkSpan } from './sdk-span.js';
import { TOOL_TYPE_FUNCTION } from './span-mappings/function.js';
import { spanMappingOf } from './span-mappings/index.js';
import type { MappingContext, SpanMapping } from './span-mappings/span-mapping.js';
import { approvalRejected, modelsCall, refusedCallId, type ToolCallStart, ToolStep } from './tool-step.js';
import type { Workflow } from './workflow.js';

/** A callback this late was held up by a processor that stands before ours: then the SDK's clock is the right one. */
const LATE_MS = 5;

/** A span that starts this long after the SDK's is given the SDK's start. */
const DEFERRED_MS = 1;

/** The kinds of calls that a span stands for, by the SDK's type. */
const CALL_KINDS: ReadonlyMap<unknown, ReadonlySet<string>> = new Map([
  ['response', INFERENCE_OPERATIONS],
  ['generation', INFERENCE_OPERATIONS],
  ['speech', new Set([SPAN_TYPE_SPEECH])],
  ['transcription', new Set([SPAN_TYPE_TRANSCRIPTION, SPAN_TYPE_TRANSLATION])],
]);

/** Where a span of the SDK stands. */
interface BridgedSpanPlace {
  readonly scope: Workflow;
  readonly parent: BridgedSpan | undefined;
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
export class BridgedSpan implements ModelSpanSlot {
  /** The call of a function tool, where this is one. */
  readonly tool: ToolStep | undefined;
  /** What the model gave with a handoff; told before the application's code for it runs. */
  handoffInput: JsonValue | undefined;

  readonly #telemetry: Telemetry;
  readonly #sdkSpan: SdkSpan;
  readonly #place: BridgedSpanPlace;
  readonly #kind: SpanMapping | undefined;
  readonly #totals: AgentTotals | undefined;
  readonly #mcp: McpStep | undefined;
  /** When the SDK started the span, in milliseconds since the epoch; and the monotonic clock at that moment. */
  readonly #startedAt: number;
  readonly #startedTicks: number;
  #otelSpan: Span | undefined;
  #startGiven = false;
  #owner: ModelSpanOwner | undefined;
  /** Of the model calls directly beneath. */
  readonly #failedAttempts = new FailedAttempts();
  /** Of an agent: the newest model call, which may ask for tools. */
  #newestModelData: UnknownRecord | undefined;
  /** Of an agent: the error that it had already when it gave its output. */
  #handledError: unknown;
  #ended = false;

  constructor(telemetry: Telemetry, sdkSpan: SdkSpan, place: BridgedSpanPlace) {
    this.#telemetry = telemetry;
    this.#sdkSpan = sdkSpan;
    this.#place = place;
    this.#kind = spanMappingOf(sdkSpan.spanData.type);
    this.#totals = sdkSpan.spanData.type === 'agent' ? new AgentTotals() : undefined;
    this.tool = sdkSpan.spanData.type === 'function' ? new ToolStep() : undefined;
    this.#mcp = McpStep.of(sdkSpan.spanData, this);
    this.#startedAt = lateMillis(sdkSpan.startedAt) ?? Date.now();
    this.#startedTicks = performance.now() - (Date.now() - this.#startedAt);
    place.scope.spanStarted();
    if (this.#kind?.deferred === false) this.ensureStarted();
  }

  /** The offer to a client hook, for as long as this is a model call that goes on. */
  get modelSpanSlot(): ModelSpanSlot | undefined {
    return CALL_KINDS.has(this.type) && !this.#ended ? this : undefined;
  }

  /** The offer to an MCP client's request, for as long as this step goes on. */
  get mcpCallSlot(): McpSpanSlot | undefined {
    return this.#mcp?.offered === true && !this.#ended ? this.#mcp : undefined;
  }

  get #isModelCall(): boolean {
    const { type } = this.#sdkSpan.spanData;
    return type === 'response' || type === 'generation';
  }

  /** The SDK's word for what it is. */
  get type(): unknown {
    return this.#sdkSpan.spanData.type;
  }

  get scope(): Workflow {
    return this.#place.scope;
  }

  get agentName(): string | undefined {
    return this.#totals === undefined ? undefined : asNonEmptyString(this.#sdkSpan.spanData.name);
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
    const agent = this.#isModelCall ? this.#agent() : undefined;
    if (agent !== undefined && !agent.#ended) agent.#newestModelData = sdkSpan.spanData;
    if (this.#owner !== undefined) this.#owner.abandon();
    else if (this.#kind !== undefined) this.#endOtelSpan(this.#kind, sdkSpan);
    if (parent === undefined) scope.runEnded(sdkSpan.error);
    scope.spanEnded();
    this.#newestModelData = undefined;
  }

  /** The agent's own span, for what belongs to the agent. */
  agentSpan(): Span | undefined {
    return this.#agent()?.ensureStarted();
  }

  /** The agent gave its final output: an error that stands on its span by now was handled. */
  outputGiven(): void {
    const agent = this.#agent();
    if (agent === undefined || !agent.#sdkSpan.error) return;
    const { error } = agent.#sdkSpan;
    const span = agent.ensureStarted();
    if (span === undefined) return;
    agent.#handledError = error;
    reportHandledError(span, describeSpanError(error, undefined));
  }

  // ModelSpanSlot

  get startedSpan(): Span | undefined {
    return this.#otelSpan;
  }

  claim(owner: ModelSpanOwner, kind: string): boolean {
    if (this.#owner !== undefined || this.#ended || !CALL_KINDS.get(this.type)?.has(kind)) return false;
    this.#owner = owner;
    return true;
  }

  start(startSpan: (parent: Context) => Span): Span {
    this.#otelSpan = startSpan(this.#parentContext());
    if (this.#isModelCall) this.#tellRetry(this.#otelSpan);
    return this.#otelSpan;
  }

  ended(end: ModelCallEnd): void {
    // What is heard or read aloud is no turn of an agent.
    if (!this.#isModelCall) return;
    const agent = this.#agent();
    if (agent !== undefined) agent.#totals?.add(end);
    this.#place.scope.modelCallEnded(end);
    const { parent } = this.#place;
    if (parent !== undefined) parent.#failedAttempts.ended(end);
  }

  /** A model call after one that failed, within the same turn, is the SDK's own retry. */
  #tellRetry(span: Span): void {
    const { parent, active } = this.#place;
    if (parent === undefined) return;
    const agentName = this.#agent()?.agentName;
    parent.#failedAttempts.reportRetry(
      span.spanContext(),
      agentName === undefined ? undefined : getAgentRun(active)?.maxModelAttempts(agentName),
    );
  }

  countToolCall(): void {
    this.#totals?.addToolCall();
  }

  /** The nearest span that stands for an agent, this one included. */
  #agent(): BridgedSpan | undefined {
    let span: BridgedSpan | undefined = this;
    while (span !== undefined && span.#totals === undefined) span = span.#place.parent;
    return span;
  }

  #parentContext(): Context {
    const { enclosing, parent, scope, active, conversationId } = this.#place;
    return enclosing ?? parent?.context() ?? scope.context(getAgentRun(active), conversationId);
  }

  #endOtelSpan(kind: SpanMapping, sdkSpan: SdkSpan): void {
    const { spanData } = sdkSpan;
    const handled = this.#handledError !== undefined && this.#handledError === sdkSpan.error;
    const error = handled ? undefined : sdkSpan.error;
    const refused = this.tool && refusedCallId(error);
    if (this.tool !== undefined && refused !== undefined) {
      this.tool.call ??= this.#refusedCall(refused);
      this.reportStandingDecision(asNonEmptyString(spanData.name));
    }
    const span = this.ensureStarted();
    if (span === undefined) return;
    const refusal = error ? undefined : this.tool?.refusal;

    const { name, attributes, toolResult, modelResponse } = kind.end(
      spanData,
      this.#surroundings(),
      Boolean(error) || refusal !== undefined,
    );
    if (name !== undefined) span.updateName(name);
    span.setAttributes(attributes);
    const cancelled = this.#totals !== undefined && this.#isCancelled();
    if (this.#totals !== undefined) span.setAttributes(this.#totals.attributes());
    if (cancelled) span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    const replacedBy = this.tool?.outputReplacedBy;
    if ((toolResult !== undefined || replacedBy !== undefined) && signalsWanted()) {
      publishSignal({
        type: 'tool.result',
        span: span.spanContext(),
        time: Date.now(),
        ...(toolResult !== undefined && { result: toolResult }),
        ...(replacedBy !== undefined && { replacedBy }),
      });
    }
    const described = error ? describeSpanError(error, this.#totals?.lastErrorType) : undefined;
    const told =
      this.tool?.timeout ??
      (described && refused !== undefined ? approvalRejected(described) : described) ??
      refusal ??
      modelResponse?.failure;
    const request = this.#mcp?.end;
    const failure = request?.cancelled ? undefined : (request?.failure ?? told);
    if (failure !== undefined) recordFailure(span, failure);
    else if (request?.cancelled)
      span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
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

  /** A call that nobody was asked about, as all of its tool had been decided on. Told before the tool's own span starts. */
  reportStandingDecision(toolName: string | undefined): void {
    const call = this.tool?.call;
    const { active } = this.#place;
    if (call === undefined || toolName === undefined || !signalsWanted()) return;
    const agent = this.#agent();
    const run = getAgentRun(active);
    const fact = run?.standingDecision(toolName, call, agent?.agentName);
    const span = agent?.ensureStarted();
    if (fact !== undefined && span !== undefined) {
      publishFact(fact, span.spanContext(), run?.contentAllowed === true);
    }
  }

  /** A call that a person refused gets no hook. One that was refused for good never waited for an answer, either. */
  #refusedCall(callId: string): ToolCallStart {
    const run = getAgentRun(this.#place.active);
    return (
      run?.interruptedCall(callId) ??
      this.#agent()?.modelsCall(callId, run) ?? { callId, arguments: undefined, description: undefined }
    );
  }

  /** What this agent's model asked for last. */
  modelsCall(callId: string, run: AgentRun | undefined): ToolCallStart | undefined {
    const { agentName } = this;
    const data = this.#newestModelData;
    return data && modelsCall(data, callId, agentName === undefined ? undefined : run?.agentNamed(agentName));
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
      recordToolStep(instruments, asNonEmptyString(name), agent?.agentName, { errorType, duration });
    } else if (this.#totals !== undefined) {
      const run = getAgentRun(this.#place.active);
      recordAgentStep(instruments, this.agentName, this.#totals, run, { errorType, duration });
    }
  }

  /** A span whose start was given has its end taken from a coarse clock, unless that is given, too. */
  #endTime(sdkSpan: SdkSpan): number | undefined {
    const late = lateMillis(sdkSpan.endedAt);
    if (late !== undefined || !this.#startGiven) return late;
    return this.#startedAt + performance.now() - this.#startedTicks;
  }

  #surroundings(): MappingContext {
    const { active, conversationId } = this.#place;
    const content = contentPolicy(this.#telemetry.content, active);
    const agent = this.#agent();
    return {
      agentName: agent?.agentName,
      conversationId,
      run: getAgentRun(active),
      toolCall: this.tool?.call,
      handoffInput: this.handoffInput,
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

/** Errors of a run that the application has given a handler for (`errorHandlers`), which gives the output in its place. */

function reportHandledError(span: Span, failure: Failure): void {
  span.addEvent(semconv.EVENT_OPENAI_AGENTS_HANDLED_ERROR, {
    [semconv.ATTR_ERROR_TYPE]: failure.type,
    'exception.message': failure.message,
  });
  if (!signalsWanted()) return;
  publishSignal({
    type: 'error.handled',
    span: span.spanContext(),
    time: Date.now(),
    failure,
    recoveryAction: "the run's error handler gave the output",
  });
}

/** The metrics of a run's steps that have some. */

type OptionalInstruments = Telemetry['instruments'];

interface StepEnd {
  readonly errorType: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

function recordToolStep(
  instruments: OptionalInstruments,
  toolName: string | undefined,
  agentName: string | undefined,
  end: StepEnd,
): void {
  if (instruments === undefined) return;
  recordTool(instruments, { toolName, toolType: TOOL_TYPE_FUNCTION, agentName, ...end });
}

function recordAgentStep(
  instruments: OptionalInstruments,
  agentName: string | undefined,
  { inferenceCalls, toolCalls }: AgentTotals,
  run: AgentRun | undefined,
  end: StepEnd,
): void {
  if (instruments === undefined) return;
  const model = agentName === undefined ? undefined : run?.describeAgent(agentName)?.model;
  recordAgent(instruments, { agentName, model, ...end, inferenceCalls, toolCalls });
}
