/** Decisions of a run that the SDK has no span for: its tools' guardrails, and the approval of tool calls. */
import { type JsonObject, parseJson, toJsonValue } from '../../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { PolicyDecisionSignal } from '../../signals/signal.js';

export type PolicyDecisionFact = Omit<PolicyDecisionSignal, 'span' | 'time'>;

/** Policy of what a person decides of a tool's call. */
export const TOOL_APPROVAL_POLICY = 'tool_approval';

/** What a person may answer, in the words of the SDK's own options. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  /** For all further calls of the tool, too. */
  readonly always: boolean;
  /** What the model is told of a refusal. */
  readonly message?: string | undefined;
}

/** @param item - a tool call that waits for an answer (`RunToolApprovalItem`). */
export function approvalRequested(item: unknown): PolicyDecisionFact | undefined {
  const call = readToolCall(item);
  return (
    call && {
      type: 'policy.decision',
      policyId: TOOL_APPROVAL_POLICY,
      outcome: 'review',
      rationale: `approval requested for ${call.name}`,
      metadata: call.metadata,
      ...(call.content !== undefined && { content: call.content }),
    }
  );
}

export function approvalGiven(item: unknown, answer: ApprovalAnswer): PolicyDecisionFact | undefined {
  const call = readToolCall(item);
  const verb = answer.approved ? 'approved' : 'rejected';
  return (
    call && {
      type: 'policy.decision',
      policyId: TOOL_APPROVAL_POLICY,
      outcome: answer.approved ? 'allow' : 'deny',
      rationale: `${call.name} ${verb}${answer.always ? ', and all further calls of it' : ''}`,
      metadata: { ...call.metadata, always: answer.always },
      ...((call.content !== undefined || answer.message !== undefined) && {
        content: { ...call.content, ...(answer.message !== undefined && { message: answer.message }) },
      }),
    }
  );
}

/**
 * @param state - the `RunState` of a run, which collects what its tools' guardrails said.
 * @param known - how many of each had been collected when the run began: a resumed run has those of the earlier one.
 * @param isTold - whether a decision has been told when it was made; asked once for each.
 */
export function toolGuardrailDecisions(
  state: unknown,
  known: ToolGuardrailCounts,
  isTold: (key: string) => boolean,
): PolicyDecisionFact[] {
  const { input, output } = toolGuardrailResults(state);
  const decisions = [
    ...input.slice(known.input).map((result) => toolGuardrailDecision(result, 'tool_input')),
    ...output.slice(known.output).map((result) => toolGuardrailDecision(result, 'tool_output')),
  ];
  return decisions.flatMap((decision) =>
    decision === undefined || isTold(decision.key) ? [] : [decision.fact],
  );
}

export interface ToolGuardrailCounts {
  readonly input: number;
  readonly output: number;
}

export function countToolGuardrails(state: unknown): ToolGuardrailCounts {
  const { input, output } = toolGuardrailResults(state);
  return { input: input.length, output: output.length };
}

function toolGuardrailResults(state: unknown): { input: readonly unknown[]; output: readonly unknown[] } {
  const record = asRecord(state);
  return {
    input: asArray(record?._toolInputGuardrailResults),
    output: asArray(record?._toolOutputGuardrailResults),
  };
}

export type ToolGuardrailSource = 'tool_input' | 'tool_output';

export interface ToolGuardrailDecision {
  /** The guardrail's. */
  readonly name: string;
  /** What is to be done, in the SDK's words. */
  readonly behavior: string;
  /** The same for decisions that cannot be told apart. */
  readonly key: string;
  readonly fact: PolicyDecisionFact;
}

/**
 * @param value - a guardrail's name and what it said, as the SDK collects them.
 * @param toolCall - what was decided on; the SDK does not keep it with the result.
 */
export function toolGuardrailDecision(
  value: unknown,
  source: ToolGuardrailSource,
  toolCall?: UnknownRecord,
): ToolGuardrailDecision | undefined {
  const result = asRecord(value);
  const name = asNonEmptyString(asRecord(result?.guardrail)?.name);
  if (name === undefined) return undefined;
  const output = asRecord(result?.output);
  const given = asRecord(output?.behavior);
  const behavior = asNonEmptyString(given?.type) ?? 'allow';
  const message = asNonEmptyString(given?.message);
  const info = output?.outputInfo;
  const content: JsonObject = {
    ...(message !== undefined && { message }),
    ...(info !== undefined && info !== null && { output_info: toJsonValue(info) }),
  };
  const toolName = asNonEmptyString(toolCall?.name);
  const callId = asNonEmptyString(toolCall?.callId);
  const metadata: JsonObject = {
    ...(toolName !== undefined && { tool_name: toolName }),
    ...(callId !== undefined && { tool_call_id: callId }),
  };
  return {
    name,
    behavior,
    key: `${source} ${behavior} ${name}`,
    fact: {
      type: 'policy.decision',
      policyId: name,
      outcome: behavior === 'allow' ? 'allow' : 'deny',
      ruleIds: [source],
      rationale: RATIONALE.get(behavior) ?? behavior,
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(Object.keys(content).length > 0 && { content }),
    },
  };
}

const RATIONALE: ReadonlyMap<string, string> = new Map([
  ['allow', 'guardrail passed'],
  ['rejectContent', 'guardrail rejected the content'],
  ['throwException', 'guardrail tripwire triggered'],
]);

interface ReadToolCall {
  readonly name: string;
  readonly metadata: JsonObject;
  readonly content: JsonObject | undefined;
}

function readToolCall(item: unknown): ReadToolCall | undefined {
  if (!isRecord(item) || !isRecord(item.rawItem)) return undefined;
  const raw: UnknownRecord = item.rawItem;
  const name = asNonEmptyString(item.toolName) ?? asNonEmptyString(raw.name);
  if (name === undefined) return undefined;
  const id = asNonEmptyString(raw.callId) ?? asNonEmptyString(raw.id);
  const agent = asNonEmptyString(asRecord(item.agent)?.name);
  // A hosted MCP call's own request is kept by the SDK as the provider gave it; a shell and a patch have no arguments.
  const given = raw.arguments ?? raw.action ?? raw.operation ?? asRecord(raw.providerData)?.arguments;
  return {
    name,
    metadata: {
      tool_name: name,
      ...(id !== undefined && { tool_call_id: id }),
      ...(agent !== undefined && { agent_name: agent }),
    },
    content: given === undefined ? undefined : { arguments: parseJson(given) },
  };
}
