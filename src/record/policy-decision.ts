import { OBJECT, oneOf, TEXT, TEXTS } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import { type FactKind, recordFact } from './record-fact.js';

/** Options of {@link recordPolicyDecision}. */
export interface PolicyDecisionOptions {
  /** Which policy decided: `refund-limit`. `policy.policy_id` of the event. */
  policyId: string;
  /** `review` where a person has to decide. `policy.outcome` of the event; `deny` makes it a warning. */
  outcome: 'allow' | 'deny' | 'review';
  /** The policy's rules that led to it. `policy.rule_ids` of the event. */
  ruleIds?: readonly string[];
  /** Why, for people. `policy.rationale` of the event; not on the span. */
  rationale?: string;
  /** What else there is to know, without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * What was decided on. In the `metadata` of the event where message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const POLICY_DECISION: FactKind<PolicyDecisionOptions> = {
  caller: 'recordPolicyDecision',
  rules: {
    policyId: { ...TEXT, required: true },
    outcome: { ...oneOf(['allow', 'deny', 'review']), required: true },
    ruleIds: TEXTS,
    rationale: TEXT,
    metadata: OBJECT,
    content: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_POLICY_DECISION,
  spanEventAttributes: ({ policyId, outcome, ruleIds }) => ({
    [semconv.ATTR_OPENAI_AGENTS_POLICY_ID]: policyId,
    [semconv.ATTR_OPENAI_AGENTS_POLICY_OUTCOME]: outcome,
    [semconv.ATTR_OPENAI_AGENTS_POLICY_RULE_IDS]: ruleIds && [...ruleIds],
  }),
  fact: (options) => ({ type: 'policy.decision', ...options }),
};

/**
 * Records that something of the application decided what may be done or said: a limit, a permission, a filter, a
 * person. Guardrails and approvals of the Agents SDK and moderations are recorded without it.
 *
 * It becomes an event of the span that is active, and an audit event POLICY_DECISION (chaukas-spec,
 * `PolicyDecision`) in the session and under the agent or tool around it. Outside of any span it is a session of its
 * own; where nothing records, it is nothing.
 *
 * ```ts
 * recordPolicyDecision({ policyId: 'refund-limit', outcome: amount > 100 ? 'review' : 'allow', ruleIds: ['r-7'] });
 * ```
 *
 * Never throws. A required option that is missing or wrong records nothing, any other is left out; `diag` is warned of
 * each, once.
 */
export function recordPolicyDecision(options: PolicyDecisionOptions): void {
  recordFact(POLICY_DECISION, options);
}
