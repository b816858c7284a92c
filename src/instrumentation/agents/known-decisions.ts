/**
 * Decisions on tool calls that are known: those that this process has recorded, and those that stand in the state of a
 * run.
 *
 * A decision is recorded when it is made. A state that comes back from text has a new `RunContext`, so the memory of what
 * was recorded goes by the SDK's id of the trace, which a state keeps in all texts, and by the id of the call.
 */
import { BoundedMap } from '../../bounded-map.js';
import { isOwnData, ownItems, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { sdkMethod } from '../../json/sdk-members.js';
import { contentSignalsWanted } from '../../signals/signal-channel.js';
import { approvalNames, calledTool, interruptions, type ToolCallStart } from './approvable-calls.js';
import { approvalGiven, type PolicyDecisionFact, TOOL_APPROVAL_POLICY } from './tool-decisions.js';

/** Bound of the decisions that are remembered. A forgotten one may be recorded again when its run is resumed. */
const MAX_KNOWN = 10_000;

/** Bound of the ids that are kept for one run; more than a person decides on between two runs. */
const MAX_CALLS = 1000;

/** Whether the call was approved, by the ids of the trace and the call. */
const byCall = new BoundedMap<string, boolean>(MAX_KNOWN);

/** Ids of the calls that were decided on one by one, by the `RunContext` of the run that asked. */
const byRunContext = new WeakMap<object, Set<unknown>>();

/** @param state - the `RunState` that the decision was made on; `undefined` if only the `RunContext` is known. */
export function rememberDecision(
  state: unknown,
  runContext: unknown,
  callId: unknown,
  approved: boolean,
): void {
  if (typeof callId !== 'string') return;
  byCall.set(keyOf(state, callId), approved);
  const key = asRecord(runContext);
  if (key === undefined) return;
  const calls = byRunContext.get(key) ?? new Set();
  if (calls.size < MAX_CALLS) calls.add(callId);
  byRunContext.set(key, calls);
}

/**
 * Whether this very call was decided on, and not only all calls of its tool.
 *
 * @param state - the state with which the run began, if it began with one.
 */
export function wasDecided(state: unknown, runContext: unknown, callId: string): boolean {
  const key = asRecord(runContext);
  if (key !== undefined && byRunContext.get(key)?.has(callId)) return true;
  return asRecord(state) !== undefined && byCall.get(keyOf(state, callId)) !== undefined;
}

function keyOf(state: unknown, callId: string): string {
  return `${asNonEmptyString(ownValue(ownValue(state, '_trace'), 'traceId')) ?? ''} ${callId}`;
}

/**
 * Returns the decisions that stand in a state and were not made in this process, to the first caller only. When they were
 * made, and by whom, is not known.
 *
 * @param state - the `RunState` of a run that is resumed, or any other input of a run.
 */
export function takeDecisionsMadeElsewhere(state: unknown): readonly PolicyDecisionFact[] {
  const items = interruptions(state);
  if (items.length === 0) return [];
  const runContext = ownValue(state, '_context');
  const approvals = approvalsOf(runContext);
  return items.flatMap((item) => {
    const call = calledTool(item);
    const decision = call?.id === undefined ? undefined : decisionOn(approvals, call.names, call.id);
    if (call?.id === undefined || decision === undefined) return [];
    if (byCall.get(keyOf(state, call.id)) === decision.approved) return [];
    rememberDecision(state, runContext, call.id, decision.approved);
    const fact = approvalGiven(item, decision);
    return fact === undefined
      ? []
      : [{ ...withoutPerson(fact), metadata: { ...fact.metadata, made_elsewhere: true } }];
  });
}

/** A run may be resumed by another person than the one who decided. */
function withoutPerson({ author: _author, approver: _approver, ...fact }: PolicyDecisionFact) {
  return fact;
}

interface StandingDecision {
  readonly approved: boolean;
  /** Whether it was given for all calls of the tool. */
  readonly always: boolean;
  /** The message that the model gets about a rejection. */
  readonly message: string | undefined;
}

/** Returns the decisions by the name of the tool; the `toJSON()` of a `RunContext` is public (0.3.9 to 0.20.0). */
function approvalsOf(runContext: unknown): unknown {
  // It reads these two, which the application may have replaced by getters.
  const isPlain = ['context', 'usage'].every((name) => isOwnData(runContext, name));
  return isPlain ? ownValue(sdkMethod(runContext, 'toJSON')?.(), 'approvals') : undefined;
}

/** @param names - the names by which the SDK may know the tool; the first one that says something counts. */
function decisionOn(
  approvals: unknown,
  names: readonly string[],
  callId: string,
): StandingDecision | undefined {
  const entries = names.map((name) => ownValue(approvals, name));
  for (const entry of entries) {
    const message = asNonEmptyString(ownValue(ownValue(entry, 'messages'), callId));
    if (ownItems(ownValue(entry, 'approved')).includes(callId)) {
      return { approved: true, always: false, message: undefined };
    }
    if (ownItems(ownValue(entry, 'rejected')).includes(callId)) {
      return { approved: false, always: false, message };
    }
  }
  return standingAnswer(entries);
}

/** Reads an answer in advance ("always approve", "always reject"): the SDK applies it without asking a person. */
function standingAnswer(entries: readonly unknown[]): StandingDecision | undefined {
  for (const entry of entries) {
    // If both are set, the SDK approves.
    if (ownValue(entry, 'approved') === true) return { approved: true, always: true, message: undefined };
    if (ownValue(entry, 'rejected') === true) {
      const message = asNonEmptyString(ownValue(entry, 'stickyRejectMessage'));
      return { approved: false, always: true, message };
    }
  }
  return undefined;
}

/**
 * Returns the decision that a standing answer makes about a call; `undefined` if the tool has no standing answer.
 *
 * @param agentName - the agent that calls the tool.
 */
export function standingDecision(
  runContext: unknown,
  toolName: string,
  call: ToolCallStart,
  agentName: string | undefined,
): PolicyDecisionFact | undefined {
  const approvals = approvalsOf(runContext);
  const answer = standingAnswer(approvalNames(toolName).map((name) => ownValue(approvals, name)));
  if (answer === undefined) return undefined;
  const { approved, message } = answer;
  const { callId } = call;
  const args = contentSignalsWanted() ? call.arguments : undefined;
  return {
    type: 'policy.decision',
    policyId: TOOL_APPROVAL_POLICY,
    outcome: approved ? 'allow' : 'deny',
    ruleIds: [`${approved ? 'alwaysApprove' : 'alwaysReject'}:${toolName}`],
    rationale: `${toolName} ${approved ? 'approved' : 'rejected'} beforehand, for all calls of it`,
    metadata: {
      tool_name: toolName,
      ...(callId !== undefined && { tool_call_id: callId }),
      ...(agentName !== undefined && { agent_name: agentName }),
    },
    ...((args !== undefined || message !== undefined) && {
      content: {
        ...(args !== undefined && { arguments: args }),
        ...(message !== undefined && { message }),
      },
    }),
  };
}
