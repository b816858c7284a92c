import type { PolicyDecision } from '../../chaukas/event.js';
import {
  ATTR_OPENAI_AGENTS_GUARDRAIL_NAME,
  ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED,
} from '../../semconv/attributes.js';
import type { GuardrailResultSignal } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import type { PolicyContent } from './policy-content.js';
import { withoutAbsent } from './without-absent.js';

export function guardrailTriggered(span: SpanSnapshot): boolean {
  return span.attributes[ATTR_OPENAI_AGENTS_GUARDRAIL_TRIGGERED] === true;
}

/** A guardrail that could not decide (it threw) is neither a yes nor a no. */
export function guardrailContent(
  span: SpanSnapshot,
  failed: boolean,
  result: GuardrailResultSignal | undefined,
  includeContent: boolean,
): PolicyContent {
  const triggered = guardrailTriggered(span);
  return {
    policy: withoutAbsent<PolicyDecision>({
      policy_id: textAttribute(span, ATTR_OPENAI_AGENTS_GUARDRAIL_NAME),
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
