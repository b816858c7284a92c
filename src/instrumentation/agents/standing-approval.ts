/**
 * Calls of tools that a person has decided on beforehand ("always approve", "always reject"): the SDK lets them through,
 * or refuses them, and asks nobody.
 */
import { asFunction, asRecord, asText } from '../../foreign/read.js';
import type { PolicyDecisionFact } from './policy-decision.js';
import { TOOL_APPROVAL_POLICY } from './policy-decision.js';
import type { ToolCallStart } from './tool-call-start.js';

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
    ? { approved: false, message: asText(entry.stickyRejectMessage) }
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
