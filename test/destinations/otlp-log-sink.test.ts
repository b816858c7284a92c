/** OtlpLogSink through a real Collector, which passes the records on as JSON. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { binaryPath, cacheFolder } from '../../scripts/backends/binaries.mjs';
import { freePorts } from '../../scripts/backends/free-ports.js';
import { type ServerProcess, startServer } from '../../scripts/backends/server-process.js';
import { lineOf } from '../../src/sinks/json-lines.js';
import { OtlpLogSink } from '../../src/sinks/otlp-log-sink.js';
import { makeEvent } from '../delivery/make-event.js';
import { type Receiver, startReceiver, status } from '../sinks/http/receiver.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'collector-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts a Collector that takes OTLP over HTTP and passes logs on to a receiver, in the JSON form of OTLP. */
async function startCollector(receiver: Receiver): Promise<string> {
  const ports = await freePorts('otlp', 'health');
  const config = path.join(folder, 'collector.yaml');
  writeFileSync(
    config,
    `
extensions:
  health_check:
    endpoint: 127.0.0.1:${ports.health}
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:${ports.otlp}
exporters:
  otlp_http:
    endpoint: ${receiver.url}
    encoding: json
    compression: none
service:
  extensions: [health_check]
  pipelines:
    logs:
      receivers: [otlp]
      exporters: [otlp_http]
  telemetry:
    metrics:
      level: none
`,
  );
  const server: ServerProcess = await startServer({
    name: 'The OpenTelemetry Collector',
    binary: binaryPath('otelcol'),
    args: ['--config', config],
    env: {},
    health: `http://127.0.0.1:${ports.health}/`,
    logFile: path.join(cacheFolder, 'logs', 'otlp-log-sink.collector.log'),
  });
  onTestFinished(() => server.stop());
  return `http://127.0.0.1:${ports.otlp}`;
}

/** A value of OTLP as the value that it stands for. */
function plain(value: Record<string, unknown> | undefined): unknown {
  const [kind, content] = Object.entries(value ?? {})[0] ?? [];
  if (kind === 'intValue') return Number(content);
  if (kind === 'arrayValue') return ((content as { values?: [] }).values ?? []).map(plain);
  if (kind === 'kvlistValue') return keyValues((content as { values?: [] }).values ?? []);
  return content;
}

function keyValues(entries: readonly { key: string; value: Record<string, unknown> }[]): object {
  return Object.fromEntries(entries.map(({ key, value }) => [key, plain(value)]));
}

it.each([false, true])('Events arrive behind a Collector as they were, rawLine: %s', async (rawLine) => {
  const receiver = await startReceiver();
  receiver.answer = status(200, {});
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await startCollector(receiver));
  vi.stubEnv('OTEL_SERVICE_NAME', 'desk');
  const sink = new OtlpLogSink({ rawLine });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sink.shutdown();
  });
  const events = [1, 2, 3].map((n) => ({ ...makeEvent(n, 'é " 😀'), tags: ['eu', 'beta'] }));
  await sink.send(events, events.map(lineOf));
  while (receiver.requests.length === 0) await sleep(20);

  const [resourceLogs] = JSON.parse(String(receiver.requests[0]?.body)).resourceLogs;
  expect(keyValues(resourceLogs.resource.attributes)).toEqual({ 'service.name': 'desk' });
  const { scope, logRecords } = resourceLogs.scopeLogs[0];
  expect(scope.name).toBe('opentelemetry-instrumentation-openai-agents');
  expect(logRecords.map(({ body }: { body: Record<string, unknown> }) => plain(body))).toEqual(
    rawLine ? events.map(lineOf) : events,
  );
  const [{ attributes, body, observedTimeUnixNano, ...record }] = logRecords;
  expect(record).toEqual({
    timeUnixNano: '1700000000000000000',
    severityNumber: 9,
    severityText: 'INFO',
    eventName: 'ai.chaukas.system',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    flags: 1,
  });
  expect(keyValues(attributes)).toMatchObject({
    'chaukas.event.id': 'event-1',
    'session.id': 'session',
    'chaukas.tags': ['eu', 'beta'],
  });
});
