import type { Attributes } from '@opentelemetry/api';
import { asRecord, asText, type ForeignRecord, isRecord } from '../../../foreign/read.js';
import { ATTR_GEN_AI_CONVERSATION_COMPACTED, ERROR_TYPE_OTHER } from '../../../semconv/attributes.js';
import { type Failure, failure } from '../../failure.js';
import type { ModelResponse } from '../model-response.js';
import { finishReason } from './finish-reason.js';
import { readResponsesUsage } from './usage.js';

export interface ResponseRecord extends ForeignRecord {
  readonly output: readonly unknown[];
}

/** Whether this is a response, be it plain, compacted or fetched. */
export function isResponse(value: unknown): value is ResponseRecord {
  return isRecord(value) && Array.isArray(value.output);
}

export function readResponsesResponse(value: unknown): ModelResponse | undefined {
  if (!isResponse(value)) return undefined;
  const reason = finishReason(value);
  return {
    id: asText(value.id),
    model: asText(value.model),
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readResponsesUsage(value.usage),
    serviceTier: asText(value.service_tier),
    attributes: compactionAttributes(value),
    failure: responseFailure(value),
  };
}

/** The convention has it only where the API says that it compacted the conversation, by the item that came of it. */
function compactionAttributes({ output }: ResponseRecord): Attributes | undefined {
  const compacted = output.some((item) => asRecord(item)?.type === 'compaction');
  return compacted ? { [ATTR_GEN_AI_CONVERSATION_COMPACTED]: true } : undefined;
}

function responseFailure(response: ForeignRecord): Failure | undefined {
  if (response.status !== 'failed') return undefined;
  const error = asRecord(response.error);
  return failure(asText(error?.code) ?? ERROR_TYPE_OTHER, asText(error?.message) ?? 'The response failed');
}
