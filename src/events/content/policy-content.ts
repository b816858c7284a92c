import type { EventContent, PolicyDecision } from '../../chaukas/event.js';
import type { PolicyDecisionSignal } from '../../signals/signal.js';
import { withoutAbsent } from './without-absent.js';

export function policyContent(signal: PolicyDecisionSignal): EventContent {
  return {
    policy: withoutAbsent<PolicyDecision>({
      policy_id: signal.policyId,
      outcome: signal.outcome,
      rule_ids: signal.ruleIds && [...signal.ruleIds],
      rationale: signal.rationale,
    }),
  };
}
