/** One call of `Runner.run`, as far as its spans need it, carried in OpenTelemetry's context. */
import { type Context, createContextKey, type Span, type SpanContext } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonValue } from '../../json/json.js';
import { OwnData, ownValue } from '../../json/own-data.js';
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { withholdMessage } from '../../semconv/failure.js';
import type { GenAiMessage } from '../../semconv/messages.js';
import type { AgentDetails } from '../../signals/signal.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { PACKAGE_NAME } from '../../version.js';
import {
  agentModel,
  agentName,
  describeAgent,
  hasOtherAgents,
  ReachableAgents,
} from './agent-description.js';
import { approvableCallOf, type ToolCallStart } from './approvable-calls.js';
import { ApprovalOutcomes } from './approval-outcomes.js';
import { followRunOf, keepRun, takeKeptRun } from './kept-states.js';
import { standingDecision, takeDecisionsMadeElsewhere, wasDecided } from './known-decisions.js';
import { type CallingAgent, OwnModelCalls } from './own-model-call.js';
import { RunAbort } from './run-abort.js';
import { runInputMessages } from './run-items.js';
import { FollowedState } from './run-state.js';
import { SafetyChecks } from './safety-checks.js';
import type { MappedRun } from './span-mappings/span-mapping.js';
import {
  approvalRequested,
  countToolGuardrails,
  type PolicyDecisionFact,
  type ToolGuardrailCounts,
  type ToolGuardrailSource,
  toolGuardrailDecision,
  toolGuardrailDecisions,
} from './tool-decisions.js';
import { interruptedCalls, type ToolStep } from './tool-step.js';
import type { Workflow, WorkflowRun } from './workflow.js';

const AGENT_RUN_KEY = createContextKey(`${PACKAGE_NAME} agent run`);

/** The bridged span that is current when the SDK gets the result of a callback. */
interface CurrentSpan {
  readonly tool: ToolStep | undefined;
  ensureStarted(): Span | undefined;
  /** The span of the agent that this span belongs to. */
  agentSpan(): Span | undefined;
  /** The agent whose turn this span is; `undefined` if it is another span. */
  readonly callingAgent: CallingAgent | undefined;
}

/** The environment in which a run is observed. */
interface RunEnvironment {
  readonly telemetry: Telemetry;
  currentSpan(): CurrentSpan | undefined;
}

/** The runner's part of a run. */
interface RunnerFacts {
  /** Name of the runner's workflows; the SDK's trace carries it too, unless tracing is off. */
  readonly workflowName?: string | undefined;
  readonly modelSettings?: unknown;
  /** The application's metadata of its runs; the SDK's trace carries it too, unless tracing is off. */
  readonly traceMetadata?: unknown;
  readonly environment?: RunEnvironment | undefined;
  /** The signal by which the caller may abort the run. */
  readonly signal?: unknown;
  /** The run whose tool started this one. */
  readonly enclosing?: AgentRun | undefined;
  /** Returns the application's identifier of the conversation, if it is known by now. */
  readonly conversationId?: (() => string | undefined) | undefined;
}

/** The result of a run, as far as the run's end needs it. */
interface RunOutcome {
  readonly state: unknown;
  readonly interruptions: readonly unknown[];
  readonly cancelled: boolean;
  readonly error?: unknown;
  readonly streamed: boolean;
}

export class AgentRun implements WorkflowRun, MappedRun {
  readonly abort: RunAbort;
  readonly continues: SpanContext | undefined;
  /** `undefined` if the run is not followed. */
  readonly ownModelCalls: OwnModelCalls | undefined;
  readonly #agent: UnknownRecord;
  readonly #agents: ReachableAgents;
  readonly #runner: RunnerFacts;
  readonly #guardrailsBefore: ToolGuardrailCounts;
  /** Decisions that stand in the state with which the run began. */
  #decisions: readonly PolicyDecisionFact[];
  /** The input of the run: a state that it resumes, or the application's own. */
  readonly #origin: unknown;
  readonly #outcomes: ApprovalOutcomes | undefined;
  readonly safetyChecks: SafetyChecks;
  /** The application's own input. It is read when the first agent starts, if something records it. */
  #input: string | readonly unknown[] | undefined;
  workflow: Workflow | undefined;
  #ended = false;
  #result: UnknownRecord | undefined;
  /** The SDK's own `RunContext`, which knows the approvals. */
  runContext: unknown;
  #interruptedCalls: ReadonlyMap<string, ToolCallStart>;
  state: FollowedState | undefined;
  /** When the newest model call ended, in milliseconds since the epoch. */
  #answeredAt: number | undefined;
  /** How often each tool guardrail decision was reported at the moment it was made, by its key. */
  readonly #reportedGuardrails = new Map<string, number>();

