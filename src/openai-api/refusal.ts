import type { Fact } from '../signals/signal.js';

/** `policyId` of an answer that the model refused to give. */
export const REFUSAL_POLICY = 'model_refusal';
/** `policyId` of an answer that the provider held back; also the API's own word for the reason. */
export const CONTENT_FILTER_POLICY = 'content_filter';

/**
 * Returns the fact that an answer was refused or held back.
 *
 * @param text - the refusal that stands in place of the answer.
 * @param categories - the categories of harmful content that the provider found.
 */
export function refused(policyId: string, text?: string, categories: readonly string[] = []): Fact {
  return {
    type: 'policy.decision',
    policyId,
    outcome: 'deny',
    ...(categories.length > 0 && { ruleIds: categories }),
    rationale:
      policyId === REFUSAL_POLICY
        ? 'the model refused'
        : "the provider's content filter held the answer back",
    ...(text !== undefined && { content: { refusal: text } }),
  };
}
