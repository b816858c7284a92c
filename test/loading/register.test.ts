// The package switched on by `node --import …/register`, for applications that know nothing of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type ChaukasEvent, decodeBatch, decodeEventRequest } from '../../src/chaukas/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { otlpSpanTree } from './otlp-span-tree.js';
import { eventsOfCalls, runProgram } from './run-app.js';
import { WEATHER_APP_SPANS, WEATHER_APP_STDOUT } from './weather-app.js';

const REGISTER = 'opentelemetry-instrumentation-openai-agents/register';
const JSON_EXPORT = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };

function start(app: string, env: Record<string, string> = {}, how = '--import') {
  return runProgram({ nodeArguments: [how, REGISTER, app], env: { ...JSON_EXPORT, ...env } });
}

/** As {@link start}, on a machine that may be too slow for the limits of the package. */
function startPatiently(app: string, env: Record<string, string>) {
  const nodeArguments = ['--import', './longer-limits.mjs', '--import', REGISTER, app];
  return runProgram({ nodeArguments, env: { ...JSON_EXPORT, ...env } });
}

/** The variable with which the events of a process come to its file in the test. */
const EVENTS = { CHAUKAS_OUTPUT_FILE: 'EVENTS_FILE' };

describe.concurrent.each([
  { what: 'An ESM application', how: '--import', app: 'app.mjs' },
  { what: 'A CommonJS application', how: '--import', app: 'app.cjs' },
  { what: 'A CommonJS application with --require', how: '--require', app: 'app.cjs' },
])('$what', ({ how, app }) => {
  test('has its runs and calls traced, and prints nothing more', async () => {
    const run = await start(app, {}, how);
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT, events: [] });
    expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
  });
});

test.concurrent('NODE_OPTIONS switches everything on as well', async () => {
  const run = await runProgram({
    nodeArguments: ['app.mjs'],
    env: { ...JSON_EXPORT, NODE_OPTIONS: `--import ${REGISTER}` },
  });
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
  expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
});

describe.concurrent('A variable', () => {
  test('CHAUKAS_TENANT_ID starts the event stream', async () => {
    const run = await start('app.mjs', { CHAUKAS_TENANT_ID: 'acme', ...EVENTS });
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
    expect(run.events[0]).toMatchObject({ tenant_id: 'acme' });
    expect(streamViolations(run.events)).toEqual([]);
    expect(eventsOfCalls(run.events)).toHaveLength(17);
  });

  test('CHAUKAS_FLUSH_INTERVAL with a wrong value is reported, and the traces come', async () => {
    const run = await start('app.mjs', { CHAUKAS_FLUSH_INTERVAL: 'soon' });
    expect(run).toMatchObject({ exitCode: 0, stdout: WEATHER_APP_STDOUT });
    expect(run.stderr).toContain("startTelemetry: variable CHAUKAS_FLUSH_INTERVAL is 'soon'");
    expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
  });

  test('OTEL_INSTRUMENTATION_OPENAI_AGENTS_WORKFLOW_SPANS sets its option', async () => {
    const run = await start('app.mjs', { OTEL_INSTRUMENTATION_OPENAI_AGENTS_WORKFLOW_SPANS: 'multi-agent' });
    expect(otlpSpanTree(run.spans)[0]).toBe('invoke_agent weather_agent [INTERNAL]');
  });

  test('OTEL_SDK_DISABLED switches everything off', async () => {
    const run = await start('app.mjs', { OTEL_SDK_DISABLED: 'true', CHAUKAS_TENANT_ID: 'acme' });
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT, spans: [] });
  });

  test('OTEL_TRACES_EXPORTER=console prints the spans', async () => {
    const run = await start('app.mjs', { OTEL_TRACES_EXPORTER: 'Console' });
    expect(run).toMatchObject({ exitCode: 0, stderr: '', spans: [] });
    expect(run.stdout).toContain("name: 'execute_tool get_weather'");
  });

  test('OTEL_TRACES_SAMPLER samples the traces, and not the events', async () => {
    const run = await start('app.mjs', {
      OTEL_TRACES_SAMPLER: 'ALWAYS_OFF',
      ...EVENTS,
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: WEATHER_APP_STDOUT, spans: [] });
    expect(eventsOfCalls(run.events)).toHaveLength(17);
  });
});

