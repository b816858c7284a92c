/** Approvals of tool calls: answers of a person to one call, and answers in advance for all calls of a tool. */

import { context, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { isOwnData, ownValue } from '../../json/own-data.js';
import { asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { sdkMethod, trustMembers } from '../../json/sdk-members.js';
import { contentSignalsWanted, publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { approvalGiven, type PolicyDecisionFact, TOOL_APPROVAL_POLICY } from './tool-decisions.js';
import type { ToolCallStart } from './tool-step.js';

/** A decision and its time. It is often made between two runs; the second one publishes it. */
export interface PendingDecision {
  readonly fact: PolicyDecisionFact;
  readonly time: number;
}

/** Bound of the answers that are kept for one run; more than a person gives between two runs. */
const MAX_PENDING = 1000;

/** Unpublished decisions by the `RunContext` of the run that waits. */
const pending = new WeakMap<object, PendingDecision[]>();

/** Ids of the calls that were decided on one by one, by the same key. */
const decided = new WeakMap<object, Set<unknown>>();

/** Whether a person decided on this very call, and not only on all calls of its tool. */
export function wasDecided(runContext: unknown, callId: string): boolean {
  const key = asRecord(runContext);
  return key !== undefined && decided.get(key)?.has(callId) === true;
}

/** Returns the decisions made since the run in this state was interrupted, to the first caller only. */
export function takePendingDecisions(state: unknown): readonly PendingDecision[] {
  const runContext = asRecord(ownValue(state, '_context'));
  if (runContext === undefined) return [];
  const decisions = pending.get(runContext) ?? [];
  pending.delete(runContext);
  return decisions;
}

/**
 * Hooks the one place that all answers to a tool call's approval pass: `state.approve()` and `reject()`, and the
 * `onApproval` of hosted tools.
 *
 * @param isRunning - whether a run is active here, so that the decision belongs to its current span.
 * @param onAnswer - called before an answer is published that is given while a run is active.
 * @returns whether the class exists.
 */
export function hookApprovals(
  agents: UnknownRecord,
  patches: MethodPatches,
  telemetry: Telemetry,
  isRunning: () => boolean,
  onAnswer: (item: unknown, runContext: unknown) => void,
): boolean {
  const prototype: unknown = asFunction(agents.RunContext)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  trustMembers(prototype);
  const wrap = (approved: boolean) => (answer: Method) =>
    function (this: unknown, ...args: unknown[]) {
      const result = answer.apply(this, args);
      telemetry.guard.run('Reading an approval', () => {
        if (signalsWanted()) readAnswer(this, approved, args, isRunning, onAnswer);
      });
      return result;
    };
  const outcomes = [
    patches.apply(prototype, 'approveTool', wrap(true)),
    patches.apply(prototype, 'rejectTool', wrap(false)),
  ];
  return !outcomes.includes('missing');
}

function readAnswer(
  runContext: unknown,
  approved: boolean,
  [item, options]: readonly unknown[],
  isRunning: () => boolean,
  onAnswer: (item: unknown, runContext: unknown) => void,
): void {
  const fact = approvalGiven(item, {
    approved,
    always: ownValue(options, approved ? 'alwaysApprove' : 'alwaysReject') === true,
    message: asNonEmptyString(ownValue(options, 'message')),
  });
  if (fact === undefined) return;
  const running = isRunning();
  if (running) onAnswer(item, runContext);
  rememberCall(runContext, fact.metadata?.tool_call_id);
  publishOrKeep(runContext, fact, running);
}

function rememberCall(runContext: unknown, callId: unknown): void {
  const key = asRecord(runContext);
  if (key === undefined) return;
  const calls = decided.get(key) ?? new Set();
  if (calls.size < MAX_PENDING) calls.add(callId);
  decided.set(key, calls);
}

function publishOrKeep(runContext: unknown, fact: PolicyDecisionFact, running: boolean): void {
  const time = clock.now();
  const active = context.active();
  const span = running ? trace.getSpan(active)?.spanContext() : undefined;
  if (span !== undefined) {
    publishFact(fact, span, getRunSettings(active)?.contentAllowed !== false, time);
    return;
  }
  const key = asRecord(runContext);
  if (key === undefined) return;
  const decisions = pending.get(key) ?? [];
  if (decisions.length < MAX_PENDING) decisions.push({ fact, time });
  pending.set(key, decisions);
}

/** An answer in advance ("always approve", "always reject"): the SDK applies it without asking a person. */
interface StandingAnswer {
  readonly approved: boolean;
  /** The message that the model gets about a rejection. */
  readonly message: string | undefined;
}

/** @param runContext - the SDK's `RunContext`, whose `toJSON()` is public and reads its `context` (0.3.9 to 0.20.0). */
function standingAnswer(runContext: unknown, toolName: string): StandingAnswer | undefined {
  const isPlain = ['context', 'usage'].every((name) => isOwnData(runContext, name));
  const json = isPlain ? sdkMethod(runContext, 'toJSON')?.() : undefined;
  const entry = ownValue(ownValue(json, 'approvals'), toolName);
  // If both are set, the SDK approves.
  if (ownValue(entry, 'approved') === true) return { approved: true, message: undefined };
  return ownValue(entry, 'rejected') === true
    ? { approved: false, message: asNonEmptyString(ownValue(entry, 'stickyRejectMessage')) }
    : undefined;
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
  const answer = standingAnswer(runContext, toolName);
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
