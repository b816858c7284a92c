/** Failures of the model endpoint as problem details. No text of the endpoint reaches the client: it may quote a key. */
import { BrokenCircuitError } from 'cockatiel';
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { type Problem, ProblemError } from '../../service/problem.js';

/** The model did not answer in time. */
export class UpstreamTimeout extends Error {
  override readonly name = 'UpstreamTimeout';
}

/** The model stopped because of a content filter, also in the middle of a stream. */
export class ContentFiltered extends Error {
  override readonly name = 'ContentFiltered';
}

/** The answer broke off, or is not what was asked for. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
}

/** The endpoint has asked for a pause that is not over, so it was not called. */
export class UpstreamPaused extends Error {
  override readonly name = 'UpstreamPaused';

  constructor(readonly millis: number) {
    super('the model endpoint is paused');
  }
}

/** An error of a call as problem details; any other error as it is. */
export function toProblemError(error: unknown, circuitResetMs: number): unknown {
  const problem = upstreamProblem(error, circuitResetMs);
  return problem === undefined ? error : new ProblemError(problem, { cause: error });
}

function upstreamProblem(error: unknown, circuitResetMs: number): Problem | undefined {
  if (error instanceof BrokenCircuitError) {
    return { ...PROBLEMS.circuitOpen, headers: retryAfter(circuitResetMs) };
  }
  if (error instanceof UpstreamPaused) return { ...PROBLEMS.rateLimited, headers: retryAfter(error.millis) };
  if (error instanceof UpstreamTimeout || error instanceof APIConnectionTimeoutError) return PROBLEMS.timeout;
  if (error instanceof ContentFiltered) return PROBLEMS.contentFilter;
  if (error instanceof UnusableAnswer) return { ...PROBLEMS.unusable, detail: sentence(error.message) };
  if (error instanceof APIUserAbortError) return PROBLEMS.disconnected;
  if (error instanceof APIConnectionError) return PROBLEMS.unreachable;
  if (error instanceof APIError) return answeredProblem(error);
  // A connection that breaks in the middle of a body is an error of fetch.
  return isBrokenConnection(error) ? PROBLEMS.interrupted : undefined;
}

/** The endpoint answered with an error status, or sent an error in a stream, which has no status. */
function answeredProblem(error: APIError): Problem {
  const { status, code } = error;
  if (code === 'content_filter' || code === 'content_policy_violation') return PROBLEMS.contentFilter;
  if (code === 'context_length_exceeded') return PROBLEMS.contextTooLong;
  if (code === 'insufficient_quota') return PROBLEMS.quota;
  switch (status) {
    case undefined:
      return PROBLEMS.interrupted;
    case 400:
    case 422:
      return PROBLEMS.invalid;
    case 401:
    case 403:
      return PROBLEMS.authentication;
    case 404:
      return PROBLEMS.modelNotFound;
    case 408:
    case 504:
      return PROBLEMS.timeout;
    case 429:
      return { ...PROBLEMS.rateLimited, headers: retryAfter(retryAfterMillis(error) ?? 1_000) };
    default:
      return PROBLEMS.failed;
  }
}

/** The pause that an answer asks for, in milliseconds. */
export function retryAfterMillis(error: unknown): number | undefined {
  if (!(error instanceof APIError)) return undefined;
  const millis = Number.parseFloat(error.headers?.get('retry-after-ms') ?? '');
  if (millis >= 0) return millis;
  const header = error.headers?.get('retry-after') ?? '';
  const seconds = Number.parseFloat(header);
  if (seconds >= 0) return seconds * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** Whether the connection broke before or in the middle of an answer. */
export function isBrokenConnection(error: unknown): boolean {
  return error instanceof TypeError && (error.message === 'terminated' || error.message === 'fetch failed');
}

function retryAfter(millis: number): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(millis / 1000))) };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const PROBLEMS = {
  invalid: {
    status: 400,
    code: 'upstream_invalid_request',
    title: 'The model refused the request',
    detail: 'The model does not accept a parameter of the request.',
  },
  modelNotFound: {
    status: 404,
    code: 'model_not_found',
    title: 'Model not found',
    detail: 'The model endpoint does not have this model.',
  },
  contextTooLong: {
    status: 413,
    code: 'context_too_long',
    title: 'Message too long',
    detail: 'The conversation does not fit into the context of the model.',
  },
  contentFilter: {
    status: 422,
    code: 'content_filtered',
    title: 'Stopped by a content filter',
    detail: 'A content filter of the model stopped the answer.',
  },
  rateLimited: {
    status: 429,
    code: 'upstream_rate_limited',
    title: 'The model is busy',
    detail: 'The model endpoint limits the rate of requests. Try again after the time in Retry-After.',
  },
  disconnected: {
    status: 400,
    code: 'client_disconnected',
    title: 'The client has left',
    detail: 'The client closed the connection before the answer was complete.',
  },
  authentication: {
    status: 502,
    code: 'upstream_authentication',
    title: 'The service has no access to the model',
    detail:
      'The model endpoint does not accept the key of this service. Its operator has to set OPENAI_API_KEY.',
  },
  unreachable: {
    status: 502,
    code: 'upstream_unreachable',
    title: 'The model cannot be reached',
    detail: 'There is no connection to the model endpoint.',
  },
  failed: {
    status: 502,
    code: 'upstream_failed',
    title: 'The model failed',
    detail: 'The model endpoint answered with an error.',
  },
  interrupted: {
    status: 502,
    code: 'upstream_interrupted',
    title: 'The answer broke off',
    detail: 'The model endpoint ended its answer early.',
  },
  unusable: {
    status: 502,
    code: 'upstream_unusable_answer',
    title: 'The answer is unusable',
    detail: 'The model did not answer in the form that was asked for.',
  },
  quota: {
    status: 503,
    code: 'upstream_quota_exceeded',
    title: 'The quota of the model is used up',
    detail: 'The account of this service at the model endpoint has no quota left.',
  },
  circuitOpen: {
    status: 503,
    code: 'circuit_open',
    title: 'The model is down',
    detail: 'The model endpoint failed several times in a row and is not called for a while.',
  },
  timeout: {
    status: 504,
    code: 'upstream_timeout',
    title: 'The model is too slow',
    detail: 'The model endpoint did not answer in time.',
  },
} as const satisfies Record<string, Problem>;
