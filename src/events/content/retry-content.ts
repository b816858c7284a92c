import type { RetryInfo } from '../../chaukas/event.js';
import type { JsonObject } from '../../foreign/json.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_OPENAI_REQUEST_RETRY_ATTEMPT,
  ATTR_OPENAI_REQUEST_RETRY_BACKOFF,
} from '../../semconv/attributes.js';
import type { ModelRetrySignal } from '../../signals/signal.js';
import type { TimedEventSnapshot } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

export interface RetryContent {
  readonly retry: RetryInfo;
  readonly metadata: JsonObject;
}

export function retryOfSignal(signal: ModelRetrySignal): RetryContent {
  return retryContent(signal.attempt, signal.backoffMs, signal.statusCode, signal.errorType);
}

export function retryOfSpanEvent(event: TimedEventSnapshot): RetryContent {
  const attributes = event.attributes ?? {};
  const number = (name: string) => (typeof attributes[name] === 'number' ? attributes[name] : undefined);
  const errorType = attributes[ATTR_ERROR_TYPE];
  return retryContent(
    number(ATTR_OPENAI_REQUEST_RETRY_ATTEMPT) ?? 1,
    (number(ATTR_OPENAI_REQUEST_RETRY_BACKOFF) ?? 0) * 1000,
    number(ATTR_HTTP_RESPONSE_STATUS_CODE),
    typeof errorType === 'string' ? errorType : undefined,
  );
}

/** How the client chose its wait is not known, only how long it was: so no `strategy` is claimed. */
function retryContent(
  attempt: number,
  backoffMs: number,
  statusCode: number | undefined,
  errorType: string | undefined,
): RetryContent {
  return {
    retry: { attempt, backoff_ms: Math.round(backoffMs) },
    metadata: withoutAbsent<JsonObject>({ http_status: statusCode, error_type: errorType }),
  };
}
