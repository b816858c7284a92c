import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { retryOfSignal, retryOfSpanEvent } from '../../../src/events/content/retry.js';
import type { ModelRetrySignal } from '../../../src/signals/signal.js';

type Retry = Omit<ModelRetrySignal, 'type' | 'span' | 'time'>;

const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

describe('retryOfSignal', () => {
  it.each<[what: string, details: Retry, retry: object, metadata: object]>([
    [
      'a response arrived',
      { attempt: 1, backoffMs: 500, statusCode: 429 },
      { attempt: 1, backoff_ms: 500 },
      { http_status: 429 },
    ],
    [
      'no response arrived',
      { attempt: 2, backoffMs: 0, errorType: 'ECONNRESET' },
      { attempt: 2, backoff_ms: 0 },
      { error_type: 'ECONNRESET' },
    ],
    [
      'fractions of a millisecond are rounded up',
      { attempt: 1, backoffMs: 413.5 },
      { attempt: 1, backoff_ms: 414 },
      {},
    ],
    [
      'fractions of a millisecond are rounded down',
      { attempt: 1, backoffMs: 413.4 },
      { attempt: 1, backoff_ms: 413 },
      {},
    ],
    [
      'numbers that an event cannot hold',
      { attempt: 1.5, backoffMs: 1e12 },
      { attempt: 2, backoff_ms: 2_147_483_647 },
      {},
    ],
  ])('%s', (_what, details, retry, metadata) => {
    expect(retryOfSignal({ type: 'model.retry', span, time: 0, ...details })).toStrictEqual({
      retry,
      metadata,
    });
  });
});

describe('retryOfSpanEvent', () => {
  it.each<[what: string, attributes: Attributes | undefined, retry: object, metadata: object]>([
    [
      'a response arrived; the wait is in seconds',
      {
        'openai_agents.request.retry.attempt': 2,
        'openai_agents.request.retry.backoff': 0.4135,
        'http.response.status_code': 503,
      },
      { attempt: 2, backoff_ms: 414 },
      { http_status: 503 },
    ],
    [
      'no response arrived',
      {
        'openai_agents.request.retry.attempt': 1,
        'openai_agents.request.retry.backoff': 1,
        'error.type': 'APIConnectionTimeoutError',
      },
      { attempt: 1, backoff_ms: 1000 },
      { error_type: 'APIConnectionTimeoutError' },
    ],
    ['no attributes at all', undefined, { attempt: 1, backoff_ms: 0 }, {}],
    ['empty attributes', {}, { attempt: 1, backoff_ms: 0 }, {}],
    [
      'attributes of a wrong type',
      {
        'openai_agents.request.retry.attempt': '2',
        'openai_agents.request.retry.backoff': true,
        'http.response.status_code': '503',
        'error.type': 5,
      },
      { attempt: 1, backoff_ms: 0 },
      {},
    ],
  ])('%s', (_what, attributes, retry, metadata) => {
    const event = { name: 'openai_agents.request.retry', time: [0, 0] as [number, number], attributes };
    expect(retryOfSpanEvent(event)).toStrictEqual({ retry, metadata });
  });
});
