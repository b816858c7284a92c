import { describe, expect, it } from 'vitest';
import { retryableFailure } from '../../../src/events/retries/retryable-failure.js';
import { plainSpan } from '../plain-span.js';

describe('retryableFailure', () => {
  it.each<[reason: string | undefined, errorType: string | undefined, status?: number]>([
    // The status of the response decides.
    ['rate_limit', 'RateLimitError', 429],
    ['rate_limit', 'insufficient_quota', 429],
    ['timeout', 'APIError', 408],
    ['conflict', 'ConflictError', 409],
    ['server_error', 'InternalServerError', 500],
    ['server_error', 'my_code', 503],
    ['server_error', undefined, 599],
    [undefined, 'rate_limit_exceeded', 400],
    [undefined, 'AuthenticationError', 401],
    [undefined, 'server_error', 404],
    [undefined, 'UnprocessableEntityError', 422],
    // A stream that was answered with 200 failed later.
    ['server_error', 'server_error', 200],
    [undefined, 'content_filter', 200],
    // Without a status, the type of the error does.
    ['rate_limit', 'RateLimitError'],
    ['rate_limit', 'openai.RateLimitError'],
    ['rate_limit', 'rate_limit_exceeded'],
    ['rate_limit', '429'],
    ['timeout', 'APIConnectionTimeoutError'],
    ['timeout', 'ETIMEDOUT'],
    ['timeout', 'UND_ERR_HEADERS_TIMEOUT'],
    ['conflict', 'ConflictError'],
    ['connection', 'APIConnectionError'],
    ['connection', 'ECONNRESET'],
    ['connection', 'UND_ERR_SOCKET'],
    ['server_error', 'InternalServerError'],
    ['server_error', 'overloaded_error'],
    ['server_error', '503'],
    [undefined, 'BadRequestError'],
    [undefined, '5030'],
    [undefined, 'MaxTurnsExceededError'],
    [undefined, 'TypeError'],
    [undefined, '_OTHER'],
    [undefined, undefined],
  ])('says %s of %s with status %s', (reason, errorType, status) => {
    const span = plainSpan({ 'error.type': errorType });
    expect(retryableFailure(span, status)?.reason).toBe(reason);
  });

  it('reads the status that another instrumentation wrote', () => {
    const span = plainSpan({ 'error.type': 'APIError', 'http.response.status_code': 408 });
    expect(retryableFailure(span, undefined)).toEqual({
      reason: 'timeout',
      errorCode: 'APIError',
      httpStatus: 408,
    });
  });
});
