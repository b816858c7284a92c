import type { RetryInfo } from '../../chaukas/event.js';
import { nearestInt32 } from '../../chaukas/int32.js';
import type { JsonObject } from '../../json/json.js';
import { asNonEmptyString, asNumber } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { ModelRetrySignal } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import { type SpanSnapshot, type TimedEventSnapshot, timestampOf } from '../spans/span-snapshot.js';

interface RetryContent {
  readonly retry: RetryInfo;
  readonly metadata: JsonObject;
}

export function retryEvent(content: RetryContent, timestamp: string): EventBody {
  return { type: 'EVENT_TYPE_RETRY', timestamp, ...content };
}

/** Returns the RETRY events of a span that has its retries as span events. */
export function recordedRetries({ events }: SpanSnapshot): readonly EventBody[] {
  return events
    .filter(({ name }) => name === semconv.EVENT_OPENAI_AGENTS_REQUEST_RETRY)
    .map((event) => retryEvent(retryOfSpanEvent(event), timestampOf(event.time)));
}

export function retryOfSpanEvent(event: TimedEventSnapshot): RetryContent {
  const attributes = event.attributes ?? {};
  const number = (name: string) => asNumber(attributes[name]);
  return retryContent({
    attempt: number(semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_ATTEMPT) ?? 1,
    // The span event of a client's retry and that of the SDK's look the same.
    strategy: undefined,
    maxAttempts: number(semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_MAX_ATTEMPTS),
    backoffMs: (number(semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_BACKOFF) ?? 0) * 1000,
    statusCode: number(semconv.ATTR_HTTP_RESPONSE_STATUS_CODE),
    errorType: asNonEmptyString(attributes[semconv.ATTR_ERROR_TYPE]),
    requestId: asNonEmptyString(attributes[semconv.ATTR_OPENAI_AGENTS_REQUEST_ID]),
  });
}

export function retryOfSignal(signal: ModelRetrySignal): RetryContent {
  return retryContent(signal);
}

type Retry = {
  readonly [Name in keyof Omit<ModelRetrySignal, 'type' | 'span' | 'time'>]:
    | ModelRetrySignal[Name]
    | undefined;
} & Pick<ModelRetrySignal, 'attempt' | 'backoffMs'>;

/** The wait is measured. `strategy` is set only if the caller's policy is known. */
function retryContent(retry: Retry): RetryContent {
  return {
    retry: {
      attempt: nearestInt32(retry.attempt) ?? 0,
      ...(retry.strategy !== undefined && { strategy: retry.strategy }),
      backoff_ms: nearestInt32(retry.backoffMs) ?? 0,
    },
    metadata: withoutAbsent<JsonObject>({
      http_status: retry.statusCode,
      error_type: retry.errorType,
      max_attempts: retry.maxAttempts,
      request_id: retry.requestId,
    }),
  };
}
