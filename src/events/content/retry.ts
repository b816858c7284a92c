import type { RetryInfo } from '../../chaukas/event.js';
import type { JsonObject } from '../../json/json.js';
import { asNonEmptyString, asNumber } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { ModelRetrySignal } from '../../signals/signal.js';
import type { TimedEventSnapshot } from '../spans/span-snapshot.js';

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
    attempt: number(semconv.ATTR_OPENAI_REQUEST_RETRY_ATTEMPT) ?? 1,
    maxAttempts: number(semconv.ATTR_OPENAI_REQUEST_RETRY_MAX_ATTEMPTS),
    backoffMs: (number(semconv.ATTR_OPENAI_REQUEST_RETRY_BACKOFF) ?? 0) * 1000,
    statusCode: number(semconv.ATTR_HTTP_RESPONSE_STATUS_CODE),
    errorType: asNonEmptyString(attributes[semconv.ATTR_ERROR_TYPE]),
    requestId: asNonEmptyString(attributes[semconv.ATTR_OPENAI_REQUEST_ID]),
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
