/** The answers of HTTP endpoints and the failures of requests, as outcomes of a delivery. Pure. */
import * as clock from '../../clock.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { MASK, maskSecrets } from '../../text/mask-secrets.js';
import { DeliveryError, type DeliveryOutcome } from '../delivery-error.js';

/** The answer of an endpoint, as far as it was read. */
export interface HttpAnswer {
  readonly status: number;
  /** Whether the answer is a redirect that `fetch` hides. */
  readonly opaque: boolean;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** The clock of the endpoint, which a date in `Retry-After` is compared with. */
  readonly date: string | undefined;
  /** The beginning of the body. */
  readonly text: string;
}

/** How a request can be judged. */
export interface HttpRequestInfo {
  /** Whether the batch can be split if it was too large. */
  readonly divisible: boolean;
  /** Texts that must not be in a message, such as the key, which an endpoint may repeat in its answer. */
  readonly secrets: readonly string[];
}

/** The most characters of an answer's body in a message. */
const MAX_DETAIL_LENGTH = 200;

/** Blanks, line breaks, and control characters, which must not reach a terminal. */
const CONTROL = /[\s\p{Cc}]+/gu;

/** The ingest API answers 503 with these words if a batch was too large for it. */
const HIGH_MEMORY = /high memory usage/i;

/** Request timeout, too early, and too many requests. All other answers below 500 are about the request itself. */
const PASSING = new Set([408, 425, 429]);

/** Whether the endpoint has accepted the events. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Returns the error of an answer; `undefined` if the endpoint has accepted the events. */
export function answerError(answer: HttpAnswer, request: HttpRequestInfo): DeliveryError | undefined {
  const { status, text } = answer;
  if (isSuccess(status)) return undefined;
  if (answer.opaque || (status >= 300 && status < 400)) {
    return new DeliveryError(
      `the endpoint answered ${answer.opaque ? 'with' : `${status},`} a redirect, which is not followed; ` +
        'use the address that it leads to',
      { outcome: 'retry' },
    );
  }
  const retryAfterMillis = retryAfter(answer.retryAfter, answer.date);
  return new DeliveryError(`the endpoint answered ${status}${detail(answer, request.secrets)}`, {
    outcome: outcomeOf(status, text, request),
    ...(retryAfterMillis !== undefined && { retryAfterMillis }),
  });
}

function outcomeOf(status: number, text: string, { divisible }: HttpRequestInfo): DeliveryOutcome {
  // A part that cannot be split can still be accepted when the endpoint has memory again.
  if (status === 503 && HIGH_MEMORY.test(text) && divisible) return 'too-large';
  return statusOutcome(status);
}

/** Returns what becomes of events that an endpoint did not accept. */
export function statusOutcome(status: number): DeliveryOutcome {
  if (status === 413) return 'too-large';
  // A redirect is not about the events: whoever corrects the address wants them delivered.
  return status >= 500 || status < 400 || PASSING.has(status) ? 'retry' : 'refused';
}

/**
 * Returns the milliseconds that a header `Retry-After` asks to wait.
 *
 * @param date - the header `Date` of the same answer.
 */
function retryAfter(value: string | undefined, date: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // A date has letters. `Date.parse` also accepts `-5`.
  const time = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) return undefined;
  const there = Date.parse(date ?? '');
  return Math.max(0, time - (Number.isNaN(there) ? clock.now() : there));
}

/** Returns the reason in an answer, as it follows the status. A page for humans does not hold one. */
function detail({ contentType, text }: HttpAnswer, secrets: readonly string[]): string {
  if (!/\bjson\b|^text\/plain\b/i.test(contentType)) return '';
  let reason = text;
  // The longest first: one secret may contain another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    reason = reason.replaceAll(secret, MASK);
  }
  reason = maskSecrets(reason).replace(CONTROL, ' ').trim();
  if (reason === '') return '';
  return `: ${reason.length > MAX_DETAIL_LENGTH ? `${reason.slice(0, MAX_DETAIL_LENGTH)}…` : reason}`;
}

/**
 * Returns the error of a request without an answer. It has the code of the failure only: a message may quote the request,
 * and with it the key.
 */
export function requestError(error: unknown): DeliveryError {
  return new DeliveryError(`the endpoint cannot be reached (${failureCode(error)})`, { outcome: 'retry' });
}

const MAX_CAUSES = 5;

/** Returns a word for a failure. `fetch failed` has the error of the socket as its cause. */
export function failureCode(error: unknown): string {
  let current: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES; depth += 1) {
    const { code, cause } = asRecord(current) ?? {};
    const name = asNonEmptyString(code);
    if (name !== undefined && /^\w+$/.test(name)) return name;
    if (cause === undefined) break;
    current = cause;
  }
  return asNonEmptyString(asRecord(error)?.name) ?? 'unknown error';
}
