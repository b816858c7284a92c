/** One call of `Runner.run`, as far as its spans need it, carried in OpenTelemetry's context. */
import { type Context, createContextKey, type Span, type SpanContext } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { type JsonValue, toJsonValue } from '../../json/json.js';
import {
  asArray,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { responsesInputMessages } from '../../openai-api/responses/messages.js';
import type { GenAiMessage, MessagePart } from '../../semconv/messages.js';
import type { AgentDetails } from '../../signals/signal.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { PACKAGE_NAME } from '../../version.js';
import { describeAgent, findAgent } from './agent-description.js';
import { type PendingDecision, standingDecision, takePendingDecisions, wasDecided } from './approvals.js';
import type { MappedRun } from './span-mappings/span-mapping.js';
import {
  approvalRequested,
  countToolGuardrails,
  type PolicyDecisionFact,
  type ToolGuardrailCounts,
  toolGuardrailDecisions,
} from './tool-decisions.js';
import { interruptedCalls, type ToolCallStart, type ToolStep } from './tool-step.js';
import type { Workflow, WorkflowRun } from './workflow.js';

const AGENT_RUN_KEY = createContextKey(`${PACKAGE_NAME} agent run`);

/** The bridged span that is current when the SDK calls a callback of the application. */
interface CallbackSpan {
  /** The type of the SDK's span. */
  readonly type: unknown;
  readonly tool: ToolStep | undefined;
  handoffInput: JsonValue | undefined;
  ensureStarted(): Span | undefined;
  /** The span of the agent that this span belongs to. */
  agentSpan(): Span | undefined;
}

/** The environment in which the callbacks of a run are observed. */
interface CallbackEnvironment {
  readonly guard: Guard;
  currentSpan(): CallbackSpan | undefined;
}

/** The runner's part of a run. */
interface RunnerFacts {
  /** Name of the runner's workflows; the SDK's trace carries it too, unless tracing is off. */
  readonly workflowName?: string | undefined;
  readonly modelSettings?: UnknownRecord | undefined;
  /** The application's metadata of its runs; the SDK's trace carries it too, unless tracing is off. */
  readonly traceMetadata?: unknown;
  readonly callbacks?: CallbackEnvironment | undefined;
  /** The run whose tool started this one. */
  readonly enclosing?: AgentRun | undefined;
}

export class AgentRun implements WorkflowRun, MappedRun {
  readonly #agent: UnknownRecord;
  readonly #runner: RunnerFacts;
  readonly #guardrailsBefore: ToolGuardrailCounts;
  #decisions: readonly PendingDecision[];
  #input: readonly GenAiMessage[] | undefined;
  #workflow: Workflow | undefined;
  #result: UnknownRecord | undefined;
  /** The SDK's own `RunContext`, which knows the approvals. */
  #runContext: unknown;
  #interruptedCalls: ReadonlyMap<string, ToolCallStart>;
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
    this.#runner = runner;
    this.#interruptedCalls = interruptedCalls(input);
    this.#guardrailsBefore = countToolGuardrails(input);
    this.#decisions = takePendingDecisions(input);
    this.#runContext = asRecord(input)?._context;
    if (typeof input === 'string' || Array.isArray(input)) this.#input = runInputMessages(input);
  }

  // Configuration

  get workflowName(): string | undefined {
    return this.#runner.workflowName;
  }

  get traceMetadata(): unknown {
    return this.#runner.traceMetadata;
  }

  get callbacks(): CallbackEnvironment | undefined {
    return this.#runner.callbacks;
  }

  get entryAgentName(): string | undefined {
    return asNonEmptyString(this.#agent.name);
  }

  /** Returns the agent with this name among the entry agent and those it can hand off to. */
  agentNamed(name: string): UnknownRecord | undefined {
    return findAgent(this.#agent, name);
  }

  describeAgent(name: string): AgentDetails | undefined {
    const agent = this.agentNamed(name);
    return agent && describeAgent(agent);
  }

  /** Attempts that the SDK makes of one model call of this agent, the first included; `undefined` if not configured. */
  maxModelAttempts(agentName: string): number | undefined {
    const [agentRetries, runnerRetries] = [
      this.agentNamed(agentName)?.modelSettings,
      this.#runner.modelSettings,
    ].map((settings) => asNumber(asRecord(asRecord(settings)?.retry)?.maxRetries));
    const retries = agentRetries ?? runnerRetries;
    return retries === undefined ? undefined : retries + 1;
  }

  /** Returns the input to the first caller only: it belongs to the first agent of the run. */
  takeInput(): readonly GenAiMessage[] | undefined {
    const input = this.#input;
    this.#input = undefined;
    return input;
  }

  // Course of the run

  /** Joins the run to the workflow of its trace. Later calls change nothing. */
  joinWorkflow(workflow: Workflow): void {
    if (this.#workflow !== undefined) return;
    this.#workflow = workflow;
    workflow.runStarted();
  }

  /** Keeps the SDK's own context of the run, which only its hooks pass on. */
  setRunContext(runContext: unknown): void {
    this.#runContext = runContext;
  }

  /** Keeps the run's result, which is complete once {@link settled} is called. */
  resulted(result: unknown): void {
    this.#result = asRecord(result);
  }

  /** Whether the caller cancelled the stream that the result is; the SDK publishes this nowhere else. */
  get cancelled(): boolean {
    return this.#result?.cancelled === true;
  }

  /** The result is complete: at once, or for a streamed run when the stream has ended. */
  settled(): void {
    this.#end(this.#result?.state, asArray(this.#result?.interruptions));
  }

  /** @param error - an error of the SDK's carries the state in which the run failed. */
  failed(error: unknown): void {
    this.#end(asRecord(error)?.state, []);
  }

  #end(state: unknown, interruptions: readonly unknown[]): void {
    const publishOutcome = (workflow: SpanContext) => {
      if (!signalsWanted()) return;
      const decisions = toolGuardrailDecisions(state, this.#guardrailsBefore, (key) =>
        this.#wasReported(key),
      );
      for (const fact of decisions) publishFact(fact, workflow, this.contentAllowed);
      for (const item of interruptions) {
        const fact = approvalRequested(item);
        // An interruption of an agent that runs as a tool is also an interruption of the enclosing run.
        if (fact === undefined || !this.isFirstRequest(fact)) continue;
        publishFact(fact, workflow, this.contentAllowed);
      }
    };
    this.#workflow?.runSettled(publishOutcome, {
      interrupted: interruptions.length > 0,
      cancelled: this.cancelled,
    });
    this.#result = undefined;
    this.#runContext = undefined;
    this.#interruptedCalls = new Map();
  }

  // Approvals and guardrails of tools

  /** Returns the decision that a person made in advance, for all calls of the tool; `undefined` if there is none. */
  standingDecision(
    toolName: string,
    call: ToolCallStart,
    agentName: string | undefined,
  ): PolicyDecisionFact | undefined {
    if (call.callId === undefined || this.decidedOn(call.callId)) return undefined;
    return standingDecision(this.#runContext, toolName, call, agentName);
  }

  /** Whether a person decided on this very call. For an agent that runs as a tool the enclosing run was asked. */
  decidedOn(callId: string): boolean {
    return wasDecided(this.#runContext, callId) || this.#runner.enclosing?.decidedOn(callId) === true;
  }

  /** Whether this request for an approval has not been reported in the workflow before. */
  isFirstRequest(fact: PolicyDecisionFact): boolean {
    return this.#workflow?.firstReport(`approval ${String(fact.metadata?.tool_call_id)}`) !== false;
  }

  /** Publishes, on the workflow that continues the run, the decisions made while the run waited. */
  reportDecisions(workflow: SpanContext): void {
    const decisions = this.#decisions;
    this.#decisions = [];
    for (const { fact, time } of decisions) publishFact(fact, workflow, this.contentAllowed, time);
  }

  /** Marks a tool guardrail's decision as reported, so that the end of the run does not report it again. */
  toolGuardrailReported(key: string): void {
    this.#reportedGuardrails.set(key, (this.#reportedGuardrails.get(key) ?? 0) + 1);
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

/** The items of a run's input are those of the Responses API, with names in camel case. */
function runInputMessages(input: unknown): GenAiMessage[] {
  if (typeof input === 'string') return responsesInputMessages(input);
  return asArray(input).filter(isRecord).map(runInputMessage);
}

function runInputMessage(item: UnknownRecord): GenAiMessage {
  const id = asNonEmptyString(item.callId);
  const withId = id !== undefined && { id };
  switch (item.type) {
    case 'function_call':
      return assistant({
        type: 'tool_call',
        ...withId,
        name: asNonEmptyString(item.name) ?? '',
        arguments: toJsonValue(item.arguments),
      });
    case 'function_call_result':
      return {
        role: 'tool',
        parts: [{ type: 'tool_call_response', ...withId, response: toJsonValue(item.output) }],
      };
    default:
      return responsesInputMessages([withApiNames(item)])[0] ?? { role: 'user', parts: [] };
  }
}

/** Renames the members of content parts that have another name in the API. */
function withApiNames(item: UnknownRecord): UnknownRecord {
  if (!Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map((part) => (isRecord(part) ? withApiName(part) : part)) };
}

function withApiName(part: UnknownRecord): UnknownRecord {
  switch (part.type) {
    case 'input_image': {
      const { image } = part;
      return typeof image === 'string'
        ? { ...part, image_url: image }
        : { ...part, file_id: asRecord(image)?.id };
    }
    case 'input_file': {
      const { file } = part;
      if (typeof file !== 'string')
        return { ...part, file_id: asRecord(file)?.id, file_url: asRecord(file)?.url };
      return file.startsWith('data:') ? { ...part, file_data: file } : { ...part, file_url: file };
    }
    default:
      return part;
  }
}

function assistant(part: MessagePart): GenAiMessage {
  return { role: 'assistant', parts: [part] };
}