  /** @param input - the run's input: text, items, or the state of an earlier run that it resumes. */
  constructor(
    agent: unknown,
    input: unknown,
    readonly contentAllowed: boolean,
    runner: RunnerFacts = {},
  ) {
    this.#agent = asRecord(agent) ?? {};
    this.#agents = new ReachableAgents(this.#agent);
    this.#runner = runner;
    this.ownModelCalls = runner.environment && new OwnModelCalls(runner.environment.telemetry);
    this.abort = new RunAbort(runner.signal, runner.enclosing?.abort);
    this.continues = takeKeptRun(input)?.workflow;
    this.#origin = input;
    this.safetyChecks = new SafetyChecks(contentAllowed);
    this.#outcomes = runner.environment && new ApprovalOutcomes(runner.environment.telemetry, this, input);
    this.#interruptedCalls = interruptedCalls(input);
    this.#guardrailsBefore = countToolGuardrails(input);
    this.#decisions = signalsWanted() ? takeDecisionsMadeElsewhere(input) : [];
    this.runContext = ownValue(input, '_context');
    if (typeof input === 'string' || Array.isArray(input)) this.#input = input;
  }

  // Configuration

  get workflowName(): string | undefined {
    return this.#runner.workflowName;
  }

  get traceMetadata(): unknown {
    return this.#runner.traceMetadata;
  }

  get entryAgentName(): string | undefined {
    return agentName(this.#agent);
  }

  get isMultiAgent(): boolean {
    return hasOtherAgents(this.#agent);
  }

  get enclosing(): AgentRun | undefined {
    return this.#runner.enclosing;
  }

  /** Returns the agent with this name among the entry agent and those it can hand off to. */
  agentNamed(name: string): UnknownRecord | undefined {
    return this.#agents.named(name);
  }

  describeAgent(name: string): AgentDetails | undefined {
    const agent = this.agentNamed(name);
    return agent && describeAgent(agent);
  }

  /** Attempts that the SDK makes of one model call of this agent, the first included; `undefined` if not configured. */
  maxModelAttempts(name: string | undefined): number | undefined {
    return this.#agents.maxModelAttempts(name, this.#runner.modelSettings);
  }

  /** Returns the input to the first caller only: it belongs to the first agent of the run. */
  takeInput(): (() => readonly GenAiMessage[]) | undefined {
    const input = this.#input;
    this.#input = undefined;
    return input === undefined ? undefined : () => runInputMessages(new OwnData().view(input));
  }

  // Course of the run

  /** Joins the run to the workflow of its trace. Later calls change nothing. */
  joinWorkflow(workflow: Workflow): void {
    if (this.workflow !== undefined) return;
    this.workflow = workflow;
    workflow.runStarted(this);
  }

  /** Keeps the SDK's own context of the run, which only its hooks pass on. */
  setRunContext(runContext: unknown): void {
    this.runContext = runContext;
  }

  /** Follows the SDK's own state of this run. Further calls follow what has been replaced in it. */
  follow(state: unknown): void {
    const record = asRecord(state);
    const { environment } = this.#runner;
    if (record === undefined || environment === undefined || this.#ended) return;
    this.runContext ??= ownValue(record, '_context');
    const { guard } = environment.telemetry;
    this.state ??= new FollowedState(
      record,
      (result, source) => {
        guard.run("Reading a tool guardrail's result", () =>
          this.#toolGuardrailDecided(result, source, environment.currentSpan()),
        );
      },
      (response) => {
        guard.run("Reading a model's response", () => this.ownModelCalls?.end({ response }));
      },
    );
    this.state.watchLists();
  }

  /** The SDK has what it needs to call the model of the agent whose turn it is. */
  modelCallExpected(): void {
    this.safetyChecks.settle(this.state?.sdkState);
    const agent = this.#runner.environment?.currentSpan()?.callingAgent;
    if (agent === undefined || this.#ended) return;
    const { name } = agent.step;
    this.ownModelCalls?.expect(agent, name === undefined ? undefined : agentModel(this.agentNamed(name)));
  }

  /** @param error - the error on the span of a turn, or of an agent in versions without turns. */
  turnOver(error: unknown): void {
    if (this.ownModelCalls?.pending !== true) return;
    const cancelled = error ? this.abort.isAbortOnSpan(error, true) : this.gaveUp;
    this.ownModelCalls.turnOver(error, cancelled);
  }

  /** A model call of the run ended. */
  modelAnswered(): void {
    this.#answeredAt = clock.now();
  }

  /** Returns the call that a span of a function tool is about; `undefined` if that is not certain. */
  takeToolCall(toolName: string, input: unknown): ToolCallStart | undefined {
    return this.state?.takeCall(toolName, input);
  }

  /** A span represents this call. */
  toolCallTaken({ callId }: ToolCallStart): void {
    this.state?.take(callId);
  }

  /** The arguments of the handoff that is under way. */
  get handoffInput(): JsonValue | undefined {
    return this.state?.handoffInput;
  }

  /** Keeps the run's result, which is complete once {@link settled} is called. */
  resulted(result: unknown): void {
    this.#result = asRecord(result);
    followRunOf(this.#result?.state, () => this.#kept);
  }

  /** Whether the caller cancelled the stream that the result is; the SDK publishes this nowhere else. */
  get cancelled(): boolean {
    return this.#result?.cancelled === true;
  }

  /** Whether the caller aborted the run or left its stream. */
  get gaveUp(): boolean {
    return this.cancelled || this.abort.aborted;
  }

  /**
   * The result is complete: at once, or for a streamed run when the stream has ended.
   *
   * @param error - the error with which the stream ended.
   */
  settled(error?: unknown): void {
    if (!this.contentAllowed) withholdMessage(error);
    this.#end(() => ({
      state: this.#result?.state,
      interruptions: asArray(this.#result?.interruptions),
      cancelled: this.cancelled || this.abort.isAbort(error),
      error,
      streamed: this.#result !== undefined && 'completed' in this.#result,
    }));
  }

  /** @param error - an error of the SDK's carries the state in which the run failed. */
  failed(error: unknown): void {
    if (!this.contentAllowed) withholdMessage(error);
    const { enclosing, environment } = this.#runner;
    if (enclosing?.abort.aborted && this.abort.isAbort(error)) environment?.currentSpan()?.tool?.runAborted();
    this.#end(() => ({
      state: ownValue(error, 'state'),
      interruptions: [],
      cancelled: this.abort.isAbort(error),
      error,
      streamed: false,
    }));
  }

