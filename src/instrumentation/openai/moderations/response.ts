import { toJsonValue } from '../../../foreign/json.js';
import { asRecord, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ATTR_OPENAI_AGENTS_MODERATION_FLAGGED } from '../../../semconv/attributes.js';
import type { Message } from '../../../semconv/messages.js';
import type { Fact } from '../../../signals/publish-fact.js';
import type { ModelResponse } from '../model-response.js';

/** What `policyId` says of a moderation's decision. */
const POLICY_ID = 'moderation';

export function readModeration(value: unknown): ModelResponse | undefined {
  const results = moderationResults(value);
  if (results === undefined) return undefined;
  return {
    id: asText(asRecord(value)?.id),
    model: asText(asRecord(value)?.model),
    attributes: { [ATTR_OPENAI_AGENTS_MODERATION_FLAGGED]: results.some(isFlagged) },
  };
}

export function moderationMessages(value: unknown): Message[] {
  const parts = (moderationResults(value) ?? []).map((result) => ({
    type: 'moderation_result',
    flagged: isFlagged(result),
    categories: flaggedCategories([result]),
    category_scores: toJsonValue(result.category_scores),
  }));
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** One decision a call: who asked about several inputs wants to use them together. */
export function moderationFacts(value: unknown): readonly Fact[] {
  const results = moderationResults(value);
  if (results === undefined) return [];
  const flagged = results.filter(isFlagged);
  const categories = flaggedCategories(flagged);
  return [
    {
      type: 'policy.decision',
      policyId: POLICY_ID,
      outcome: flagged.length > 0 ? 'deny' : 'allow',
      ...(categories.length > 0 && { ruleIds: categories }),
      rationale: `${flagged.length} of ${results.length} inputs flagged`,
    },
  ];
}

function moderationResults(value: unknown): readonly ForeignRecord[] | undefined {
  const results = asRecord(value)?.results;
  return Array.isArray(results) ? results.filter(isRecord) : undefined;
}

function isFlagged(result: ForeignRecord): boolean {
  return result.flagged === true;
}

function flaggedCategories(results: readonly ForeignRecord[]): string[] {
  const names = results.flatMap(({ categories }) =>
    Object.entries(asRecord(categories) ?? {})
      .filter(([, flagged]) => flagged === true)
      .map(([name]) => name),
  );
  return [...new Set(names)].sort();
}
