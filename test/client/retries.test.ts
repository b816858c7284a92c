import { SpanStatusCode } from '@opentelemetry/api';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(async () => {
  expect(harness.openSpanCount()).toBe(0);
  await harness.reset();
});
afterAll(() => harness.stop());

const body = { model: 'plain', messages: [{ role: 'user' as const, content: 'Hello' }] };
const meeting = (fault: string, maxRetries: number) => ({
  headers: { 'x-fault': fault, 'x-fault-key': crypto.randomUUID() },
  maxRetries,
});
const retries = () => {
  const [span, ...others] = harness.spans();
  expect(others).toEqual([]);
  return {
    span,
    events: span?.events.map(({ name, attributes }) => ({ name, ...attributes })) ?? [],
  };
};

describe('Retries of the client', () => {
  it('are recorded with number, reason, wait and request id', async () => {
    await harness.client.chat.completions.create(
      body,
      meeting('rate-limit;times=1;retry-after-ms=30, server-error;times=1', 4),
    );
    const { span, events } = retries();
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes['http.request.resend_count']).toBe(2);
    expect(events).toEqual(
      [429, 500].map((status, index) => ({
        name: 'openai_agents.request.retry',
        'openai_agents.request.retry.attempt': index + 1,
        'openai_agents.request.retry.max_attempts': 5,
        'openai_agents.request.retry.backoff': expect.any(Number),
        'http.response.status_code': status,
        'openai_agents.request_id': expect.stringMatching(/^req_/),
      })),
    );
    const ids = events.map((event) => event['openai_agents.request_id' as keyof typeof event]);
    expect(new Set([...ids, span?.attributes['openai_agents.request_id']]).size).toBe(3);
  });

  it('after a cut connection have the error as the reason and no request id', async () => {
    await harness.client.chat.completions.create(body, meeting('cut;times=1', 1));
    expect(retries().events).toEqual([
      {
        name: 'openai_agents.request.retry',
        'openai_agents.request.retry.attempt': 1,
        'openai_agents.request.retry.max_attempts': 2,
        'openai_agents.request.retry.backoff': expect.any(Number),
        'error.type': expect.any(String),
      },
    ]);
  });

  it('that all fail end in one failed span and one failed model call in the events', async () => {
    const failing = harness.client.chat.completions.create(body, meeting('rate-limit;retry-after-ms=1', 1));
    await expect(failing).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    const { span, events } = retries();
    expect(events).toHaveLength(1);
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes).toMatchObject({
      'error.type': 'rate_limit_exceeded',
      'gen_ai.response.finish_reasons': ['error'],
    });
    const stream = await harness.events();
    expect(eventLines(stream)).toEqual([
      'SESSION_START',
      '  MODEL_INVOCATION_START',
      '  RETRY 1',
      '  ERROR rate_limit_exceeded',
      '  MODEL_INVOCATION_END (failed)',
      'SESSION_END',
    ]);
    expect(stream.find((event) => event.type === 'EVENT_TYPE_RETRY')).toMatchObject({
      metadata: { http_status: 429, max_attempts: 2, request_id: expect.stringMatching(/^req_/) },
    });
  });

  it('have the limit of the client if the call sets none', async () => {
    const client = new OpenAI({ apiKey: 'sk-local', baseURL: harness.server.url, maxRetries: 7 });
    const { headers } = meeting('rate-limit;times=1;retry-after-ms=1', 0);
    await client.chat.completions.create(body, { headers });
    expect(retries().events).toMatchObject([{ 'openai_agents.request.retry.max_attempts': 8 }]);
  });
});

describe('A request that the application makes inside a call with the same client', () => {
  it('is not an attempt of that call', async () => {
    const client: OpenAI = new OpenAI({
      apiKey: 'sk-local',
      baseURL: harness.server.url,
      fetch: async (url, init) => {
        if (String(url).endsWith('/chat/completions')) await client.models.list();
        return fetch(url, init);
      },
    });
    await client.chat.completions.create(body);
    const [inner, outer] = harness.spans();
    expect([inner?.name, outer?.name]).toEqual(['models.list', 'chat plain']);
    expect(outer?.events).toEqual([]);
    expect(outer?.attributes['http.request.resend_count']).toBeUndefined();
  });
});
