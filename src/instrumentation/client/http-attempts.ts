import type { Attributes, Span } from '@opentelemetry/api';
import { asInteger, asRecord, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import type { AttemptOutcome } from '../../spans/model-span-slot.js';

/**
 * The HTTP attempts of one call. Each attempt after the first is a retry of the one before it, and is told when it
 * begins, since only then its backoff is known: how long the client waits differs between its versions (capped or
 * not, header or own schedule), so the wait is measured and never recomputed.
 */
export class HttpAttempts {
  readonly #span: Span;
  readonly #maxAttempts: number | undefined;
  #count = 0;
  #running = false;
  #previous: AttemptOutcome | undefined;
  #endedAt = 0;

  /** @param maxAttempts - how many the client may make, the first one included. */
  constructor(span: Span, maxAttempts: number | undefined) {
    this.#span = span;
    this.#maxAttempts = maxAttempts;
  }

  /** Monotonic time at which the newest attempt got its answer; `undefined` where it got none, or is under way. */
  get answeredAt(): number | undefined {
    const statusCode = this.#previous?.statusCode ?? 0;
    return statusCode >= 200 && statusCode < 400 ? this.#endedAt : undefined;
  }

  /** What came of the newest attempt; `undefined` while it is under way. */
  get lastOutcome(): AttemptOutcome | undefined {
    return this.#previous;
  }

  /**
   * @returns whether the attempt is this call's: a request that begins while another is under way is somebody else's,
   * made by the same client from code of the application inside the call (its `fetch`, its key provider).
   */
  started(): boolean {
    if (this.#running) return false;
    this.#running = true;
    this.#count += 1;
    if (this.#previous !== undefined) this.#recordRetry(this.#count - 1, this.#previous);
    this.#previous = undefined;
    return true;
  }

  ended(outcome: AttemptOutcome): void {
    this.#running = false;
    this.#previous = outcome;
    this.#endedAt = performance.now();
    if (outcome.requestId !== undefined)
      this.#span.setAttribute(semconv.ATTR_OPENAI_REQUEST_ID, outcome.requestId);
  }

  #recordRetry(attempt: number, previous: AttemptOutcome): void {
    const backoffMs = performance.now() - this.#endedAt;
    const { statusCode, errorType, requestId } = previous;
    const attributes: Attributes = {
      [semconv.ATTR_OPENAI_REQUEST_RETRY_ATTEMPT]: attempt,
      [semconv.ATTR_OPENAI_REQUEST_RETRY_MAX_ATTEMPTS]: this.#maxAttempts,
      [semconv.ATTR_OPENAI_REQUEST_RETRY_BACKOFF]: backoffMs / 1000,
      [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode,
      [semconv.ATTR_ERROR_TYPE]: errorType,
      [semconv.ATTR_OPENAI_REQUEST_ID]: requestId,
    };
    this.#span.setAttribute(semconv.ATTR_HTTP_REQUEST_RESEND_COUNT, attempt);
    this.#span.addEvent(semconv.EVENT_OPENAI_REQUEST_RETRY, attributes);
    if (!signalsWanted()) return;
    publishSignal({
      type: 'model.retry',
      span: this.#span.spanContext(),
      time: Date.now(),
      attempt,
      backoffMs,
      ...(this.#maxAttempts !== undefined && { maxAttempts: this.#maxAttempts }),
      ...(statusCode !== undefined && { statusCode }),
      ...(errorType !== undefined && { errorType }),
      ...(requestId !== undefined && { requestId }),
    });
  }
}

/** The first attempt, and as many retries as the call or else its client allows. */
export function maxAttempts(client: UnknownRecord, options: unknown): number | undefined {
  const retries = asInteger(asRecord(options)?.maxRetries) ?? asInteger(client.maxRetries);
  return retries === undefined || retries < 0 ? undefined : retries + 1;
}
