import type { Context, Span } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonValue } from '../../json/json.js';
import { asNonEmptyString } from '../../json/readers.js';
import { givenFinishReasons } from '../../openai-api/model-response.js';
import * as semconv from '../../semconv/attributes.js';
import { describeSpanError, type Failure } from '../../semconv/failure.js';
import { withApplicationContextOf } from '../../signals/application-context.js';
import type { ContentOffer } from '../../signals/signal.js';
import { contentSignalsWanted, publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import type { ModelCallEnd, ModelSpanOwner, ModelSpanSlot } from '../../spans/model-span-slot.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { McpSpanSlot } from '../mcp/mcp-span-slot.js';
import { type AgentRun, getAgentRun } from './agent-run.js';
import { AgentStep } from './agent-step.js';
import { FailedAttempts } from './agent-totals.js';
import type { ToolCallStart } from './approvable-calls.js';
import type { CallingAgent } from './own-model-call.js';
import type { RunRoot } from './run-root.js';
import { dataOf, lateMillis, type SdkSpan } from './sdk-span.js';
import { CALL_KINDS, spanMappingOf } from './span-mappings/index.js';
import {
  type MappedEnd,
  type MappingContext,
  recordModelContent,
  type SpanMapping,
} from './span-mappings/span-mapping.js';
import { guardrailResult } from './tool-decisions.js';
import { endsRun, McpStep, rejectedCallId, ToolStep } from './tool-step.js';
import type { Workflow } from './workflow.js';

/** A span that starts this long after the SDK's span takes over the start of the SDK's span. */
const DEFERRED_MS = 1;

/** The position of a span of the SDK. */
interface BridgedSpanPlace {
  readonly workflow: Workflow;
  readonly parent: BridgedSpan | undefined;
  /** The context in which the SDK started the span. */
  readonly active: Context;
  /** Set if a context of the application encloses the span more closely than its parent does. */
  readonly enclosing: Context | undefined;
  readonly conversationId: string | undefined;
  /** Called when the span ends. */
  readonly released: () => void;
}

/**
 * One span of the SDK and the OpenTelemetry span that it becomes, if it becomes one.
 *
 * Invariant: the OpenTelemetry span starts once, at the latest when the SDK's span ends, and it ends once: with the
 * SDK's span or, for a model call that a client hook has claimed, with that call.
 */
export class BridgedSpan implements ModelSpanSlot {
  /** Set if this is the span of an agent. */
  readonly agent: AgentStep | undefined;
  /** Set if this is the call of a function tool. */
  readonly tool: ToolStep | undefined;
  contentOffer: ContentOffer | undefined;

  readonly #telemetry: Telemetry;
  readonly #sdkSpan: SdkSpan;
  readonly #place: BridgedSpanPlace;
  readonly #mapping: SpanMapping | undefined;
  readonly #mcp: McpStep | undefined;
  /** Start of the SDK's span, in milliseconds since the epoch. */
  readonly #startedAt: number;
  /** Start of the SDK's span, by the monotonic clock. */
  readonly #startedTicks: number;
  /** Failed model calls directly beneath this span. */
  readonly failedAttempts = new FailedAttempts();
  #recorded: RecordedSpan | undefined;
  /** Set if this is the agent of a run without a workflow span. */
  #root: RunRoot | undefined;
  /** Whether the OpenTelemetry span was started with the start of the SDK's span. */
  #backdated = false;
  #owner: ModelSpanOwner | undefined;
  #ended = false;
  /** Whether the result of the guardrail or the tool is still to come; the span ends with it. */
  #awaitsResult = false;
  /** Why the span ended without the SDK's span. */
  #abandonedFor: string | undefined;

  constructor(telemetry: Telemetry, sdkSpan: SdkSpan, place: BridgedSpanPlace) {
    const { spanData } = sdkSpan;
    this.#telemetry = telemetry;
    this.#sdkSpan = sdkSpan;
    this.#place = place;
    this.#mapping = spanMappingOf(spanData.type);
    this.tool = ToolStep.of(spanData);
    this.agent = AgentStep.of(spanData);
    this.#mcp = McpStep.of(spanData, this);
    this.#startedAt = lateMillis(sdkSpan.startedAt) ?? clock.now();
    this.#startedTicks = clock.ticks() - (clock.now() - this.#startedAt);
    if (this.#isModelCall) this.#run?.ownModelCalls?.dismiss();
    place.workflow.spanStarted(this);
    if (this.#mapping?.deferred === false && !this.#nearestStep?.isPreparing(this.#run)) this.ensureStarted();
  }

  /** The type of the SDK's span. */
  get type(): unknown {
    return this.#sdkSpan.spanData.type;
  }

  get workflow(): Workflow {
    return this.#place.workflow;
  }

  /** Returns the context in which this span is the active one; its parent's if it has no OpenTelemetry span. */
  context(): Context {
    return this.#ensureRecorded()?.context ?? this.#parentContext();
  }

  /** Returns the OpenTelemetry span, which starts now if nothing has needed it yet; `undefined` if there is none. */
  ensureStarted(): Span | undefined {
    return this.#ensureRecorded()?.span;
  }

  /** The span of the agent that this span belongs to. */
  agentSpan(): Span | undefined {
    return this.#nearestAgent()?.ensureStarted();
  }

  get isOver(): boolean {
    return this.#ended;
  }

  get callingAgent(): CallingAgent | undefined {
    const span = this.type === 'turn' || this.type === 'agent' ? this.#nearestAgent() : undefined;
    return span?.agent && { step: span.agent, workflow: this.workflow, context: () => span.context() };
  }

  /** The SDK ended its span: `spanData` and `error` are complete. */
  end(sdkSpan: SdkSpan): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.type === 'turn' || this.agent !== undefined) this.#run?.turnOver(sdkSpan.error);
    const waits = this.#abandonedFor === undefined && this.#root?.waits(() => this.#close(sdkSpan));
    if (waits) this.workflow.spanEnded(this);
    else if (!this.#awaitsResult) this.#close(sdkSpan);
  }

  /** Ends the span, as the SDK has not ended its own. */
  abandon(reason: string): void {
    if (this.#ended) return void this.#root?.closeNow();
    this.#abandonedFor = reason;
    this.#awaitsResult = false;
    this.end(this.#sdkSpan);
  }

  /** @param result - settles right after the SDK's span has ended, and before the SDK goes on. */
  awaitResult(result: Promise<unknown>): void {
    if (this.#ended || !(this.tool?.awaitsResult ?? this.type === 'guardrail')) return;
    this.#awaitsResult = true;
    const settled = (value: unknown) => {
      if (!this.#awaitsResult) return;
      this.#awaitsResult = false;
      const { guard } = this.#telemetry;
      const run = this.#run;
      guard.run("Reading a span's result", () => {
        if (this.tool !== undefined || run === undefined) return this.tool?.resulted(value);
        const wanted = () => run.contentAllowed && contentSignalsWanted();
        this.#ensureRecorded()?.publish(() => guardrailResult(value, wanted()));
      });
      if (this.#ended) guard.run('Ending a span', () => this.#close(this.#sdkSpan));
    };
    result.then(settled, () => settled(undefined));
  }

  /** Closes the span and its workflow, even if a step in here fails. */
  #close(sdkSpan: SdkSpan): void {
    const holder = this.agent === undefined && this.#recorded === undefined ? this.#nearestStep : undefined;
    if (holder?.holds(() => this.#close(sdkSpan))) return;
    const { workflow, parent, released } = this.#place;
    released();
    const { guard } = this.#telemetry;
    guard.run('Reading a span of the Agents SDK', () => {
      if (this.#isModelCall) this.#nearestStep?.modelCallEnded(sdkSpan.spanData);
      if (this.#isModelCall) this.#run?.modelAnswered();
      if (this.#owner !== undefined) this.#owner.abandon();
      else if (this.#mapping !== undefined) this.#endRecorded(this.#mapping, sdkSpan);
    });
    if (this.#owner === undefined) this.#recorded?.end({ cancelled: this.#abandonedFor !== undefined });
    if (parent === undefined) {
      guard.run('Reading an error', () =>
        workflow.rootSpanEnded(sdkSpan.error, this.#isAbort(sdkSpan.error)),
      );
    }
    if (this.#root !== undefined) workflow.rootEnded(this.#root);
    workflow.spanEnded(this);
    this.agent?.close();
  }

  /** The agent gave its final output, so an error that its span carries by now was handled. */
  outputGiven(): void {
    const agent = this.#nearestAgent();
    if (agent !== undefined) agent.#acceptError();
  }

  #acceptError(): void {
    const { error } = this.#sdkSpan;
    const recorded = error ? this.#ensureRecorded() : undefined;
    if (recorded) this.agent?.errorHandled(error, recorded, this.#mappingContext().content);
  }

  /** The SDK describes the call of this tool. A span that something needed before may not know it yet. */
  describeCall(call: ToolCallStart): void {
    if (this.tool === undefined) return;
    if (this.tool.call === undefined && call.callId !== undefined) {
      this.#recorded?.span.setAttribute(semconv.ATTR_GEN_AI_TOOL_CALL_ID, call.callId);
    }
    this.tool.call = call;
    this.#run?.toolCallTaken(call);
  }

  /**
   * Publishes that all calls of this tool had been decided on in advance, so that no person was asked about this one.
   * Precedes the start of the tool's own span.
   */
  reportStandingDecision(toolName: string | undefined): void {
    const call = this.tool?.call;
    if (call === undefined || toolName === undefined || !signalsWanted()) return;
    const agent = this.#nearestAgent();
    const run = this.#run;
    const fact = run?.standingDecision(toolName, call, agent?.agent?.name);
    const span = agent?.ensureStarted();
    if (fact !== undefined && span !== undefined) {
      publishFact(fact, span.spanContext(), run?.contentAllowed === true);
    }
  }

  /** The offer to an MCP client's request, open until this step ends. */
  get mcpCallSlot(): McpSpanSlot | undefined {
    return this.#mcp?.offered === true && !this.#ended ? this.#mcp : undefined;
  }

  /** The offer to a client hook, open until this model call ends. */
  get modelSpanSlot(): ModelSpanSlot | undefined {
    return CALL_KINDS.has(this.type) && !this.#ended ? this : undefined;
  }

  // ModelSpanSlot

  get startedSpan(): Span | undefined {
    return this.#recorded?.span;
  }

  claim(owner: ModelSpanOwner, kind: string): boolean {
    if (this.#owner !== undefined || this.#ended || !CALL_KINDS.get(this.type)?.has(kind)) return false;
    this.#owner = owner;
    return true;
  }

  start(startSpan: (parent: Context) => Span): Span {
    const parent = this.#parentContext();
    return this.#begin(new RecordedSpan(this.#telemetry, startSpan(parent), parent)).span;
  }

  ended(end: ModelCallEnd): void {
    // Speech and transcription are not turns of an agent.
    if (!this.#isModelCall) return;
    this.#nearestStep?.totals.add(end);
    this.workflow.modelCallEnded(end, this.#place.active);
    this.#place.parent?.failedAttempts.ended(end);
  }

  // The OpenTelemetry span

  #ensureRecorded(): RecordedSpan | undefined {
    if (this.#mapping === undefined || this.#recorded !== undefined) return this.#recorded;
    this.#findCall();
    const start = this.#mapping.start(dataOf(this.#sdkSpan), this.#mappingContext());
    this.contentOffer = start.offer;
    this.#backdated = this.#ended || clock.now() - this.#startedAt > DEFERRED_MS;
    const startTime = this.#backdated ? this.#startedAt : undefined;
    if (this.#isOutermostAgent) this.#root = this.workflow.beginRoot(this.#run);
    const whole = this.#root?.complete(start) ?? start;
    return this.#begin(RecordedSpan.start(this.#telemetry, { ...whole, startTime }, this.#parentContext()));
  }

  /** The SDK describes a call only after its guardrails and the application's listeners have run. */
  #findCall(): void {
    const { tool } = this;
    if (tool === undefined || tool.call !== undefined || tool.toolName === undefined) return;
    tool.call = this.#run?.takeToolCall(tool.toolName, tool.input);
  }

  #begin(recorded: RecordedSpan): RecordedSpan {
    this.#recorded = recorded;
    this.#root?.begun(recorded);
    this.agent?.begun();
    if (this.#isModelCall) this.#reportRetry(recorded.span);
    return recorded;
  }

  /** A model call that follows a failed one within the same turn is the SDK's own retry. */
  #reportRetry(span: Span): void {
    const { parent } = this.#place;
    if (parent === undefined) return;
    parent.failedAttempts.reportRetry(span.spanContext(), () =>
      this.#run?.maxModelAttempts(this.#nearestStep?.name),
    );
  }

  #endRecorded(mapping: SpanMapping, sdkSpan: SdkSpan): void {
    const error = this.agent?.wasHandled(sdkSpan.error) ? undefined : sdkSpan.error;
    const rejectedId = this.tool && rejectedCallId(error);
    if (this.tool !== undefined && rejectedId !== undefined) {
      // A call that was rejected in advance never waited for an answer.
      const waited = this.#run?.interruptedCall(rejectedId);
      this.tool.rejected(rejectedId, waited ?? this.#nearestStep?.requestedCall(rejectedId, this.#run));
      this.reportStandingDecision(asNonEmptyString(sdkSpan.spanData.name));
    }
    const recorded = this.#ensureRecorded();
    if (recorded === undefined) return;
    if (this.#abandonedFor !== undefined) {
      recorded.span.setAttribute(semconv.ATTR_OPENAI_AGENTS_CANCELLATION_REASON, this.#abandonedFor);
      recorded.end({ cancelled: true, endTime: this.#endTime(sdkSpan) });
      return;
    }

    const failed = Boolean(error) || this.tool?.refusal !== undefined;
    const surroundings = this.#mappingContext();
    const mapped = mapping.end(dataOf(sdkSpan), surroundings, failed);
    if (mapped.name !== undefined) recorded.span.updateName(mapped.name);
    recorded.span.setAttributes(mapped.attributes);
    if (this.#isModelCall) recordModelContent(recorded, mapped, surroundings.content);
    const aborted = this.#isAbort(error);
    const cancelled = this.#endAgent(recorded) || aborted || this.#isLeft(mapped, failed);
    this.#publishToolResult(recorded, mapped.toolResult);

    const described =
      error && !aborted ? describeSpanError(error, this.agent?.totals.lastErrorType) : undefined;
    const own =
      this.tool === undefined
        ? (mapped.modelResponse?.failure ?? described ?? this.#root?.end?.failure)
        : this.tool.failure(described, rejectedId !== undefined);
    const request = this.#mcp?.end;
    const failure = request?.cancelled ? undefined : (request?.failure ?? own);
    if (this.#isModelCall) {
      this.ended({
        response: mapped.modelResponse,
        finishReasons: mapped.modelResponse && givenFinishReasons(mapped.modelResponse),
        errorType: failure?.type,
        cancelled,
        content: recorded.content,
      });
    }
    this.#recordMetrics(failure);
    recorded.end({ failure, cancelled: cancelled || request?.cancelled, endTime: this.#endTime(sdkSpan) });
  }

  /** @returns whether this is an agent whose run or newest model call was given up by its caller. */
  #endAgent({ span }: RecordedSpan): boolean {
    if (this.agent === undefined) return false;
    const { totals } = this.agent;
    span.setAttributes(totals.attributes());
    return totals.cancelled || this.#run?.cancelled === true || this.#root?.end?.cancelled === true;
  }

  /** Whether this is a model call without an answer and without an error: its stream was left. */
  #isLeft({ modelResponse }: MappedEnd, failed: boolean): boolean {
    return this.type === 'generation' && !failed && modelResponse === undefined && this.#run?.gaveUp === true;
  }

  /** Whether this error on the SDK's span is the caller's abort of the run. */
  #isAbort(error: unknown): boolean {
    const abort = this.#run?.abort;
    if (!error || abort === undefined) return false;
    const aborted = abort.isAbortOnSpan(error, this.tool === undefined) || this.tool?.isAbortOfRun(error);
    if (!aborted && this.tool !== undefined && endsRun(error)) abort.toolBroke();
    return aborted === true;
  }

  #publishToolResult(recorded: RecordedSpan, result: JsonValue | undefined): void {
    const replacedBy = this.tool?.outputReplacedBy;
    if (result === undefined && replacedBy === undefined) return;
    recorded.publish(() => ({
      type: 'tool.result',
      ...(result !== undefined && { result }),
      ...(replacedBy !== undefined && { replacedBy }),
    }));
  }

  #recordMetrics(failure: Failure | undefined): void {
    const { instruments } = this.#telemetry;
    const end = { errorType: failure?.type, duration: (clock.ticks() - this.#startedTicks) / 1000 };
    if (this.tool !== undefined) this.tool.recordMetrics(instruments, this.#nearestStep, end);
    else if (instruments !== undefined) this.agent?.recordMetrics(instruments, this.#run, end);
  }

  /** The end of a backdated span must be given too: otherwise it would come from another clock, which is coarser. */
  #endTime(sdkSpan: SdkSpan): number | undefined {
    const late = lateMillis(sdkSpan.endedAt);
    if (late !== undefined || !this.#backdated) return late;
    return this.#startedAt + clock.ticks() - this.#startedTicks;
  }

  // Place in the run

  get #isModelCall(): boolean {
    return this.type === 'response' || this.type === 'generation';
  }

  get #run(): AgentRun | undefined {
    return getAgentRun(this.#place.active);
  }

  /** Whether this is an agent with no span around it but those that are not recorded: tasks, turns. */
  get #isOutermostAgent(): boolean {
    let span = this.agent && this.#place.parent;
    while (span !== undefined && span.#mapping === undefined) span = span.#place.parent;
    return this.agent !== undefined && span === undefined;
  }

  /** The nearest span that represents an agent, this one included. */
  #nearestAgent(): BridgedSpan | undefined {
    let span: BridgedSpan | undefined = this;
    while (span !== undefined && span.agent === undefined) span = span.#place.parent;
    return span;
  }

  get #nearestStep(): AgentStep | undefined {
    return this.#nearestAgent()?.agent;
  }

  #parentContext(): Context {
    const { active, enclosing, parent, workflow, conversationId: id } = this.#place;
    const around = enclosing ?? parent?.context() ?? workflow.context(this.#run, id, this.#startedAt);
    return withApplicationContextOf(active, around);
  }

  #mappingContext(): MappingContext {
    const { active, conversationId } = this.#place;
    const policy = contentPolicy(this.#telemetry, active);
    const span = this.#recorded?.span;
    return {
      agentName: this.#nearestStep?.name,
      conversationId,
      run: this.#run,
      toolCall: this.tool?.call,
      paused: this.tool?.paused,
      handoffInput: this.type === 'handoff' ? () => this.#run?.handoffInput : undefined,
      mcpCall: this.#mcp?.call,
      content: span === undefined ? policy : policyOfSpan(policy, span, undefined),
    };
  }
}
