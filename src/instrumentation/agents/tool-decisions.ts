/** Decisions of a run that no span of the SDK shows whole: those of its guardrails, and approvals of tool calls. */
import { context } from '@opentelemetry/api';
import type { JsonObject } from '../../json/json.js';
import { ownItems, ownJson, ownValue, parseOwnJson } from '../../json/own-data.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import type { GuardrailResultSignal, PolicyDecisionSignal } from '../../signals/signal.js';
import { contentSignalsWanted, signalsWanted } from '../../signals/signal-channel.js';
import { getApprover } from '../../spans/approver.js';
import { agentName } from './agent-description.js';
import { argumentsOf, calledTool } from './approvable-calls.js';

export type PolicyDecisionFact = Omit<PolicyDecisionSignal, 'span' | 'time'>;

/** Policy id of a person's decisions on tool calls. */
export const TOOL_APPROVAL_POLICY = 'tool_approval';

/** A person's answer, in the words of the SDK's own options. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  /** Whether the answer applies to all further calls of the tool as well. */
  readonly always: boolean;
  /** The message that the model gets about a rejection. */
  readonly message?: string | undefined;
}

/** @param item - a tool call that waits for an answer (`RunToolApprovalItem`). */
export function approvalRequested(item: unknown): PolicyDecisionFact | undefined {
  const call = readToolCall(item, contentSignalsWanted());
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

/** A decision is that of a person if the application says so, with `withApprover()` around the answer. */
export function approvalGiven(item: unknown, answer: ApprovalAnswer): PolicyDecisionFact | undefined {
  // A process that resumes a run may have no span before the answer, and so no known demand for content.
  const call = readToolCall(item, signalsWanted());
  const verb = answer.approved ? 'approved' : 'rejected';
  return (
    call && {
      type: 'policy.decision',
      policyId: TOOL_APPROVAL_POLICY,
      outcome: answer.approved ? 'allow' : 'deny',
      rationale: `${call.name} ${verb}${answer.always ? ', and all further calls of it' : ''}`,
      ...currentDecider(),
      metadata: { ...call.metadata, always: answer.always },
      ...((call.content !== undefined || answer.message !== undefined) && {
        content: { ...call.content, ...(answer.message !== undefined && { message: answer.message }) },
      }),
    }
  );
}

/**
 * Returns the decisions of a run's tool guardrails that have not been reported yet.
 *
 * @param state - the `RunState` of the run, which collects the results of its tools' guardrails.
 * @param known - numbers of results when the run began; the state of a resumed run holds those of the earlier run.
 * @param isReported - whether a decision was reported when it was made; called once per decision.
 */
export function toolGuardrailDecisions(
  state: unknown,
  known: ToolGuardrailCounts,
  isReported: (key: string) => boolean,
): PolicyDecisionFact[] {
  const { input, output } = toolGuardrailResults(state);
  const decisions = [
    ...input.slice(known.input).map((result) => toolGuardrailDecision(result, 'tool_input')),
    ...output.slice(known.output).map((result) => toolGuardrailDecision(result, 'tool_output')),
  ];
  return decisions.flatMap((decision) =>
    decision === undefined || isReported(decision.key) ? [] : [decision.fact],
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
  return {
    input: ownItems(ownValue(state, '_toolInputGuardrailResults')),
    output: ownItems(ownValue(state, '_toolOutputGuardrailResults')),
  };
}

export type ToolGuardrailSource = 'tool_input' | 'tool_output';

export interface ToolGuardrailDecision {
  /** Name of the guardrail. */
  readonly name: string;
  /** The consequence of the decision, in the SDK's words. */
  readonly behavior: string;
  /** Equal for decisions that cannot be distinguished. */
  readonly key: string;
  readonly fact: PolicyDecisionFact;
}

/**
 * Reads one decision of a tool guardrail; `undefined` if it cannot be read without running code of the application.
 *
 * @param value - the guardrail and its output, as the SDK collects them.
 * @param toolCall - the call that was decided on; the SDK does not keep it with the result.
 */
export function toolGuardrailDecision(
  value: unknown,
  source: ToolGuardrailSource,
  toolCall?: UnknownRecord,
): ToolGuardrailDecision | undefined {
  const name = asNonEmptyString(ownValue(ownValue(value, 'guardrail'), 'name'));
  const output = ownValue(value, 'output');
  const reaction = ownValue(output, 'behavior');
  // The answer is the application's object: only the SDK runs its getters.
  const behavior = reaction === undefined ? 'allow' : asNonEmptyString(ownValue(reaction, 'type'));
  if (name === undefined || behavior === undefined) return undefined;
  const message = asNonEmptyString(ownValue(reaction, 'message'));
  const info = contentSignalsWanted() ? ownJson(ownValue(output, 'outputInfo')) : undefined;
  const content: JsonObject = {
    ...(message !== undefined && { message }),
    ...(info !== undefined && info !== null && { output_info: info }),
  };
  const toolName = asNonEmptyString(ownValue(toolCall, 'name'));
  const callId = asNonEmptyString(ownValue(toolCall, 'callId'));
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

function readToolCall(item: unknown, contentWanted: boolean): ReadToolCall | undefined {
  const call = calledTool(item);
  if (call === undefined) return undefined;
  const { name, id } = call;
  const raw = ownValue(item, 'rawItem');
  const hosted = ownValue(raw, 'providerData');
  const isHosted = ownValue(hosted, 'type') === 'mcp_approval_request';
  const server = isHosted ? asNonEmptyString(ownValue(hosted, 'server_label')) : undefined;
  const agent = agentName(ownValue(item, 'agent'));
  const args = contentWanted ? parseOwnJson(argumentsOf(raw)) : undefined;
  return {
    name,
    metadata: {
      tool_name: name,
      ...(id !== undefined && { tool_call_id: id }),
      ...(isHosted && id !== undefined && { approval_request_id: id }),
      ...(server !== undefined && { mcp_server: server }),
      ...(agent !== undefined && { agent_name: agent }),
    },
    content: args === undefined ? undefined : { arguments: args },
  };
}

/**
 * Returns the result of an agent's guardrail. The SDK's own objects hold the answer of the application, of which only
 * data properties are read.
 *
 * @param contentWanted - whether the information in the answer is recorded.
 */
export function guardrailResult(
  value: unknown,
  contentWanted: boolean,
): Omit<GuardrailResultSignal, 'span' | 'time'> | undefined {
  // Later versions return the result together with its verdict.
  const result = ownValue(value, 'result') ?? value;
  const side = ownValue(ownValue(result, 'guardrail'), 'type');
  if (side !== 'input' && side !== 'output') return undefined;
  const info = contentWanted ? ownJson(ownValue(ownValue(result, 'output'), 'outputInfo')) : undefined;
  return {
    type: 'guardrail.result',
    side,
    ...(info !== undefined && info !== null && { outputInfo: info }),
  };
}

/** Returns the person who decides in the current code; nothing if the application has named none. */
export function currentDecider(): Pick<PolicyDecisionFact, 'author' | 'approver'> {
  const approver = getApprover(context.active());
  return approver === undefined ? {} : { author: 'user', approver };
}
