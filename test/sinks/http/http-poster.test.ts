/** Requests of the sinks against servers that fail in every way. */
import path from 'node:path';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { DeliveryError } from '../../../src/sinks/delivery-error.js';
import { HttpPoster, type HttpPosterOptions, type SinkFetch } from '../../../src/sinks/http/http-poster.js';
import { startTlsServer } from '../../harness/tls-server.js';
import { runFixture } from '../../run-fixture.js';
import { accept, refusingAddress, startReceiver, startSocketServer, status } from './receiver.js';

const KEY = 'key-7f3a';

interface PostOptions extends Partial<HttpPosterOptions> {
  readonly signal?: AbortSignal;
  readonly divisible?: boolean;
  readonly body?: string;
}

function post(
  url: string,
  { signal, divisible = true, body = '{}', ...options }: PostOptions = {},
): Promise<void> {
  const poster = new HttpPoster({ timeoutMillis: 20_000, secrets: [KEY], ...options });
  return poster.post({ url, headers: { authorization: `Bearer ${KEY}` }, body, divisible, signal });
}

/** Returns the error with which a request ends, as an object without what is absent. */
async function failure(sending: Promise<void>): Promise<object> {
  const error = await sending.then(
    () => Promise.reject(new Error('it was delivered')),
    (reason: unknown) => reason as DeliveryError,
  );
  expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(KEY);
  expect(error.cause).toBeUndefined();
  const { message, outcome, delivered, affected, retryAfterMillis } = error;
  return Object.fromEntries(
    Object.entries({ message, outcome, delivered, affected, retryAfterMillis }).filter(
      ([, value]) => value !== undefined && value !== 0,
    ),
  );
}

describe('An answer', () => {
  it.each([200, 201, 202, 204])('%i is an acceptance', async (code) => {
    const receiver = await startReceiver();
    receiver.answer = status(code);
    await expect(post(receiver.url)).resolves.toBeUndefined();
  });

  it.each<[code: number, body: string | object, outcome: string, detail: string]>([
    [400, { error: 'event 3 has no session_id' }, 'refused', ': {"error":"event 3 has no session_id"}'],
    [401, `unknown key ${KEY}`, 'refused', ': unknown key [REDACTED]'],
    [404, '', 'refused', ''],
    [413, '', 'too-large', ''],
    [408, '', 'retry', ''],
    [425, '', 'retry', ''],
    [429, 'slow\r\n\u001b[31m down', 'retry', ': slow [31m down'],
    [500, 'x'.repeat(500), 'retry', `: ${'x'.repeat(200)}…`],
    [502, '', 'retry', ''],
    [503, 'busy', 'retry', ': busy'],
    [503, { error: 'High Memory Usage' }, 'too-large', ': {"error":"High Memory Usage"}'],
    [504, '', 'retry', ''],
  ])('%i with %o means: %s', async (code, body, outcome, detail) => {
    const receiver = await startReceiver();
    receiver.answer = status(code, body);
    expect(await failure(post(receiver.url))).toEqual({
      message: `the endpoint answered ${code}${detail}`,
      outcome,
    });
  });

  it('503 with "high memory usage" means a retry if the batch cannot be split', async () => {
    const receiver = await startReceiver();
    receiver.answer = status(503, 'high memory usage');
    expect(await failure(post(receiver.url, { divisible: false }))).toMatchObject({ outcome: 'retry' });
  });

  it('that is a page for humans is not quoted', async () => {
    const receiver = await startReceiver();
    receiver.answer = status(502, '<html>', { 'content-type': 'text/html' });
    expect(await failure(post(receiver.url))).toEqual({
      message: 'the endpoint answered 502',
      outcome: 'retry',
    });
  });

  it.each([301, 302, 303, 307, 308])('%i is not followed', async (code) => {
    const other = await startReceiver();
    const receiver = await startReceiver();
    receiver.answer = status(code, '', { location: `${other.url}/?key=${KEY}` });
    expect(await failure(post(receiver.url))).toEqual({
      message: `the endpoint answered ${code}, a redirect, which is not followed; use the address that it leads to`,
      outcome: 'retry',
    });
    expect(other.requests).toEqual([]);
  });
});

