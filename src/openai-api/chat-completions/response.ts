import { asArray, asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import { isReportedError, type ModelResponseDetails, reportedFailure } from '../model-response.js';
import { hasTokens, type ModelUsage, readUsage } from '../usage.js';

/** Reads a chat completion, or a legacy completion, whose members have the same names. */
export function readChatResponse(value: unknown): ModelResponseDetails | undefined {
  if (!isRecord(value) || !Array.isArray(value.choices)) return undefined;
  const choices = asArray(value.choices).map(asChoice);
  return {
    id: asNonEmptyString(value.id),
    model: asNonEmptyString(value.model),
    finishReasons: choices.map(finishReason),
    usage: chatUsage(value, choices),
    serviceTier: asNonEmptyString(value.service_tier),
    systemFingerprint: asNonEmptyString(value.system_fingerprint),
    failure: chatFailure(value, choices),
  };
}

// Named, since an arrow function would be made for each response.
function asChoice(choice: unknown): UnknownRecord {
  return asRecord(choice) ?? {};
}

function finishReason({ finish_reason }: UnknownRecord): string | undefined {
  return asNonEmptyString(finish_reason);
}

/**
 * The usage, wherever a known server puts it: Groq in a member of its own, Moonshot in the choice. Of several choices
 * with a usage each it is not known whether they overlap.
 */
function chatUsage(response: UnknownRecord, choices: readonly UnknownRecord[]): ModelUsage | undefined {
  const usage = readUsage(response.usage);
  if (hasTokens(usage)) return usage;
  const ofVendor = readUsage(asRecord(response.x_groq)?.usage);
  if (hasTokens(ofVendor)) return ofVendor;
  const ofChoices = choices.map((choice) => readUsage(choice.usage)).filter(hasTokens);
  return ofChoices.length === 1 ? ofChoices[0] : usage;
}

/** An error in place of the answer or within a choice, which gateways send with status 200. */
function chatFailure(response: UnknownRecord, choices: readonly UnknownRecord[]): Failure | undefined {
  if (isReportedError(response.error)) return reportedFailure(response.error);
  for (const { error, finish_reason } of choices) {
    if (isReportedError(error)) return reportedFailure(error);
    if (finish_reason === 'error') {
      return failure(semconv.ERROR_TYPE_OTHER, undefined, 'the model stopped because of an error');
    }
  }
  return undefined;
}
