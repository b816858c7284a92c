import { toJsonValue } from '../json/json.js';
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../json/readers.js';
import * as semconv from '../semconv/attributes.js';
import type { GenAiMessage } from '../semconv/messages.js';
import { SPAN_TYPE_MODERATION } from '../semconv/operations.js';
import type { Fact, ModelRequestDetails } from '../signals/signal.js';
import { chatRequestDetails } from './chat-completions/messages.js';
import { bodyAndOptions, type ClientOperation } from './client-operation.js';
import type { ModelResponseDetails } from './model-response.js';

/** `policyId` of a moderation's decision. */
const POLICY_ID = 'moderation';

export const moderations: ClientOperation = {
  resource: ['Moderations'],
  method: 'create',
  everywhere: true,
  callType: SPAN_TYPE_MODERATION,
  targetAttribute: semconv.ATTR_GEN_AI_REQUEST_MODEL,
  readArguments: bodyAndOptions,
  requestAttributes: ({ model }) => ({ [semconv.ATTR_GEN_AI_REQUEST_MODEL]: asNonEmptyString(model) }),
  requestDetails: moderationRequestDetails,
  readResponse: readModeration,
  outputMessages: moderationMessages,
  facts: moderationFacts,
};

/** The input is one text, a list of texts that are judged separately, or the parts of one message as in a chat. */
function moderationRequestDetails({ input }: UnknownRecord): ModelRequestDetails {
  const items = typeof input === 'string' ? [input] : asArray(input);
  const texts = items.filter((item) => typeof item === 'string');
  const contents: readonly unknown[] = texts.length > 0 || items.length === 0 ? texts : [items];
  return chatRequestDetails({ messages: contents.map((content) => ({ role: 'user', content })) });
}

function readModeration(value: unknown): ModelResponseDetails | undefined {
  const results = moderationResults(value);
  if (results === undefined) return undefined;
  return {
    id: asNonEmptyString(asRecord(value)?.id),
    model: asNonEmptyString(asRecord(value)?.model),
    attributes: { [semconv.ATTR_OPENAI_AGENTS_MODERATION_FLAGGED]: results.some(isFlagged) },
  };
}

function moderationMessages(value: unknown): GenAiMessage[] {
  const parts = (moderationResults(value) ?? []).map((result) => ({
    type: 'moderation_result',
    flagged: isFlagged(result),
    categories: flaggedCategories([result]),
    category_scores: toJsonValue(result.category_scores),
  }));
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** One decision per call: an application that sends several inputs wants to use them together. */
function moderationFacts(value: unknown): readonly Fact[] {
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

function moderationResults(value: unknown): readonly UnknownRecord[] | undefined {
  const results = asRecord(value)?.results;
  return Array.isArray(results) ? results.filter(isRecord) : undefined;
}

function isFlagged(result: UnknownRecord): boolean {
  return result.flagged === true;
}

function flaggedCategories(results: readonly UnknownRecord[]): string[] {
  const names = results.flatMap(({ categories }) =>
    Object.entries(asRecord(categories) ?? {})
      .filter(([, flagged]) => flagged === true)
      .map(([name]) => name),
  );
  return [...new Set(names)].sort();
}
