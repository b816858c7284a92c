/** Answers that the model refused or the provider held back. */
import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Fact } from '../../signals/signal-channel.js';
import { CONTENT_FILTER_POLICY, REFUSAL_POLICY, refused } from '../refusal.js';

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

/** Azure says what it found. */
function filteredCategories(choice: UnknownRecord): string[] {
  return Object.entries(asRecord(choice.content_filter_results) ?? {})
    .filter(([, result]) => asRecord(result)?.filtered === true)
    .map(([category]) => category)
    .sort();
}
