/** Runs the demo through the collector configuration for users, and reads it back from Jaeger span by span. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBackends } from '../../scripts/backends/processes.js';
import { fetchTrace, type JaegerSpan } from './jaeger-query.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The parts of the OTLP exporter's requests that are compared. */
interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: SentValue }[];
  events: { name: string; attributes: { key: string; value: SentValue }[] }[];
  status: { code?: number; message?: string };
}
interface SentValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | string;
  doubleValue?: number;
  arrayValue?: { values: SentValue[] };
}
interface SentRequest {
  resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[];
}

let backends: Awaited<ReturnType<typeof startBackends>>;
let relay: Server;
const sent: SentSpan[] = [];

beforeAll(async () => {
  backends = await startBackends({ label: 'demo' });
  // A proxy between the demo and the collector that records what the demo sent.
  relay = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks);
      if (request.url === '/v1/traces') {
        const { resourceSpans } = JSON.parse(body.toString()) as SentRequest;
        sent.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
      }
      const answer = await fetch(`${backends.otlpEndpoint}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': String(request.headers['content-type']) },
        body,
      });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  relay?.close();
  await backends?.stop();
});

it('every span of the demo is in Jaeger, with its parent, attributes, events and status', async () => {
  const endpoint = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
  const { stdout } = await run('npm', ['run', 'demo'], {
    cwd: root,
    // The Agents SDK would not trace with the NODE_ENV that vitest sets.
    env: { ...process.env, NODE_ENV: 'production', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  });
  expect(stdout).toContain(`traces were exported to ${endpoint}`);

  const traceIds = [...stdout.matchAll(/^trace ([0-9a-f]{32})$/gm)].map(([, id]) => String(id));
  expect(traceIds).toHaveLength(4);
  expect(new Set(sent.map((span) => span.traceId))).toEqual(new Set(traceIds));

  const read: JaegerSpan[] = [];
  for (const traceId of traceIds) {
    const spans = sent.filter((span) => span.traceId === traceId).length;
    read.push(...(await fetchTrace(backends.jaegerOrigin, traceId, { spans })));
  }
  expect(read).toHaveLength(sent.length);
  for (const span of sent) {
    const found = read.find((candidate) => candidate.spanId === span.spanId);
    expect(found).toMatchObject({
      name: span.name,
      serviceName: 'support-desk',
      status: status(span.status),
      events: span.events.map((event) => ({ name: event.name, attributes: values(event.attributes) })),
    });
    expect(found?.parentSpanId).toBe(span.parentSpanId);
    // Jaeger remarks on a span that starts and ends in the same millisecond, as a handoff may.
    const { '@jaeger@warnings': _, ...attributes } = found?.attributes ?? {};
    expect(attributes).toEqual(values(span.attributes));
  }

  // The features that the demo is meant to show are there.
  const retried = read.find((span) =>
    span.events.some((event) => event.name === 'openai_agents.request.retry'),
  );
  expect(retried?.name).toBe('chat gpt-5-mini');
  expect(read.filter((span) => span.name === 'execute_tool issue_refund')).toHaveLength(2);
});

function status({ code, message }: SentSpan['status']): object {
  const name = ['UNSET', 'OK', 'ERROR'][code ?? 0];
  return { code: name, ...(message !== undefined && { description: message }) };
}

function values(attributes: readonly { key: string; value: SentValue }[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: SentValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plain);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
