/** A service on a real port, called with fetch. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRoute, z } from '@hono/zod-openapi';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpService } from '../../../examples/service/http-service.js';
import { createLogger } from '../../../examples/service/logger.js';
import { ProblemError } from '../../../examples/service/problem.js';
import { type Listening, listen } from '../../../examples/service/serve.js';
import { pageHeaders, staticFiles } from '../../../examples/service/static-files.js';

const spans = new InMemorySpanExporter();
let service: Listening;
let folder: string;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  );
  folder = await mkdtemp(path.join(tmpdir(), 'service-'));
  service = await listen(createTestService(path.join(folder, 'service.log')), {
    PORT: 0,
    HOST: '127.0.0.1',
    SHUTDOWN_SECONDS: 5,
  });
});

afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
  trace.disable();
  propagation.disable();
  context.disable();
});

function createTestService(logFile: string) {
  const logger = createLogger({ name: 'test', level: 'info', file: logFile, stdout: false });
  const app = createHttpService({
    name: 'test',
    title: 'Test service',
    version: '1.0.0',
    description: 'For tests.',
    environment: { CORS_ORIGIN: 'https://app.example', BODY_LIMIT_BYTES: 100 },
    logger,
  });
  const route = createRoute({
    method: 'post',
    path: '/orders/{id}',
    request: {
      params: z.object({ id: z.string() }),
      body: {
        required: true,
        content: { 'application/json': { schema: z.object({ items: z.array(z.int()) }) } },
      },
    },
    responses: { 200: { description: 'An order.' } },
  });
  app.openapi(route, (c) => {
    const { id } = c.req.valid('param');
    if (id === 'gone') {
      const headers = { 'retry-after': '3' };
      throw new ProblemError({
        status: 410,
        code: 'order_gone',
        title: 'Gone',
        detail: 'No order.',
        headers,
      });
    }
    if (id === 'broken') throw new TypeError('password=hunter2');
    return c.json({ id });
  });
  app.use('/page/*', pageHeaders(), staticFiles({ folder: import.meta.dirname, below: '/page/' }));
  return app;
}

function post(id: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${service.url}/orders/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
}

describe('An error', () => {
  it.each([
    ['a wrong value', 'a', '{"items":["x"]}', 400, 'invalid_request', /^items\.0: Invalid input/],
    ['no JSON', 'a', '{', 400, 'invalid_request', /Malformed JSON/],
    [
      'a large body',
      'a',
      `{"items":[${'1,'.repeat(60)}1]}`,
      413,
      'body_too_large',
      /^A body may have 100 bytes\.$/,
    ],
    ['an error of the handler', 'gone', '{"items":[]}', 410, 'order_gone', /^No order\.$/],
    ['a fault', 'broken', '{"items":[]}', 500, 'internal_error', /^The service has an error; its log/],
  ])('by %s is a problem with status and code', async (_, id, body, status, code, detail) => {
    const response = await post(id, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const answer: unknown = await response.json();
    expect(answer).toMatchObject({
      type: 'about:blank',
      status,
      code,
      detail: expect.stringMatching(detail),
    });
    expect(answer).toHaveProperty('request_id', response.headers.get('x-request-id'));
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|at .*\.ts/);
  });

  it('names the places of the request that are wrong', async () => {
    const answer: unknown = await (await post('a', '{"items":["x",2,"y"]}')).json();
    expect(answer).toMatchObject({ errors: [{ path: 'items.0' }, { path: 'items.2' }] });
  });

  it('has the headers of its problem', async () => {
    expect((await post('gone', '{"items":[]}')).headers.get('retry-after')).toBe('3');
  });

  it('at an unknown path names the list of routes', async () => {
    const response = await fetch(`${service.url}/nowhere`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: 'not_found',
      detail: 'There is nothing at GET /nowhere; /openapi.json lists the routes.',
    });
  });

  it('does not follow from a body without a length that is small', async () => {
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const sent = request(`${service.url}/orders/a`, { method: 'POST', headers }, (answer) => {
        resolve(answer.resume().statusCode);
      });
      sent.once('error', reject);
      sent.end('{"items":[]}');
    });
    expect(status).toBe(200);
    const unknown = await fetch(`${service.url}/orders/a`, { method: 'DELETE' });
    expect(unknown.status).toBe(404);
  });

  it('is also the answer to a large body without a length', async () => {
    const response = await new Promise<{ statusCode?: number | undefined }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const sent = request(`${service.url}/orders/a`, { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer);
      });
      sent.once('error', reject);
      sent.end(`{"items":[${'1,'.repeat(60)}1]}`);
    });
    expect(response.statusCode).toBe(413);
  });
});

describe('A request', () => {
  it('keeps an id that the caller chose, if it is sane', async () => {
    const own = await post('a', '{"items":[]}', { 'x-request-id': 'abc-123' });
    expect(own.headers.get('x-request-id')).toBe('abc-123');
    const made = await post('a', '{"items":[]}', { 'x-request-id': 'a b"c' });
    expect(made.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('is a span of the caller’s trace, a header and a log line with one trace id', async () => {
    spans.reset();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const response = await post('42', '{"items":[]}', { traceparent, 'x-request-id': 'traced' });
    expect(response.headers.get('x-trace-id')).toBe(traceId);
    await expect.poll(() => spans.getFinishedSpans()).toHaveLength(1);
    const [span] = spans.getFinishedSpans();
    expect(span?.name).toBe('POST /orders/:id');
    expect(span?.spanContext().traceId).toBe(traceId);
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/orders/:id',
      'http.response.status_code': 200,
      'url.path': '/orders/42',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
    });
    expect(await logLine('traced')).toMatchObject({
      msg: 'request',
      method: 'POST',
      path: '/orders/42',
      route: '/orders/:id',
      status: 200,
      trace_id: traceId,
      span_id: span?.spanContext().spanId,
    });
  });

  it('that fails is a span with an error', async () => {
    spans.reset();
    await post('broken', '{"items":[]}');
    await expect.poll(() => spans.getFinishedSpans()).toHaveLength(1);
    const [span] = spans.getFinishedSpans();
    expect(span?.status.code).toBe(2);
    expect(span?.attributes).toMatchObject({ 'error.type': '500', 'http.response.status_code': 500 });
  });

  it('of a browser is allowed for the configured origins', async () => {
    const origin = async (value: string) => {
      const response = await fetch(`${service.url}/healthz`, { headers: { origin: value } });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await origin('https://app.example')).toBe('https://app.example');
    expect(await origin('https://other.example')).toBeNull();
  });
});

describe('A service', () => {
  it('says that it is well', async () => {
    const answer: unknown = await (await fetch(`${service.url}/healthz`)).json();
    expect(answer).toEqual({ status: 'ok', service: 'test', version: '1.0.0' });
  });

  it('describes its routes', async () => {
    const answer: unknown = await (await fetch(`${service.url}/openapi.json`)).json();
    expect(answer).toMatchObject({
      openapi: '3.1.0',
      info: { title: 'Test service' },
      paths: { '/healthz': { get: {} }, '/orders/{id}': { post: {} } },
    });
  });

  it.each([
    ['/docs', 'text/html', 'swagger-ui-bundle.js'],
    ['/docs/start.js', 'text/javascript', '/openapi.json'],
    ['/docs/swagger-ui-bundle.js', 'text/javascript', 'SwaggerUIBundle'],
    ['/docs/swagger-ui.css', 'text/css', '.swagger-ui'],
    ['/redoc', 'text/html', 'redoc.standalone.js'],
    ['/redoc/redoc.standalone.js', 'text/javascript', 'redoc'],
    ['/page/http-service.test.ts', 'video/mp2t', 'a string of this file'],
  ])('serves %s', async (file, type, content) => {
    const response = await fetch(service.url + file);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain(type);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toContain(content);
  });

  it.each(['/page/..%2fservice%2fchromium.test.ts', '/page/%2e%2e/package.json', '/page//etc/passwd'])(
    'does not serve %s',
    async (file) => {
      const status = await new Promise((resolve, reject) => {
        // fetch would tidy the path up.
        request(service.url, { path: file }, (answer) => resolve(answer.resume().statusCode))
          .once('error', reject)
          .end();
      });
      expect(status).toBe(404);
    },
  );

  it('names the port that is taken', async () => {
    const app = createTestService(path.join(folder, 'second.log'));
    const PORT = Number(new URL(service.url).port);
    await expect(listen(app, { PORT, HOST: '127.0.0.1', SHUTDOWN_SECONDS: 0 })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${PORT}: set PORT to a free one, or to 0 for any.`,
    );
  });
});

async function logLine(requestId: string): Promise<unknown> {
  const lines = () =>
    readFileSync(path.join(folder, 'service.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes(`"request_id":"${requestId}"`));
  await expect.poll(lines).toHaveLength(1);
  return JSON.parse(lines()[0] ?? '');
}
