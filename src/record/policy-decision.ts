import { context } from '@opentelemetry/api';
import { OBJECT, oneOf, required, TEXT, TEXTS } from '../options/option-rules.js';
import * as semconv from '../semconv/attributes.js';
import type { Approver, PolicyDecisionSignal } from '../signals/signal.js';
import { getApprover } from '../spans/approver.js';
import { type FactKind, recordFact } from './record-fact.js';
import { APPROVER } from './with-approver.js';

/** Options of {@link recordPolicyDecision}. */
export interface PolicyDecisionOptions {
  /** The policy that decided: `refund-limit`. `policy.policy_id` of the event. */
  policyId: string;
  /** `review` if a person has to decide. `policy.outcome` of the event. `deny` gives the event the severity `warn`. */
  outcome: 'allow' | 'deny' | 'review';
  /** The policy's rules that led to the decision. `policy.rule_ids` of the event. */
  ruleIds?: readonly string[];
  /** The reason, for people. `policy.rationale` of the event; not on the span. */
  rationale?: string;
  /**
   * The person who decided; the person of the surrounding {@link withApprover} if absent. `metadata.approver` of the
   * event; not on the span.
   */
  approver?: Approver;
  /**
   * Whether a person or the system decided. `author` of the event. A decision of the system names no person, also within
   * {@link withApprover}.
   *
   * @defaultValue 'user' if a person is named, otherwise 'system'
   */
  author?: 'user' | 'system';
  /** More facts without content. `metadata` of the event; not on the span. */
  metadata?: object;
  /**
   * The subject of the decision. In the `metadata` of the event if message content may be recorded (option
   * `captureMessageContent` of `ChaukasSpanProcessor`); never on the span.
   */
  content?: object;
}

const POLICY_DECISION: FactKind<PolicyDecisionOptions> = {
  caller: 'recordPolicyDecision',
  rules: {
    policyId: required(TEXT),
    outcome: required(oneOf(['allow', 'deny', 'review'])),
    ruleIds: TEXTS,
    rationale: TEXT,
    approver: APPROVER,
    author: oneOf(['user', 'system']),
    metadata: OBJECT,
    content: OBJECT,
  },
  spanEventName: semconv.EVENT_OPENAI_AGENTS_POLICY_DECISION,
  spanEventAttributes: ({ policyId, outcome, ruleIds }) => ({
    [semconv.ATTR_OPENAI_AGENTS_POLICY_ID]: policyId,
    [semconv.ATTR_OPENAI_AGENTS_POLICY_OUTCOME]: outcome,
    [semconv.ATTR_OPENAI_AGENTS_POLICY_RULE_IDS]: ruleIds && [...ruleIds],
  }),
  fact: ({ approver, author, ...options }) => ({
    type: 'policy.decision',
    ...options,
    // The rules have checked its members.
    ...decidedBy(author, approver as Approver | undefined),
  }),
};

function decidedBy(
  author: 'user' | 'system' | undefined,
  named: Approver | undefined,
): Pick<PolicyDecisionSignal, 'author' | 'approver'> {
  if (author === 'system') return { author };
  const approver = named ?? getApprover(context.active());
  return approver === undefined ? { author: author ?? 'system' } : { author: 'user', approver };
}

/**
 * Records a decision of the application about what may be done or said: by a limit, a permission, a filter or a person.
 * Guardrails and approvals of the Agents SDK and moderations are recorded automatically.
 *
 * The fact becomes an event of the active span, and an audit event POLICY_DECISION (chaukas-spec, `PolicyDecision`) in
 * the span's session, under the surrounding agent or tool. Outside of any span the audit event is a session of its
 * own. If neither a recording span nor a `ChaukasSpanProcessor` exists, the call does nothing.
 *
 * ```ts
 * recordPolicyDecision({ policyId: 'refund-limit', outcome: amount > 100 ? 'review' : 'allow', ruleIds: ['r-7'] });
 * recordPolicyDecision({ policyId: 'refund', outcome: 'allow', approver: { id: user.id, role: 'finance' } });
 * ```
 *
 * Never throws. If a required option is missing or wrong, nothing is recorded; any other wrong option is left out. Each
 * is logged to `diag` once.
 */
export function recordPolicyDecision(options: PolicyDecisionOptions): void {
  recordFact(POLICY_DECISION, options);
}
