/** One call of `Runner.run`, as far as its spans need it, carried in OpenTelemetry's context. */
import { type Context, createContextKey, type SpanContext } from '@opentelemetry/api';
import type { Guard } from '../../diagnostics/guard.js';
import { toJsonValue } from '../../json/json.js';
import {
  asArray,
  asNonEmptyString,
  asNumber,
  asRecord,
  isRecord,
  type UnknownRecord,
} from '../../json/readers.js';
import { responsesInputMessages } from '../../openai-api/responses/messages.js';
import type { Message, MessagePart } from '../../semconv/messages.js';
import type { AgentDetails } from '../../signals/signal.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { PACKAGE_NAME } from '../../version.js';
import { configuredTools, namesOf } from './agent-description.js';
import { type PendingDecision, standingDecision, takePendingDecisions, wasDecided } from './approvals.js';
import type { BridgedSpan } from './bridged-span.js';
import {
  approvalRequested,
  countToolGuardrails,
  type PolicyDecisionFact,
  type ToolGuardrailCounts,
  toolGuardrailDecisions,
} from './tool-decisions.js';
import { interruptedCalls, type ToolCallStart } from './tool-step.js';
import type { Workflow } from './workflow.js';

const AGENT_RUN_KEY = createContextKey(`${PACKAGE_NAME} agent run`);

/** What the callbacks of a run need of what is around them. */
interface RunCallbacks {
  readonly guard: Guard;
  currentSpan(): BridgedSpan | undefined;
}

/** What is known of the runner. */
interface RunnerFacts {
  /** What its runs are called; the SDK's trace says so, too, unless tracing is off. */
  readonly workflowName?: string | undefined;
  readonly modelSettings?: UnknownRecord | undefined;
  /** What the application says of its runs; the SDK's trace has it, too, unless tracing is off. */
  readonly traceMetadata?: unknown;
  readonly callbacks?: RunCallbacks | undefined;
  /** The run of which a tool runs this one. */
  readonly enclosing?: AgentRun | undefined;
}

export class AgentRun {
  readonly #agent: UnknownRecord;
  readonly #runner: RunnerFacts;
  readonly #guardrailsBefore: ToolGuardrailCounts;
  #decisions: readonly PendingDecision[];
  #input: readonly Message[] | undefined;
  #scope: Workflow | undefined;
  #result: UnknownRecord | undefined;
  /** The SDK's, which knows what has been approved. */
  #runContext: unknown;
  #interruptedCalls: ReadonlyMap<string, ToolCallStart>;
  /** What was told of tools' guardrails when they decided, and how often. */
  readonly #toldGuardrails = new Map<string, number>();

  /** @param input - what the run was given: text, items, or the state of an earlier run that it resumes. */
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

  get workflowName(): string | undefined {
    return this.#runner.workflowName;
  }

  get traceMetadata(): unknown {
    return this.#runner.traceMetadata;
  }

  get callbacks(): RunCallbacks | undefined {
    return this.#runner.callbacks;
  }

