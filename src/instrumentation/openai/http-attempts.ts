import type { Attributes, Span, SpanContext } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_OPENAI_REQUEST_RETRY_ATTEMPT,
  ATTR_OPENAI_REQUEST_RETRY_BACKOFF,
  EVENT_OPENAI_REQUEST_RETRY,
} from '../../semconv/attributes.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';

interface AttemptEnd {
  readonly at: number;
  readonly statusCode?: number | undefined;
  readonly errorType?: string | undefined;
}

/**
 * The HTTP attempts of one model call. Each attempt after the first is a retry of the one before it, and is told
 * when it begins, since only then its backoff is known: how long the client waits differs between its versions
 * (capped or not, header or own schedule), so the wait is measured and never recomputed.
 */
export class HttpAttempts {
  readonly #span: Span;
  #started = 0;
  #previous: AttemptEnd | undefined;

  constructor(span: Span) {
    this.#span = span;
  }

  started(): void {
    this.#started += 1;
    const retries = this.#started - 1;
    if (retries > 0 && this.#previous !== undefined) this.#recordRetry(retries, this.#previous);
    this.#previous = undefined;
  }

  ended(end: { statusCode?: number | undefined; errorType?: string | undefined }): void {
    this.#previous = { at: performance.now(), ...end };
  }

  #recordRetry(attempt: number, previous: AttemptEnd): void {
    const backoffMs = performance.now() - previous.at;
    this.#span.setAttribute(ATTR_HTTP_REQUEST_RESEND_COUNT, attempt);
    this.#span.addEvent(EVENT_OPENAI_REQUEST_RETRY, retryAttributes(attempt, backoffMs, previous));
    if (signalsWanted()) publishRetry(this.#span.spanContext(), attempt, backoffMs, previous);
  }
}

function retryAttributes(attempt: number, backoffMs: number, previous: AttemptEnd): Attributes {
  return {
    [ATTR_OPENAI_REQUEST_RETRY_ATTEMPT]: attempt,
    [ATTR_OPENAI_REQUEST_RETRY_BACKOFF]: backoffMs / 1000,
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: previous.statusCode,
    [ATTR_ERROR_TYPE]: previous.errorType,
  };
}

function publishRetry(span: SpanContext, attempt: number, backoffMs: number, previous: AttemptEnd): void {
  const { statusCode, errorType } = previous;
  publishSignal({
    type: 'model.retry',
    span,
    time: Date.now(),
    attempt,
    backoffMs,
    ...(statusCode !== undefined && { statusCode }),
    ...(errorType !== undefined && { errorType }),
  });
}
