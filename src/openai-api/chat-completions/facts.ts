import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Fact } from '../../signals/signal.js';
import { CONTENT_FILTER_POLICY, REFUSAL_POLICY, refused } from '../refusal.js';

/** Returns the answers that the model refused or the provider held back. */
export function chatFacts(value: unknown): readonly Fact[] {
  return asArray(asRecord(value)?.choices)
    .filter(isRecord)
    .flatMap((choice) => {
      const refusal = asNonEmptyString(asRecord(choice.message)?.refusal);
      return [
        ...(refusal === undefined ? [] : [refused(REFUSAL_POLICY, refusal)]),
        ...(choice.finish_reason === CONTENT_FILTER_POLICY
          ? [refused(CONTENT_FILTER_POLICY, undefined, filteredCategories(choice))]
          : []),
      ];
    });
}

/** The categories of harmful content that Azure found. */
function filteredCategories(choice: UnknownRecord): string[] {
  return Object.entries(asRecord(choice.content_filter_results) ?? {})
    .filter(([, result]) => asRecord(result)?.filtered === true)
    .map(([category]) => category)
    .sort();
}
