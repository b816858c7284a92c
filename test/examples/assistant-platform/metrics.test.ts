/** The platform's own meters, their Prometheus text, and the numbers that the page makes of them. */
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';
import { History } from '../../../examples/assistant-platform/monitoring/history.js';
import { quantile } from '../../../examples/assistant-platform/monitoring/metric-points.js';
import { PlatformMeters } from '../../../examples/assistant-platform/monitoring/platform-meters.js';
import {
  prometheusText,
  ScrapeReader,
} from '../../../examples/assistant-platform/monitoring/scrape-reader.js';
import { summaryOf } from '../../../examples/assistant-platform/monitoring/summary.js';
import { monitoringSchema } from '../../../examples/assistant-platform/monitoring/summary-schema.js';

function meters() {
  const reader = new ScrapeReader();
  const provider = new MeterProvider({ readers: [reader] });
  return { reader, provider, meters: new PlatformMeters(provider.getMeter('assistant-platform')) };
}

const histories: History[] = [];
afterEach(() => {
  for (const history of histories.splice(0)) history.close();
});

const CALL = {
  model: 'gpt-5-mini',
  succeeded: true,
  inputTokens: 10,
  outputTokens: 5,
  cost: 0.25,
  millis: 20,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  sessionId: 'chat-1',
};

function request(status: number, seconds: number, code?: string) {
  return { method: 'POST', route: '/chat', status, seconds, code };
}

describe('The text for Prometheus', () => {
  it('has units in the names, as a Prometheus that takes OTLP has them', async () => {
    const { reader, meters: own } = meters();
    own.requestFinished(request(429, 0.02, 'rate_limited'));
    own.cacheHit('gpt-5-mini');
    own.circuitChanged('open');
    const lines = prometheusText(await reader.read()).split('\n');
    expect(lines).toContain('# TYPE http_server_request_duration_seconds histogram');
    expect(lines).toContain(
      'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/chat",' +
        'http_response_status_code="429",error_type="rate_limited"} 1',
    );
    expect(lines).toContain(
      'assistant_platform_cache_requests_total{cache_result="hit",gen_ai_request_model="gpt-5-mini"} 1',
    );
    expect(lines).toContain('assistant_platform_circuit_state 2');
    expect(lines.at(-1)).toBe('');
  });

  it('has at most fifty functions and one more for the rest', async () => {
    const { reader, meters: own } = meters();
    for (let count = 0; count < 60; count += 1) own.functionCalled(`invented_${count}`, 'invalid', 0);
    const { functions } = summaryOf(await reader.read());
    expect(functions).toHaveLength(51);
    expect(functions.at(-1)).toMatchObject({ name: 'other', calls: 10 });
  });
});

it('The summary of nothing is all zeros', async () => {
  const { reader } = meters();
  const summary = summaryOf(await reader.read());
  expect(new Set(Object.values(summary.totals))).toEqual(new Set([0]));
  expect(summary.responseTime).toEqual({ p50Seconds: null, p95Seconds: null });
  expect(summary).toMatchObject({ circuit: 'closed', models: [], functions: [], routes: [], errors: [] });
});

it('The summary has what happened', async () => {
  const { reader, meters: own } = meters();
  for (const seconds of [0.02, 0.03, 0.2]) own.requestFinished(request(200, seconds));
  own.requestFinished(request(403, 0.01, 'abuse_detected'));
  own.functionCalled('get_spending', 'success', 0.2);
  own.functionCalled('get_spending', 'timeout', 0.4);
  own.cacheHit('gpt-5-mini');
  own.cacheMiss('gpt-5-mini');
  own.modelCallFinished(CALL);
  own.modelCallFinished({ ...CALL, cost: undefined });
  own.requestFailed('upstream_timeout');
  own.requestLimited('tokens');
  own.abuseFound('burst', 'deny');
  own.batchFinished('completed', { total: 3, completed: 2, failed: 1 });
  const summary = summaryOf(await reader.read());
  expect(summary).toMatchObject({
    totals: {
      requests: 4,
      failedRequests: 1,
      costUsd: 0.25,
      cacheHits: 1,
      cacheMisses: 1,
      functionCalls: 2,
      failedFunctionCalls: 1,
      limitedRequests: 1,
      abuseFindings: 1,
    },
    functions: [{ name: 'get_spending', calls: 2, outcomes: { success: 1, timeout: 1 } }],
    routes: [{ route: 'POST /chat', requests: 4, failed: 1 }],
    errors: [{ name: 'abuse_detected', count: 1 }],
    upstreamErrors: [{ name: 'upstream_timeout', count: 1 }],
    limits: [{ name: 'tokens', count: 1 }],
    abuse: [{ name: 'burst', count: 1 }],
    batches: [{ name: 'completed', count: 1 }],
  });
  expect(summary.functions[0]?.meanSeconds).toBeCloseTo(0.3);
  const body = { ...summary, started_at: new Date().toISOString(), interval_seconds: 5, history: [] };
  expect(monitoringSchema.parse(body)).toEqual(body);
});

describe('A quantile', () => {
  const boundaries = [1, 2, 4];
  it.each([
    [0.5, [0, 0, 0, 0], null],
    [0.5, [4, 0, 0, 0], 0.5],
    [0.5, [1, 2, 1, 0], 1.5],
    [0.95, [0, 0, 10, 0], 3.9],
    [0.95, [0, 0, 0, 3], 4],
  ])('%f of %j is %j', (share, counts, value) => {
    expect(quantile(share, { boundaries, counts })).toEqual(value);
  });
});

describe('The history', () => {
  it('has the counts of each interval, and not those before', async () => {
    const { reader, meters: own } = meters();
    own.requestFinished(request(200, 0.3));
    const history = new History(() => reader.read(), 3_600);
    histories.push(history);
    await history.sample();
    const before = history.samples().length;
    own.requestFinished(request(500, 0.01));
    own.cacheHit('gpt-5-mini');
    await history.sample();
    await history.sample();
    expect(history.samples().slice(before)).toMatchObject([
      { requests: 1, failedRequests: 1, cacheHits: 1, p95Seconds: expect.closeTo(0.0098, 3) },
      { requests: 0, failedRequests: 0, cacheHits: 0, p95Seconds: null },
    ]);
  });

  it('keeps an hour', async () => {
    const { reader } = meters();
    const history = new History(() => reader.read(), 3_600);
    histories.push(history);
    for (let count = 0; count < 730; count += 1) await history.sample();
    expect(history.samples()).toHaveLength(720);
  });

  it('goes on after a failure to read', async () => {
    const { reader } = meters();
    let fails = false;
    const history = new History(() => (fails ? Promise.reject(new Error('no')) : reader.read()), 3_600);
    histories.push(history);
    await history.sample();
    const before = history.samples().length;
    fails = true;
    await history.sample();
    fails = false;
    await history.sample();
    expect(history.samples()).toHaveLength(before + 1);
  });
});