describe('Retry-After', () => {
  const DATE = 'Sun, 06 Nov 2033 08:49:37 GMT';
  it.each<[value: string, date: string | undefined, millis: number | undefined]>([
    ['7', undefined, 7_000],
    ['0', undefined, 0],
    ['1.5', undefined, 1_500],
    // The clock of the server counts, not that of this machine.
    ['Sun, 06 Nov 2033 08:49:47 GMT', DATE, 10_000],
    ['Sun, 06 Nov 2033 08:49:27 GMT', DATE, 0],
    ['soon', undefined, undefined],
    ['-5', undefined, undefined],
    ['', undefined, undefined],
  ])('of "%s" at %s is %s milliseconds', async (value, date, millis) => {
    const receiver = await startReceiver();
    receiver.answer = status(429, '', { 'retry-after': value, ...(date !== undefined && { date }) });
    const error = await post(receiver.url).catch((reason: unknown) => reason as DeliveryError);
    expect(error?.retryAfterMillis).toBe(millis);
  });
});

describe('A request', () => {
  it('that is refused by the machine may be repeated', async () => {
    expect(await failure(post(await refusingAddress()))).toEqual({
      message: 'the endpoint cannot be reached (ECONNREFUSED)',
      outcome: 'retry',
    });
  });

  it('to a name that does not exist may be repeated', async () => {
    expect(await failure(post('http://sink.invalid/', { timeoutMillis: 20_000 }))).toEqual({
      message: expect.stringMatching(/^the endpoint cannot be reached \((ENOTFOUND|EAI_AGAIN)\)$/),
      outcome: 'retry',
    });
  });

  it.each<[what: string, answer: string]>([
    ['answered with garbage', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['answered with half a header', 'HTTP/1.1 202 Acce'],
    ['closed without an answer', ''],
  ])('that is %s may be repeated', async (_what, answer) => {
    const url = await startSocketServer((socket) => socket.once('data', () => socket.end(answer)));
    expect(await failure(post(url))).toEqual({
      message: expect.stringMatching(
        /^the endpoint cannot be reached \((HPE_\w+|UND_ERR_SOCKET|ECONNRESET)\)$/,
      ),
      outcome: 'retry',
    });
  });

  it('that is reset within its body may be repeated', async () => {
    const url = await startSocketServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await failure(post(url, { body: 'x'.repeat(5_000_000), timeoutMillis: 20_000 }))).toEqual({
      message: expect.stringMatching(
        /^the endpoint cannot be reached \((ECONNRESET|EPIPE|UND_ERR_SOCKET)\)$/,
      ),
      outcome: 'retry',
    });
  });

  it.each<[what: string, answer: string]>([
    ['never answered', ''],
    ['answered in slow drips', 'HTTP/1.1 20'],
  ])('that is %s ends in time', async (_what, answer) => {
    const url = await startSocketServer((socket) => socket.once('data', () => socket.write(answer)));
    const expected = { message: 'there was no answer in time', outcome: 'retry' };
    expect(await failure(post(url, { timeoutMillis: 50 }))).toEqual(expected);
    expect(await failure(post(url, { signal: AbortSignal.timeout(50) }))).toEqual(expected);
  });

  it('ends in time although its fetch goes on', async () => {
    const fetch: SinkFetch = () => new Promise(() => {});
    const expected = { message: 'there was no answer in time', outcome: 'retry' };
    expect(await failure(post('http://sink.invalid', { fetch, timeoutMillis: 50 }))).toEqual(expected);
    expect(await failure(post('http://sink.invalid', { fetch, signal: AbortSignal.abort() }))).toEqual(
      expected,
    );
  });

  it('to a certificate that is not trusted may be repeated', async () => {
    const { url } = await startTlsServer((_request, response) => response.end());
    expect(await failure(post(url, { timeoutMillis: 20_000 }))).toEqual({
      message: 'the endpoint cannot be reached (DEPTH_ZERO_SELF_SIGNED_CERT)',
      outcome: 'retry',
    });
  });

  it('of TLS to a server without it may be repeated', async () => {
    const receiver = await startReceiver();
    expect(
      await failure(post(receiver.url.replace('http:', 'https:'), { timeoutMillis: 20_000 })),
    ).toMatchObject({ outcome: 'retry' });
  });
});

