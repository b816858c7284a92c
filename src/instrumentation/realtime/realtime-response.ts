/** A response of the Realtime API: what `response.created` announces and `response.done` gives. */
import type { Attributes } from '@opentelemetry/api';
import { asArray, asInteger, asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_OUTPUT_TYPE,
  ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  ATTR_OPENAI_AGENTS_CANCELLATION_REASON,
  ERROR_TYPE_OTHER,
} from '../../semconv/attributes.js';
import { type Failure, failure } from '../failure.js';
import type { ModelResponse } from '../openai/model-response.js';
import { finishReason } from '../openai/responses/finish-reason.js';
import { readResponsesUsage } from '../openai/responses/usage.js';

/** What a response was asked to be, as the provider repeats it when it begins. */
export function requestedAttributes(response: ForeignRecord): Attributes {
  // The second is the name that it had in the beta of the API.
  const modalities = asArray(response.output_modalities ?? response.modalities);
  const spoken = modalities.includes('audio');
  return {
    [ATTR_GEN_AI_OUTPUT_TYPE]: modalities.length === 0 ? undefined : spoken ? 'speech' : 'text',
    [ATTR_GEN_AI_REQUEST_MAX_TOKENS]: asInteger(response.max_output_tokens),
  };
}

/** @param model - the session's: a response does not name it. */
export function readRealtimeResponse(response: ForeignRecord, model: string | undefined): ModelResponse {
  const details = asRecord(response.status_details);
  const reason = finishReason({ ...response, incomplete_details: details });
  return {
    id: asText(response.id),
    model,
    finishReasons: reason === undefined ? undefined : [reason],
    usage: readResponsesUsage(response.usage),
    attributes: {
      [ATTR_OPENAI_AGENTS_CANCELLATION_REASON]: isCancelled(response) ? asText(details?.reason) : undefined,
    },
    failure: response.status === 'failed' ? responseFailure(asRecord(details?.error)) : undefined,
  };
}

/** Somebody spoke on, or the client took the response back: no error, and not all of it was said. */
export function isCancelled(response: ForeignRecord): boolean {
  return response.status === 'cancelled';
}

function responseFailure(error: ForeignRecord | undefined): Failure {
  const type = asText(error?.code) ?? asText(error?.type) ?? ERROR_TYPE_OTHER;
  return failure(type, asText(error?.message) ?? 'The response failed');
}