  /** @param readResult - may throw; the run ends all the same. */
  #end(readResult: () => RunOutcome): void {
    this.#ended = true;
    let outcome: RunOutcome | undefined;
    try {
      outcome = readResult();
    } finally {
      const { state, interruptions = [], cancelled = false, error, streamed = false } = outcome ?? {};
      const interrupted = interruptions.length > 0;
      const { enclosing, environment } = this.#runner;
      const calledBy = interrupted && enclosing ? environment?.currentSpan()?.tool : undefined;
      if (calledBy !== undefined) calledBy.paused = true;
      keepRun(state, interrupted || cancelled || error !== undefined ? this.#kept : undefined);
      this.workflow?.runSettled(this, (workflow) => this.#publishOutcome(state, interruptions, workflow), {
        interrupted,
        cancelled,
        error,
        streamed,
      });
      this.state?.release();
      this.state = undefined;
      this.#result = undefined;
      this.runContext = undefined;
      this.#interruptedCalls = new Map();
    }
  }

  /** Returns the facts that the run which continues this one needs. */
  get #kept() {
    const workflow = this.workflow?.spanContext(this);
    if (workflow === undefined) return undefined;
    const { contentAllowed } = this;
    return { workflow, contentAllowed, conversationId: this.#runner.conversationId?.() };
  }

  #publishOutcome(state: unknown, interruptions: readonly unknown[], workflow: SpanContext): void {
    if (!signalsWanted()) return;
    this.safetyChecks.settle(state);
    const decisions = toolGuardrailDecisions(state, this.#guardrailsBefore, (key) => this.#wasReported(key));
    for (const fact of decisions) publishFact(fact, workflow, this.contentAllowed);
    for (const item of interruptions) {
      const fact = approvalRequested(item);
      // An interruption of an agent that runs as a tool is also an interruption of the enclosing run.
      if (fact === undefined || this.#wasAsked(fact) || !this.isFirstRequest(fact)) continue;
      publishFact(fact, workflow, this.contentAllowed);
    }
  }

  // Approvals and guardrails of tools

  /** Returns the decision that a person made in advance, for all calls of the tool; `undefined` if there is none. */
  standingDecision(
    toolName: string,
    call: ToolCallStart,
    agentName: string | undefined,
  ): PolicyDecisionFact | undefined {
    if (call.callId === undefined || this.decidedOn(call.callId)) return undefined;
    return standingDecision(this.runContext, toolName, call, agentName);
  }

  /** Whether a person decided on this very call. For an agent that runs as a tool the enclosing run was asked. */
  decidedOn(callId: string): boolean {
    return (
      wasDecided(this.#origin, this.runContext, callId) || this.#runner.enclosing?.decidedOn(callId) === true
    );
  }

  /**
   * Publishes that the SDK asked a callback of the application for an approval, unless a person was asked before. Only
   * the answer shows it, so the request has the time at which the model asked for the call.
   */
  approvalAsked(item: unknown, runContext: unknown, span: SpanContext): void {
    if (!this.hasRunContext(runContext)) return;
    const fact = approvalRequested(item);
    if (fact === undefined || !this.isFirstRequest(fact)) return;
    publishFact(fact, span, this.contentAllowed, this.#answeredAt);
  }

  /** Whether the run that this one continues has reported the request, and nobody has answered it since. */
  #wasAsked({ metadata }: PolicyDecisionFact): boolean {
    return this.continues !== undefined && this.#outcomes?.wasAsked(metadata?.tool_call_id) === true;
  }

  /** Whether this request for an approval has not been reported in the workflow before. */
  isFirstRequest(fact: PolicyDecisionFact): boolean {
    return this.workflow?.firstReport(`approval ${String(fact.metadata?.tool_call_id)}`) !== false;
  }

  /** The SDK has looked up the message about a call that is refused. Only a refused safety check has a span by then. */
  rejectionExplained(callId: string): void {
    const span = this.#runner.environment?.currentSpan();
    if (span?.tool?.call?.callId !== callId) return;
    if (this.safetyChecks.refused(callId, span.ensureStarted()?.spanContext())) span.tool.refused();
  }

  /** The SDK has looked up the answer about a call; that of a function tool has a span which shows it. */
  approvalResolved(callId: string, approved: boolean): void {
    // Up to 0.13 a resumed run goes on in the agent's span, and nothing but its input shows its state.
    const call = approvableCallOf(this.state?.sdkState ?? this.#origin, callId);
    const agent = this.#runner.environment?.currentSpan()?.callingAgent;
    if (call !== undefined && agent !== undefined) this.#outcomes?.resolved(call, approved, agent);
  }

  /** Publishes, on the workflow that continues the run, the decisions that were made in other processes meanwhile. */
  reportDecisions(workflow: SpanContext): void {
    const decisions = this.#decisions;
    this.#decisions = [];
    for (const fact of decisions) publishFact(fact, workflow, this.contentAllowed);
  }

  /** Whether this is the SDK's own context of the run. */
  hasRunContext(runContext: unknown): boolean {
    return runContext !== undefined && runContext === this.runContext;
  }

  #toolGuardrailDecided(result: unknown, source: ToolGuardrailSource, span: CurrentSpan | undefined): void {
    const name = asNonEmptyString(ownValue(ownValue(result, 'guardrail'), 'name'));
    if (span === undefined || name === undefined) return;
    const step = span.tool;
    // A guardrail may run before a person is asked for an approval, and then the tool has no span yet.
    const otelSpan = step === undefined ? span.agentSpan() : span.ensureStarted();
    if (otelSpan === undefined) return;
    const call =
      step === undefined ? this.state?.waitingCall(name) : { name: step.toolName, callId: step.call?.callId };
    const decision = toolGuardrailDecision(result, source, call);
    if (decision === undefined) return;
    step?.decided(decision, source);
    if (!signalsWanted()) return;
    // The end of the run does not report it again.
    this.#reportedGuardrails.set(decision.key, (this.#reportedGuardrails.get(decision.key) ?? 0) + 1);
    publishFact(decision.fact, otelSpan.spanContext(), this.contentAllowed);
  }

  /** Uses up one report of this decision. */
  #wasReported(key: string): boolean {
    const reports = this.#reportedGuardrails.get(key) ?? 0;
    this.#reportedGuardrails.set(key, reports - 1);
    return reports > 0;
  }

  /** Returns a call that was waiting for a person when this run began. */
  interruptedCall(callId: string): ToolCallStart | undefined {
    return this.#interruptedCalls.get(callId);
  }
}

export function withAgentRun(context: Context, run: AgentRun): Context {
  return context.setValue(AGENT_RUN_KEY, run);
}

export function getAgentRun(context: Context): AgentRun | undefined {
  return context.getValue(AGENT_RUN_KEY) as AgentRun | undefined;
}
