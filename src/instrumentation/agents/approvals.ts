import { context, trace } from '@opentelemetry/api';
import { asFunction, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { getRunSettings } from '../../spans/run-settings.js';
import type { Telemetry } from '../../spans/telemetry.js';
import type { Method, MethodPatches } from '../patching/method-patches.js';
import { approvalGiven, type PolicyDecisionFact, TOOL_APPROVAL_POLICY } from './tool-decisions.js';
import type { ToolCallStart } from './tool-step.js';

/** A decision, and when it was made: often between two runs, of which the second will tell it. */
export interface PendingDecision {
  readonly fact: PolicyDecisionFact;
  readonly time: number;
}

/** More than a person answers between two runs. */
const MAX_PENDING = 1000;

/** By the context of the run that waits. */
const pending = new WeakMap<object, PendingDecision[]>();

/** Ids of the calls that have been decided on one by one, by the same. */
const decided = new WeakMap<object, Set<unknown>>();

/** Whether this very call was decided on, and not only all calls of its tool. */
export function wasDecided(runContext: unknown, callId: string): boolean {
  const key = asRecord(runContext);
  return key !== undefined && decided.get(key)?.has(callId) === true;
}

/** What was decided since the run in this state was interrupted. */
export function takePendingDecisions(state: unknown): readonly PendingDecision[] {
  const runContext = asRecord(asRecord(state)?._context);
  if (runContext === undefined) return [];
  const decisions = pending.get(runContext) ?? [];
  pending.delete(runContext);
  return decisions;
}

/**
 * The one place that all answers to a tool call's approval go through: `state.approve()` and `reject()`, and the
 * `onApproval` of hosted tools.
 *
 * @param isRunning - whether a run goes on around here, whose span then tells the decision.
 * @returns whether the class is there.
 */
export function hookApprovals(
  agents: UnknownRecord,
  patches: MethodPatches,
  telemetry: Telemetry,
  isRunning: () => boolean,
): boolean {
  const prototype: unknown = asFunction(agents.RunContext)?.prototype;
  if (typeof prototype !== 'object' || prototype === null) return false;
  const wrap = (approved: boolean) => (answer: Method) =>
    function (this: unknown, ...args: unknown[]) {
      const result = answer.apply(this, args);
      telemetry.guard.run('Reading an approval', () => {
        if (!signalsWanted()) return;
        const [item, options] = args;
        const given = asRecord(options);
        const fact = approvalGiven(item, {
          approved,
          always: given?.[approved ? 'alwaysApprove' : 'alwaysReject'] === true,
          message: asNonEmptyString(given?.message),
        });
        if (fact === undefined) return;
        remember(this, fact.metadata?.tool_call_id);
        tell(this, fact, isRunning());
      });
      return result;
    };
  const outcomes = [
    patches.apply(prototype, 'approveTool', wrap(true)),
    patches.apply(prototype, 'rejectTool', wrap(false)),
  ];
  return !outcomes.includes('missing');
}

function remember(runContext: unknown, callId: unknown): void {
  const key = asRecord(runContext);
  if (key === undefined) return;
  const calls = decided.get(key) ?? new Set();
  if (calls.size < MAX_PENDING) calls.add(callId);
  decided.set(key, calls);
}

function tell(runContext: unknown, fact: PolicyDecisionFact, running: boolean): void {
  const time = Date.now();
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

/**
 * Calls of tools that a person has decided on beforehand ("always approve", "always reject"): the SDK lets them through,
 * or refuses them, and asks nobody.
 */

interface StandingAnswer {
  readonly approved: boolean;
  /** What the model is told of a refusal. */
  readonly message: string | undefined;
}

/** @param runContext - the SDK's `RunContext`, of which `toJSON()` is public (0.3.9 to 0.20.0). */
function standingAnswer(runContext: unknown, toolName: string): StandingAnswer | undefined {
  const record = asRecord(runContext);
  const approvals = asRecord(asRecord(asFunction(record?.toJSON)?.call(record))?.approvals);
  const entry = asRecord(approvals?.[toolName]);
  // Where both stand, the SDK approves.
  if (entry?.approved === true) return { approved: true, message: undefined };
  return entry?.rejected === true
    ? { approved: false, message: asNonEmptyString(entry.stickyRejectMessage) }
    : undefined;
}

/** @param agentName - who calls the tool. */
export function standingDecision(
  runContext: unknown,
  toolName: string,
  { callId, arguments: args }: ToolCallStart,
  agentName: string | undefined,
): PolicyDecisionFact | undefined {
  const answer = standingAnswer(runContext, toolName);
  if (answer === undefined) return undefined;
  const { approved, message } = answer;
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