describe('The body of an acceptance', () => {
  it.each<[what: string, after: string]>([
    ['breaks off', 'reset'],
    ['never ends', 'drip'],
  ])('may be one that %s', async (_what, after) => {
    const receiver = await startReceiver();
    receiver.answer = (response) => {
      response.writeHead(202, { 'content-length': '1000' }).write('{');
      if (after === 'reset') setTimeout(() => response.destroy(), 20);
    };
    const started = performance.now();
    await post(receiver.url, { timeoutMillis: 10_000 });
    expect(performance.now() - started).toBeLessThan(9_000);
  });

  it('does not count towards the time of the request', async () => {
    const receiver = await startReceiver();
    receiver.answer = (response) => void response.writeHead(202, { 'content-length': '1000' }).write('{');
    await expect(post(receiver.url, { timeoutMillis: 20_000 })).resolves.toBeUndefined();
    receiver.answer = (response) => void response.writeHead(500, { 'content-length': '1000' }).write('{');
    expect(await failure(post(receiver.url, { timeoutMillis: 20_000 }))).toMatchObject({ outcome: 'retry' });
  });

  it('is not read beyond a limit', async () => {
    const receiver = await startReceiver();
    let written = 0;
    receiver.answer = (response) => {
      response.writeHead(202);
      const more = () => {
        while (!response.destroyed) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
        }
      };
      more();
    };
    await post(receiver.url, { timeoutMillis: 10_000 });
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });
});

it('Requests reuse connections, whatever the answers', async () => {
  const receiver = await startReceiver();
  const answers = [accept, status(500, 'no'), status(429), status(202, 'x'.repeat(10_000)), status(302)];
  for (let n = 0; n < 20; n += 1) {
    receiver.answer = answers[n % answers.length] ?? accept;
    await post(receiver.url).catch(() => {});
  }
  // Node (20.20) opens another one for a request that follows an answer at once.
  const used = receiver.requests.map(({ connection }) => connection);
  const isUsedAgain = used.map((connection, n) => used.indexOf(connection, n + 1) !== -1);
  const reused = answers.map((_answer, kind) =>
    isUsedAgain.some((is, n) => is && n % answers.length === kind),
  );
  expect(reused).toEqual(answers.map(() => true));
});

describe('Option "fetch"', () => {
  it('replaces that of Node', async () => {
    const requests: unknown[] = [];
    const fetch: SinkFetch = async (url, { method, redirect, body }) => {
      requests.push([url, method, redirect, String(Buffer.from(body))]);
      return new Response(null, { status: 202 });
    };
    await post('https://sink.invalid/events', { fetch });
    expect(requests).toEqual([['https://sink.invalid/events', 'POST', 'manual', '{}']]);
  });

  it.each<[what: string, fetch: unknown, message: string]>([
    [
      'throws what quotes the key',
      () => {
        throw new TypeError(`Bearer ${KEY}`);
      },
      'the endpoint cannot be reached (TypeError)',
    ],
    ['rejects with nothing', () => Promise.reject(), 'the endpoint cannot be reached (unknown error)'],
    [
      'returns nothing',
      async () => undefined,
      'option "fetch" returned no response; it must return that of fetch',
    ],
    [
      'hides a redirect',
      async () => ({ status: 0, type: 'opaqueredirect' }),
      'the endpoint answered with a redirect, which is not followed; use the address that it leads to',
    ],
    ['has no headers and no body', async () => ({ status: 500 }), 'the endpoint answered 500'],
  ])('that %s makes a request that may be repeated', async (_what, fetch, message) => {
    expect(await failure(post('http://sink.invalid', { fetch: fetch as SinkFetch }))).toEqual({
      message,
      outcome: 'retry',
    });
  });
});

describe('The application', () => {
  it('that replaces fetch after this package was loaded does not get the requests', async () => {
    const receiver = await startReceiver();
    const replaced = vi.fn();
    vi.stubGlobal('fetch', replaced);
    onTestFinished(() => void vi.unstubAllGlobals());
    await post(receiver.url);
    expect([receiver.requests.length, replaced.mock.calls.length]).toEqual([1, 0]);
  });

  it('that instruments fetch has no span of a request, and no header of its trace on one', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const instrumentation = new UndiciInstrumentation();
    instrumentation.setTracerProvider(provider);
    onTestFinished(() => {
      instrumentation.disable();
      context.disable();
      propagation.disable();
    });
    const receiver = await startReceiver();
    await provider.getTracer('app').startActiveSpan('call', async (span) => {
      await post(receiver.url);
      await fetch(receiver.url, { method: 'POST' });
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
    });
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['POST', 'call']);
    expect(receiver.requests.map(({ headers }) => typeof headers.traceparent)).toEqual([
      'undefined',
      'string',
    ]);
  });
});

it('An idle connection does not keep the process alive', () => {
  const {
    stdout,
    stderr,
    status: code,
  } = runFixture(path.join(import.meta.dirname, '../fixtures/one-post.ts'));
  expect({ stdout, stderr, code }).toEqual({ stdout: 'delivered\n', stderr: '', code: 0 });
});
