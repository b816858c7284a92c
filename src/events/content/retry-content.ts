import type { RetryInfo } from '../../chaukas/event.js';
import type { JsonObject } from '../../foreign/json.js';
import { asNumber, asText } from '../../foreign/read.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_OPENAI_REQUEST_ID,
  ATTR_OPENAI_REQUEST_RETRY_ATTEMPT,
  ATTR_OPENAI_REQUEST_RETRY_BACKOFF,
  ATTR_OPENAI_REQUEST_RETRY_MAX_ATTEMPTS,
} from '../../semconv/attributes.js';
import type { ModelRetrySignal } from '../../signals/signal.js';
import type { TimedEventSnapshot } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

export interface RetryContent {
  readonly retry: RetryInfo;
  readonly metadata: JsonObject;
}

export function retryOfSignal(signal: ModelRetrySignal): RetryContent {
  return retryContent(signal);
}

export function retryOfSpanEvent(event: TimedEventSnapshot): RetryContent {
  const attributes = event.attributes ?? {};
  const number = (name: string) => asNumber(attributes[name]);
  return retryContent({
    attempt: number(ATTR_OPENAI_REQUEST_RETRY_ATTEMPT) ?? 1,
    maxAttempts: number(ATTR_OPENAI_REQUEST_RETRY_MAX_ATTEMPTS),
    backoffMs: (number(ATTR_OPENAI_REQUEST_RETRY_BACKOFF) ?? 0) * 1000,
    statusCode: number(ATTR_HTTP_RESPONSE_STATUS_CODE),
    errorType: asText(attributes[ATTR_ERROR_TYPE]),
    requestId: asText(attributes[ATTR_OPENAI_REQUEST_ID]),
  });
}

interface Retry {
  readonly attempt: number;
  readonly maxAttempts?: number | undefined;
  readonly backoffMs: number;
  readonly statusCode?: number | undefined;
  readonly errorType?: string | undefined;
  readonly requestId?: string | undefined;
}

/** How the client chose its wait is not known, only how long it was: so no `strategy` is claimed. */
function retryContent({
  attempt,
  maxAttempts,
  backoffMs,
  statusCode,
  errorType,
  requestId,
}: Retry): RetryContent {
  return {
    retry: { attempt, backoff_ms: Math.round(backoffMs) },
    metadata: withoutAbsent<JsonObject>({
      http_status: statusCode,
      error_type: errorType,
      max_attempts: maxAttempts,
      request_id: requestId,
    }),
  };
}
