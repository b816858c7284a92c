/**
 * Decisions on the safety checks with which a provider holds up a computer's action, made by the tool's `onSafetyCheck`.
 *
 * The SDK asks the callback within the call and hands its answer to nothing that can be observed (0.8.5 to 0.20.0). A
 * refusal shows at once, as the SDK looks up the message about it. An acknowledgement shows in the call's output item,
 * which stands in the run's state before the model is called again.
 */
import type { SpanContext } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import type { JsonObject } from '../../json/json.js';
import { ownItems, ownJson, ownValue } from '../../json/own-data.js';
import { asNonEmptyString } from '../../json/readers.js';
import { contentSignalsWanted, publishFact, signalsWanted } from '../../signals/signal-channel.js';
import { callIdOf } from './approvable-calls.js';
import { currentDecider, type PolicyDecisionFact } from './tool-decisions.js';

/** Policy id of the decisions on a provider's safety checks. */
const SAFETY_CHECK_POLICY = 'computer_safety_check';

/** A computer's call with safety checks whose decision is still to come. */
interface CheckedCall {
  readonly callId: string;
  readonly toolName: string | undefined;
  readonly agentName: string | undefined;
  readonly checks: readonly unknown[];
}

/** A call that is over; its acknowledgement is published on the agent's span, with its own time. */
interface DoneCall extends CheckedCall {
  readonly span: SpanContext;
  readonly time: number;
  readonly by: Pick<PolicyDecisionFact, 'author' | 'approver'>;
}

/** The safety checks of one run. */
export class SafetyChecks {
  readonly #contentAllowed: boolean;
  readonly #open = new Map<string, CheckedCall>();
  #done: DoneCall[] = [];

  constructor(contentAllowed: boolean) {
    this.#contentAllowed = contentAllowed;
  }

  /** @param toolCall - the call of any tool that starts. */
  started(toolName: string | undefined, agentName: string | undefined, toolCall: unknown): void {
    const callId = callIdOf(toolCall);
    const data = ownValue(toolCall, 'providerData');
    const checks = ownItems(
      ownValue(data, 'pending_safety_checks') ?? ownValue(data, 'pendingSafetyChecks'),
    ).filter((check) => codeOf(check) !== undefined);
    if (callId === undefined || checks.length === 0) return;
    this.#open.set(callId, { callId, toolName, agentName, checks });
  }

  /**
   * The SDK looks up the message about a call that is refused.
   *
   * @param span - the span of the call.
   * @returns whether its safety checks were refused.
   */
  refused(callId: string, span: SpanContext | undefined): boolean {
    const call = this.#open.get(callId);
    if (call === undefined) return false;
    this.#open.delete(callId);
    if (span !== undefined && signalsWanted()) {
      publishFact(
        { ...this.#fact(call, 'deny', call.checks), ...currentDecider() },
        span,
        this.#contentAllowed,
      );
    }
    return true;
  }

  /** @param span - returns the span of the agent that made the call. */
  ended(callId: string | undefined, span: () => SpanContext | undefined): void {
    const call = callId === undefined ? undefined : this.#open.get(callId);
    if (call === undefined) return;
    this.#open.delete(call.callId);
    const agentSpan = signalsWanted() ? span() : undefined;
    if (agentSpan !== undefined) {
      this.#done.push({ ...call, span: agentSpan, time: clock.now(), by: currentDecider() });
    }
  }

  /** @param state - the run's state, which has the outputs of the calls by now. */
  settle(state: unknown): void {
    if (this.#done.length === 0) return;
    const done = this.#done;
    this.#done = [];
    const items = ownItems(ownValue(state, '_generatedItems'));
    for (const call of done) {
      const output = items.findLast(
        (item) =>
          ownValue(ownValue(item, 'rawItem'), 'type') === 'computer_call_result' &&
          ownValue(ownValue(item, 'rawItem'), 'callId') === call.callId,
      );
      const data = ownValue(ownValue(output, 'rawItem'), 'providerData');
      const acknowledged = ownItems(ownValue(data, 'acknowledgedSafetyChecks'));
      // Without an answer nobody has decided: the SDK goes on, and the provider may refuse.
      if (acknowledged.length === 0) continue;
      const fact = { ...this.#fact(call, 'allow', acknowledged), ...call.by };
      publishFact(fact, call.span, this.#contentAllowed, call.time);
    }
  }

  #fact(call: CheckedCall, outcome: 'allow' | 'deny', decided: readonly unknown[]): PolicyDecisionFact {
    const { callId, toolName, agentName, checks } = call;
    const codes = codesOf(decided);
    const others = codesOf(checks).filter((code) => !codes.includes(code));
    const described = contentSignalsWanted() ? ownJson(checks) : undefined;
    const metadata: JsonObject = {
      ...(toolName !== undefined && { tool_name: toolName }),
      tool_call_id: callId,
      ...(agentName !== undefined && { agent_name: agentName }),
      ...(others.length > 0 && { not_acknowledged: others }),
    };
    return {
      type: 'policy.decision',
      policyId: SAFETY_CHECK_POLICY,
      outcome,
      ruleIds: codes,
      rationale: outcome === 'allow' ? 'safety checks acknowledged' : 'safety checks refused',
      metadata,
      ...(described !== undefined && described !== null && { content: { safety_checks: described } }),
    };
  }
}

function codeOf(check: unknown): string | undefined {
  return asNonEmptyString(ownValue(check, 'code'));
}

function codesOf(checks: readonly unknown[]): string[] {
  return [...new Set(checks.flatMap((check) => codeOf(check) ?? []))];
}
