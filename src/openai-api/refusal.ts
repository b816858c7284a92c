import type { Fact } from '../signals/signal-channel.js';

/** What `policyId` says of an answer that the model would not give. */
export const REFUSAL_POLICY = 'model_refusal';
/** … and of one that the provider held back; it also is the API's own word for the reason. */
export const CONTENT_FILTER_POLICY = 'content_filter';

/**
 * @param text - what was said in place of the answer.
 * @param categories - what the provider found in it.
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