test.concurrent('CHAUKAS_OUTPUT_MODE=api,file sends the events to the API as well, before the process ends', async () => {
  const received: ChaukasEvent[] = [];
  const api = createServer(async (request, response) => {
    const body = await buffer(request);
    received.push(...(request.url === '/v1/events' ? [decodeEventRequest(body)] : decodeBatch(body).events));
    response.writeHead(request.headers.authorization === 'Bearer key-1' ? 202 : 401).end();
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const run = await start('app.mjs', {
    CHAUKAS_OUTPUT_MODE: 'api,file',
    CHAUKAS_ENDPOINT: `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1`,
    CHAUKAS_API_KEY: 'key-1',
    CHAUKAS_TENANT_ID: 'acme',
    CHAUKAS_PROJECT_ID: 'desk',
    ...EVENTS,
  });
  api.close();
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
  expect(eventsOfCalls(run.events)).toHaveLength(17);
  const ids = (events: readonly ChaukasEvent[]) => events.map(({ event_id }) => event_id);
  expect(ids(received)).toEqual(ids(run.events));
});

test.concurrent('OTEL_CONFIG_FILE sets everything up, and the event stream is added', async () => {
  const run = await start('app.mjs', { OTEL_CONFIG_FILE: './otel.yaml', ...EVENTS });
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
  expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
  expect(eventsOfCalls(run.events)).toHaveLength(17);
});

test.concurrent('startTelemetry() does the same with options', async () => {
  const run = await runProgram({
    nodeArguments: ['--import', './start-telemetry.mjs', 'app.mjs'],
    env: { ...JSON_EXPORT, OTEL_LOG_LEVEL: 'ERROR' },
  });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.stdout).toBe(
    `${WEATHER_APP_STDOUT}chat plain of weather { exported: 5, failed: 0, waiting: 0 } true\n`,
  );
  expect(otlpSpanTree(run.spans)[0]).toBe('invoke_agent weather_agent [INTERNAL]');
  expect(streamViolations(run.events)).toEqual([]);
});

/** Longer than a test may take. */
const NO_TIMEOUTS = {
  OTEL_EXPORTER_OTLP_TIMEOUT: '600000',
  OTEL_METRIC_EXPORT_TIMEOUT: '600000',
  OTEL_METRIC_EXPORT_INTERVAL: '600000',
  OTEL_BSP_EXPORT_TIMEOUT: '600000',
};

describe.concurrent('A collector that never answers', () => {
  test.each<[what: string, program: Parameters<typeof runProgram>[0], end: object]>([
    // The exporter's own timeout is the limit then: its connection keeps the process alive.
    [
      'ends by itself',
      { nodeArguments: ['ends.mjs'], env: { ENDS: 'by itself', OTEL_EXPORTER_OTLP_TIMEOUT: '10000' } },
      { exitCode: 4 },
    ],
    [
      'exits',
      { nodeArguments: ['ends.mjs'], env: { ENDS: 'process.exit()', ...NO_TIMEOUTS } },
      { exitCode: 5 },
    ],
    [
      'gets a SIGTERM',
      { nodeArguments: ['waits.mjs'], env: { APP: './subpath.mjs', ...NO_TIMEOUTS }, signal: 'SIGTERM' },
      { signal: 'SIGTERM' },
    ],
  ])('does not keep a process that %s', async (_what, { nodeArguments, env, signal }, end) => {
    const collector = createServer(() => {});
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    const run = await runProgram({
      nodeArguments: ['--import', REGISTER, ...nodeArguments],
      env: { ...JSON_EXPORT, ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
      signal,
    });
    collector.closeAllConnections();
    collector.close();
    expect(run).toMatchObject(end);
  });
});

describe.concurrent.each([
  { when: 'before its first call', env: {} as Record<string, string>, own: WEATHER_APP_SPANS.length },
  { when: 'after its first calls', env: { LATE: 'yes' }, own: 0 },
])('An application that registers its own provider $when', ({ env, own }) => {
  test('gets the spans from then on, and nothing is exported twice', async () => {
    // A NodeSDK that is given a level complains of the logger that is there.
    const run = await startPatiently('own-sdk.mjs', { OTEL_LOG_LEVEL: '', ...env });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = run.stdout.split('\n');
    expect(lines).toContain('own span');
    expect(lines).toContain('context is active');
    expect(lines.filter((line) => /^(chat|invoke|execute)/.test(line))).toHaveLength(own);
    expect(run.spans).toHaveLength(WEATHER_APP_SPANS.length - own);
  });
});

test.concurrent('An application’s own provider gets the event stream too', async () => {
  const run = await startPatiently('own-sdk.mjs', { OTEL_LOG_LEVEL: '', ...EVENTS });
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(eventsOfCalls(run.events)).toHaveLength(17);
});

test.concurrent('An application’s own provider gets the span processors of startTelemetry() too', async () => {
  const run = await runProgram({
    nodeArguments: ['--import', './longer-limits.mjs', '--import', './start-telemetry.mjs', 'own-sdk.mjs'],
    env: { ...JSON_EXPORT, OTEL_LOG_LEVEL: '' },
  });
  expect(run).toMatchObject({ exitCode: 0, stderr: '', spans: [] });
  expect(run.stdout).toMatch(
    /^own span of unknown_service:\S*node { exported: 0, failed: 0, waiting: 0 } true$/m,
  );
});

describe.concurrent.each([
  'by itself',
  'process.exit()',
  'an uncaught exception',
  'a rejection',
  'process.exit() in a listener',
])('A process that ends by %s', (ends) => {
  test('has delivered its spans and events, and its exit code is that without this package', async () => {
    const env = { ENDS: ends };
    const bare = await runProgram({ nodeArguments: ['ends.mjs'], env });
    const run = await startPatiently('ends.mjs', { ...env, ...EVENTS });
    expect([run.exitCode, run.signal, run.stdout]).toEqual([bare.exitCode, bare.signal, bare.stdout]);
    expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
    expect(eventsOfCalls(run.events)).toHaveLength(17);
    expect(streamViolations(run.events)).toEqual([]);
  });
});

describe.concurrent.each<[signal: NodeJS.Signals, what: string, env: Record<string, string>]>([
  ['SIGTERM', 'without a listener of its own', {}],
  ['SIGINT', 'without a listener of its own', {}],
  ['SIGHUP', 'without a listener of its own', {}],
  ['SIGTERM', 'without the Agents SDK', { APP: './subpath.mjs' }],
  ['SIGTERM', 'that exits', { LISTENS: 'exits' }],
  ['SIGTERM', 'that exits, without the Agents SDK', { LISTENS: 'exits', APP: './subpath.mjs' }],
  ['SIGTERM', 'that goes on', { LISTENS: 'once' }],
  [
    'SIGTERM',
    'that ends if no other listener is there',
    { LISTENS: 'ends when alone', APP: './subpath.mjs' },
  ],
])('A %s to a process %s', (signal, _what, env) => {
  test('ends it as without this package, with its spans and events delivered', async () => {
    const bare = await runProgram({ nodeArguments: ['waits.mjs'], env, signal });
    const run = await runProgram({
      nodeArguments: ['--import', './longer-limits.mjs', '--import', REGISTER, 'waits.mjs'],
      env: { ...JSON_EXPORT, ...EVENTS, ...env },
      signal,
    });
    expect([run.exitCode, run.signal, run.stdout]).toEqual([bare.exitCode, bare.signal, bare.stdout]);
    expect(otlpSpanTree(run.spans)).toEqual(env.APP ? ['chat plain [CLIENT]'] : WEATHER_APP_SPANS);
    expect(streamViolations(run.events)).toEqual([]);
  });
});