  /** The run goes on in this trace. */
  enteredScope(scope: Workflow): void {
    if (this.#scope !== undefined) return;
    this.#scope = scope;
    scope.runBegan();
  }

  /** The SDK's own context of the run, as its hooks tell it. */
  hasContext(runContext: unknown): void {
    this.#runContext = runContext;
  }

  /** What a person decided of this call beforehand, with all calls of the tool. */
  standingDecision(
    toolName: string,
    call: ToolCallStart,
    agentName: string | undefined,
  ): PolicyDecisionFact | undefined {
    if (call.callId === undefined || this.decidedOn(call.callId)) return undefined;
    return standingDecision(this.#runContext, toolName, call, agentName);
  }

  /** Whether a person decided on this very call; of one in an agent that is a tool, the run around it was asked. */
  decidedOn(callId: string): boolean {
    return wasDecided(this.#runContext, callId) || this.#runner.enclosing?.decidedOn(callId) === true;
  }

  /** Whether it is told now for the first time that this approval is asked for. */
  asksForApproval(fact: PolicyDecisionFact): boolean {
    return this.#scope?.hasReported(`approval ${String(fact.metadata?.tool_call_id)}`) !== true;
  }

  /** What was decided while the run waited belongs to the workflow that goes on with it. */
  reportDecisions(workflow: SpanContext): void {
    const decisions = this.#decisions;
    this.#decisions = [];
    for (const { fact, time } of decisions) publishFact(fact, workflow, this.contentAllowed, time);
  }

  /** The run has given its result; of a stream it is complete later. */
  resulted(result: unknown, guard: Guard): void {
    const record = asRecord(result) ?? {};
    this.#result = record;
    const settle = () =>
      guard.run("Reading a run's result", () => this.#settled(record.state, asArray(record.interruptions)));
    const { completed } = record;
    if (completed instanceof Promise) completed.then(settle, settle);
    else settle();
  }

  /** Whether its caller gave up the stream that it is, which the SDK tells nobody else. */
  get cancelled(): boolean {
    return this.#result?.cancelled === true;
  }

  /** @param error - the SDK's own has the state in which the run failed. */
  failed(error: unknown): void {
    this.#settled(asRecord(error)?.state, []);
  }

  #settled(state: unknown, interruptions: readonly unknown[]): void {
    const tell = (workflow: SpanContext) => {
      if (!signalsWanted()) return;
      for (const fact of toolGuardrailDecisions(state, this.#guardrailsBefore, (key) => this.#wasTold(key))) {
        publishFact(fact, workflow, this.contentAllowed);
      }
      for (const item of interruptions) {
        const fact = approvalRequested(item);
        // The interruption of an agent that is a tool is the interruption of the run around it, too.
        if (fact === undefined || !this.asksForApproval(fact)) continue;
        publishFact(fact, workflow, this.contentAllowed);
      }
    };
    this.#scope?.runSettled(tell, { interrupted: interruptions.length > 0, cancelled: this.cancelled });
    this.#result = undefined;
    this.#runContext = undefined;
    this.#interruptedCalls = new Map();
  }

  /** A tool's guardrail was told when it decided, so not again when the run is over. */
  toldOfToolGuardrail(key: string): void {
    this.#toldGuardrails.set(key, (this.#toldGuardrails.get(key) ?? 0) + 1);
  }

  #wasTold(key: string): boolean {
    const times = this.#toldGuardrails.get(key) ?? 0;
    this.#toldGuardrails.set(key, times - 1);
    return times > 0;
  }

  /** A call that waited for a person when this run began. */
  interruptedCall(callId: string): ToolCallStart | undefined {
    return this.#interruptedCalls.get(callId);
  }

  get entryAgentName(): string | undefined {
    return asNonEmptyString(this.#agent.name);
  }

  /** The input, once: it belongs to the first agent of the run. */
  takeInput(): readonly Message[] | undefined {
    const input = this.#input;
    this.#input = undefined;
    return input;
  }

  /** The agent by this name, among those that the entry agent can hand off to. */
  agentNamed(name: string): UnknownRecord | undefined {
    return findAgent(this.#agent, name, new Set());
  }

  /** How often the SDK tries a model call of this agent, the first time included, where that was chosen. */
  maxModelAttempts(agentName: string): number | undefined {
    const [ofAgent, ofRunner] = [this.agentNamed(agentName)?.modelSettings, this.#runner.modelSettings].map(
      (settings) => asNumber(asRecord(asRecord(settings)?.retry)?.maxRetries),
    );
    const retries = ofAgent ?? ofRunner;
    return retries === undefined ? undefined : retries + 1;
  }

  /** What is configured of an agent. */
  describeAgent(name: string): AgentDetails | undefined {
    const agent = this.agentNamed(name);
    if (agent === undefined) return undefined;
    const instructions = asNonEmptyString(agent.instructions);
    const model = asNonEmptyString(agent.model);
    const handoffDescription = asNonEmptyString(agent.handoffDescription);
    const { tools, mcpServers } = configuredTools(agent);
    return {
      ...(instructions !== undefined && { instructions }),
      ...(model !== undefined && { model }),
      ...(handoffDescription !== undefined && { handoffDescription }),
      ...(tools !== undefined && { tools }),
      ...(mcpServers.length > 0 && { mcpServers }),
      handoffs: namesOf(asArray(agent.handoffs).map(handoffTarget)),
    };
  }
}

export function withAgentRun(context: Context, run: AgentRun): Context {
  return context.setValue(AGENT_RUN_KEY, run);
}

export function getAgentRun(context: Context): AgentRun | undefined {
  return context.getValue(AGENT_RUN_KEY) as AgentRun | undefined;
}

function findAgent(agent: UnknownRecord, name: string, seen: Set<UnknownRecord>): UnknownRecord | undefined {
  if (agent.name === name) return agent;
  seen.add(agent);
  for (const entry of asArray(agent.handoffs)) {
    const target = handoffTarget(entry);
    const found = target && !seen.has(target) ? findAgent(target, name, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A handoff is declared as the agent itself or as an object that holds it. */
function handoffTarget(entry: unknown): UnknownRecord | undefined {
  const record = asRecord(entry);
  return asRecord(record?.agent) ?? record;
}

/** The run's input items are the Responses API's with names in camel case. */
function runInputMessages(input: unknown): Message[] {
  if (typeof input === 'string') return responsesInputMessages(input);
  return asArray(input).filter(isRecord).map(runInputMessage);
}

function runInputMessage(item: UnknownRecord): Message {
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

/** Parts of a run's input that the API names otherwise. */
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

function assistant(part: MessagePart): Message {
  return { role: 'assistant', parts: [part] };
}
