import type { EventContent, PolicyDecision } from '../../chaukas/event.js';
import type { JsonObject } from '../../foreign/json.js';
import type { FactOf, PolicyDecisionSignal } from '../../signals/signal.js';
import { withoutAbsent } from './without-absent.js';

/** A `policy`, and in the metadata what it has no field for. */
export type PolicyContent = EventContent & { readonly metadata?: JsonObject };

export function policyContent(signal: FactOf<PolicyDecisionSignal>, includeContent: boolean): PolicyContent {
  const content = includeContent ? signal.content : undefined;
  return {
    policy: withoutAbsent<PolicyDecision>({
      policy_id: signal.policyId,
      outcome: signal.outcome,
      rule_ids: signal.ruleIds && [...signal.ruleIds],
      rationale: signal.rationale,
    }),
    ...((signal.metadata !== undefined || content !== undefined) && {
      metadata: { ...signal.metadata, ...content },
    }),
  };
}
