/** Decisions of a run that the SDK has no span for: its tools' guardrails, and the approval of tool calls. */
import { type JsonObject, parseJson, toJsonValue } from '../../foreign/json.js';
import { asArray, asRecord, asText, type ForeignRecord, isRecord } from '../../foreign/read.js';
import type { PolicyDecisionSignal } from '../../signals/signal.js';

export type PolicyDecisionFact = Omit<PolicyDecisionSignal, 'span' | 'time'>;

const APPROVAL = 'tool_approval';

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
      policyId: APPROVAL,
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
      policyId: APPROVAL,
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
 */
export function toolGuardrailDecisions(state: unknown, known: ToolGuardrailCounts): PolicyDecisionFact[] {
  const { input, output } = toolGuardrailResults(state);
  return [
    ...input.slice(known.input).flatMap((result) => toolGuardrailDecision(result, 'tool_input')),
    ...output.slice(known.output).flatMap((result) => toolGuardrailDecision(result, 'tool_output')),
  ];
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

function toolGuardrailDecision(value: unknown, source: string): PolicyDecisionFact[] {
  const result = asRecord(value);
  const name = asText(asRecord(result?.guardrail)?.name);
  if (name === undefined) return [];
  const output = asRecord(result?.output);
  const behavior = asRecord(output?.behavior);
  const kind = asText(behavior?.type) ?? 'allow';
  const message = asText(behavior?.message);
  const info = output?.outputInfo;
  const content: JsonObject = {
    ...(message !== undefined && { message }),
    ...(info !== undefined && info !== null && { output_info: toJsonValue(info) }),
  };
  return [
    {
      type: 'policy.decision',
      policyId: name,
      outcome: kind === 'allow' ? 'allow' : 'deny',
      ruleIds: [source],
      rationale: RATIONALE.get(kind) ?? kind,
      ...(Object.keys(content).length > 0 && { content }),
    },
  ];
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
  const raw: ForeignRecord = item.rawItem;
  const name = asText(item.toolName) ?? asText(raw.name);
  if (name === undefined) return undefined;
  const id = asText(raw.callId) ?? asText(raw.id);
  const agent = asText(asRecord(item.agent)?.name);
  // A hosted MCP call's own request is kept by the SDK as the provider gave it.
  const given = raw.arguments ?? asRecord(raw.providerData)?.arguments;
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
