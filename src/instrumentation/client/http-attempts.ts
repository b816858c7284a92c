import type { Attributes } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { ownValue } from '../../json/own-data.js';
import { asInteger, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { AttemptOutcome } from '../../spans/model-span-slot.js';
import type { RecordedSpan } from '../../spans/recorded-span.js';

/** The client's policy (openai 5.0.1 to 7.55). A `Retry-After` of the server replaces single waits. */
const RETRY_STRATEGY = 'exponential';

/**
 * The HTTP attempts of one call. Each attempt after the first is a retry of the one before it. A retry is recorded
 * when it begins, since its backoff is not known earlier: the client's versions wait differently (capped or not, by
 * header or by a schedule of their own), so the wait is measured and never recomputed.
 */
export class HttpAttempts {
  readonly #span: RecordedSpan;
  readonly #maxAttempts: number | undefined;
  readonly #publishes: boolean;
  #count = 0;
  #running = false;
  #previous: AttemptOutcome | undefined;
  #endedAt = 0;
  /** The answer to the running attempt, if it is read with the answer to the request. */
  #awaited: Promise<unknown> | undefined;

  /**
   * @param maxAttempts - the number of attempts that the client may make, the first one included.
   * @param publishes - whether retries are published, for audit events of a model call.
   */
  constructor(span: RecordedSpan, maxAttempts: number | undefined, publishes = true) {
    this.#span = span;
    this.#maxAttempts = maxAttempts;
    this.#publishes = publishes;
  }

  /** A request starts. A polling helper makes several, and an attempt is only a retry within its own request. */
  requestStarted(): void {
    if (this.#running) return;
    this.#count = 0;
    this.#previous = undefined;
  }

  /** Monotonic time at which the newest attempt was answered; `undefined` if it failed or is under way. */
  get answeredAt(): number | undefined {
    const statusCode = this.#previous?.statusCode ?? 0;
    return statusCode >= 200 && statusCode < 400 ? this.#endedAt : undefined;
  }

  /** The outcome of the newest attempt; `undefined` while it is under way. */
  get lastOutcome(): AttemptOutcome | undefined {
    return this.#previous;
  }

  /**
   * Records that an attempt begins, and returns whether it belongs to this call. A request that begins while another
   * is under way does not: code of the application inside the call (its `fetch`, its key provider) made it with the
   * same client.
   */
  started(): boolean {
    if (this.#running) return false;
    this.#running = true;
    this.#count += 1;
    if (this.#previous !== undefined) this.#recordRetry(this.#count - 1, this.#previous);
    this.#previous = undefined;
    return true;
  }

  /** The outcome of this attempt is that of the request, unless the request repeats it. */
  awaitAnswer(response: Promise<unknown>): void {
    this.#awaited = response;
  }

  /** Returns the answer to an attempt whose outcome is still to be read, once. */
  takeAwaited(): Promise<unknown> | undefined {
    const response = this.#awaited;
    this.#awaited = undefined;
    return response;
  }

  ended(outcome: AttemptOutcome): void {
    this.#running = false;
    this.#previous = outcome;
    this.#endedAt = clock.ticks();
    const { statusCode = 0, requestId } = outcome;
    if (statusCode >= 400) this.#publishRefusal(statusCode);
    if (requestId === undefined) return;
    this.#span.span.setAttribute(semconv.ATTR_OPENAI_AGENTS_REQUEST_ID, requestId);
  }

  #publishRefusal(statusCode: number): void {
    this.#span.publish(() => ({ type: 'model.refused', statusCode }));
  }

  #recordRetry(attempt: number, previous: AttemptOutcome): void {
    const backoffMs = clock.ticks() - this.#endedAt;
    const maxAttempts = this.#maxAttempts;
    const { statusCode, errorType, requestId } = previous;
    const attributes: Attributes = {
      [semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_ATTEMPT]: attempt,
      [semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_MAX_ATTEMPTS]: maxAttempts,
      [semconv.ATTR_OPENAI_AGENTS_REQUEST_RETRY_BACKOFF]: backoffMs / 1000,
      [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode,
      [semconv.ATTR_ERROR_TYPE]: errorType,
      [semconv.ATTR_OPENAI_AGENTS_REQUEST_ID]: requestId,
    };
    this.#span.span.setAttribute(semconv.ATTR_HTTP_REQUEST_RESEND_COUNT, attempt);
    this.#span.addEvent(semconv.EVENT_OPENAI_AGENTS_REQUEST_RETRY, attributes);
    if (!this.#publishes) return;
    this.#span.publish(() => ({
      type: 'model.retry',
      attempt,
      strategy: RETRY_STRATEGY,
      backoffMs,
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(statusCode !== undefined && { statusCode }),
      ...(errorType !== undefined && { errorType }),
      ...(requestId !== undefined && { requestId }),
    }));
  }
}

/** Notified when the request of a call is sent. */
export interface ResultWatcher {
  /** @param result - what the application got from the client's method. */
  sent(result: object): void;
}

/** The client's own request of one call, retries included. */
export class RequestExchange {
  #state: 'none' | 'begun' | 'answered' = 'none';
  #onAnswered: ((response: unknown) => void) | undefined;
  #unsentResult: object | undefined;
  #watcher: ResultWatcher | undefined;

  get hasBegun(): boolean {
    return this.#state !== 'none';
  }

  /** Records that the request begins. Returns `false` if it had begun: this is another one, within it. */
  begin(): boolean {
    if (this.#state !== 'none') return false;
    this.#state = 'begun';
    return true;
  }

  /** Whether the answer to the request is observed, and has not come. */
  get awaitsAnswer(): boolean {
    return this.#state === 'begun';
  }

  /** Notifies the watcher once, when the client sends the request, some ticks after its method has returned. */
  watchWhenSent(result: object, watcher: ResultWatcher): void {
    this.#unsentResult = result;
    this.#watcher = watcher;
  }

  /** The client sends the request. From here on the call must not refer to its result, which may be garbage-collected. */
  sending(): void {
    if (this.#unsentResult !== undefined) this.#watcher?.sent(this.#unsentResult);
    this.release();
  }

  release(): void {
    this.#unsentResult = undefined;
    this.#watcher = undefined;
  }

  /** @param response - the response of `fetch`; `undefined` if the request failed. */
  answered(response: unknown): void {
    this.#state = 'answered';
    this.#onAnswered?.(response);
    this.#onAnswered = undefined;
  }

  /** Runs an action when the request is answered. Returns `false` if that has happened, or the request was not seen. */
  onAnswered(action: (response: unknown) => void): boolean {
    if (this.#state !== 'begun') return false;
    this.#onAnswered = action;
    return true;
  }
}

/** One attempt plus the retries that the call, or else its client, allows. */
export function maxAttempts(client: UnknownRecord, options: unknown): number | undefined {
  const retries = asInteger(ownValue(options, 'maxRetries')) ?? asInteger(client.maxRetries);
  return retries === undefined || retries < 0 ? undefined : retries + 1;
}
