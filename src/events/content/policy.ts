import type { EventContent, PolicyDecision } from '../../chaukas/event.js';
import type { JsonObject } from '../../json/json.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { FactOf, GuardrailResultSignal, PolicyDecisionSignal } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

/** A `policy`. The metadata holds what it has no field for. */
type PolicyContent = EventContent & { readonly metadata?: JsonObject };

export function policyContent(signal: FactOf<PolicyDecisionSignal>, includeContent: boolean): PolicyContent {
  const content = includeContent ? signal.content : undefined;
  return {
    policy: withoutAbsent<PolicyDecision>({
      policy_id: signal.policyId,
      outcome: signal.outcome,
      rule_ids: signal.ruleIds && [...signal.ruleIds],
      rationale: signal.rationale,
    }),
    ...((signal.metadata !== undefined || content !== undefined || signal.approver !== undefined) && {
      metadata: {
        ...signal.metadata,
        ...content,
        ...(signal.approver !== undefined && { approver: { ...signal.approver } }),
      },
    }),
  };
}

export function guardrailTriggered(span: SpanSnapshot): boolean {
  return span.attributes[semconv.ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED] === true;
}

/** A guardrail that threw has made no decision, so its outcome is `review`. */
export function guardrailContent(
  span: SpanSnapshot,
  failed: boolean,
  result: GuardrailResultSignal | undefined,
  includeContent: boolean,
): PolicyContent {
  const triggered = guardrailTriggered(span);
  return {
    policy: withoutAbsent<PolicyDecision>({
      policy_id: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_GUARDRAIL_NAME),
      outcome: triggered ? 'deny' : failed ? 'review' : 'allow',
      rationale: triggered
        ? 'guardrail tripwire triggered'
        : failed
          ? 'guardrail failed'
          : 'guardrail passed',
      rule_ids: result && [result.side],
    }),
    ...(includeContent &&
      result?.outputInfo !== undefined && { metadata: { output_info: result.outputInfo } }),
  };
}
