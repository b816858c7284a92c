/** Events about the process itself: the event stream and the instrumentations, with versions and configuration. */
import { hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { trace } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  MemorySink,
  OpenAIAgentsInstrumentation,
  recordSystemEvent,
} from '../../src/index.js';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { runFixture } from '../run-fixture.js';
import {
  ANY_ID,
  ANY_SPAN,
  ANY_TIME,
  SEAL,
  startTracedApplication,
  type TracedApplication,
} from './traced-application.js';

const PACKAGE = 'opentelemetry-instrumentation-openai-agents';
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const VERSIONS = { [PACKAGE]: version, node: process.versions.node };
const DEFAULTS = {
  sinks: ['memory'],
  captureMessageContent: true,
  sessionIdleTimeoutMillis: 1_800_000,
  maxQueueSize: 10_000,
  maxQueueBytes: 67_108_864,
  spool: false,
  deadLetter: false,
  redaction: ['email', 'iban', 'credit_card', 'us_ssn', 'ip_address', 'phone'],
  cost: true,
  checkpoints: false,
  infrastructureMetrics: false,
  retryDetection: true,
  foreignSpans: 'complement',
  requestMessages: 'new',
};
const PROCESS = { scope: 'process', process_id: process.pid };

let application: TracedApplication;
let instrumentation: OpenAIAgentsInstrumentation | undefined;
beforeEach(async () => {
  application = await startTracedApplication({ systemEvents: true });
});
afterEach(async () => {
  instrumentation?.disable();
  instrumentation = undefined;
  await application.stop();
});

const call = () =>
  trace
    .getTracer('application')
    .startSpan('chat m', { attributes: { 'gen_ai.operation.name': 'chat' } })
    .end();
const CALL = ['SESSION_START', '  MODEL_INVOCATION_START', '  MODEL_INVOCATION_END', 'SESSION_END'];
const isStart = ({ type }: ChaukasEvent) => type === 'EVENT_TYPE_SESSION_START';
const messages = (events: readonly ChaukasEvent[]) =>
  events.filter(({ type }) => type === 'EVENT_TYPE_SYSTEM').map(({ metadata }) => metadata);

describe('The events of the process', () => {
  it('are one session, which opens before the first event and ends after the last', async () => {
    call();
    call();
    await application.processor.shutdown();
    const events = await application.wholeStream();
    expect(eventLines(events)).toEqual([
      ...['SESSION_START', '  SYSTEM'],
      ...CALL,
      ...CALL,
      ...['  SYSTEM', 'SESSION_END'],
    ]);
    const [start, system] = events;
    const end = events.at(-1);
    const streamId = String(start?.session_id);
    expect(streamId).toMatch(/^stream-[0-9a-f-]{36}$/);
    expect(events.filter(isStart).map(({ metadata }) => metadata?.stream_id)).toEqual(
      Array(3).fill(streamId),
    );
    const ids = events.map(({ event_id }) => event_id);
    expect(ids).toEqual([...new Set(ids)].sort());
    const hashes = events.slice(0, -1).map(({ content_hash }) => content_hash);
    const common = {
      ...SEAL,
      event_id: ANY_ID,
      timestamp: ANY_TIME,
      author: 'AUTHOR_SYSTEM',
      severity: 'SEVERITY_INFO',
      session_id: start?.session_id,
      trace_id: start?.trace_id,
    };
    const session = { ...common, span_id: start?.span_id };
    expect([start, system, end]).toEqual([
      {
        ...session,
        type: 'EVENT_TYPE_SESSION_START',
        status: 'EVENT_STATUS_STARTED',
        metadata: { ...PROCESS, stream_id: streamId },
      },
      {
        ...common,
        type: 'EVENT_TYPE_SYSTEM',
        status: 'EVENT_STATUS_COMPLETED',
        span_id: ANY_SPAN,
        parent_span_id: start?.span_id,
        metadata: { message: 'event stream started', versions: VERSIONS, config: DEFAULTS },
      },
      {
        ...session,
        type: 'EVENT_TYPE_SESSION_END',
        status: 'EVENT_STATUS_COMPLETED',
        performance: { duration_ms: expect.any(Number) },
        metadata: {
          closed: true,
          event_count: 4,
          reason: 'shutdown',
          sinks: [{ name: 'memory', delivered: 11, dropped: 0 }],
          stream_event_count: 12,
          stream_sha256: hash('sha256', hashes.join('')),
        },
      },
    ]);
    expect(messages(events).slice(1)).toEqual([
      { message: 'event stream stopped', reason: 'shutdown', versions: VERSIONS },
    ]);
  });

  it('are not emitted in a process without other events', async () => {
    trace.getTracer('application').startSpan('GET /').end();
    instrumentation = new OpenAIAgentsInstrumentation();
    instrumentation.disable();
    await application.processor.shutdown();
    expect(await application.wholeStream()).toEqual([]);
  });

  it('come before facts recorded outside of any span', async () => {
    recordSystemEvent({ message: 'first' });
    expect(messages(await application.wholeStream()).map((metadata) => metadata?.message)).toEqual([
      'event stream started',
      'first',
    ]);
  });

  it('can be switched off, but for the START and the END of the stream', async () => {
    await application.stop();
    application = await startTracedApplication({ systemEvents: false });
    instrumentation = new OpenAIAgentsInstrumentation();
    call();
    instrumentation.disable();
    await application.processor.shutdown();
    expect(eventLines(await application.wholeStream())).toEqual(['SESSION_START', ...CALL, 'SESSION_END']);
  });

  it('show the configuration without its secrets', async () => {
    const sink = Object.assign(new MemorySink(), {
      name: 'https://user:hunter2@events.example/ingest?key=sk-12345678 Bearer abc123',
    });
    const processor = new ChaukasSpanProcessor({
      sinks: [sink],
      tenantId: 'acme',
      captureMessageContent: false,
      sessionIdleTimeoutMillis: 5000,
      maxQueueSize: 7,
      toolEvents: { dataAccess: ['db_*', /^find/i] },
    });
    recordSystemEvent({ message: 'first' });
    await processor.forceFlush();
    await processor.shutdown();
    expect(messages(sink.events)[0]?.config).toEqual({
      ...DEFAULTS,
      sinks: ['https://events.example/ingest Bearer [REDACTED]'],
      captureMessageContent: false,
      sessionIdleTimeoutMillis: 5000,
      maxQueueSize: 7,
      toolEvents: { dataAccess: ['db_*', '/^find/i'] },
    });
  });
});

describe('An instrumentation', () => {
  const CONFIG = { captureMessageContent: 'SPAN_ONLY', contentLengthLimit: 1000, legacyMetrics: true };

  it('that started before the first event is reported, with its start time', async () => {
    const before = Date.now();
    instrumentation = new OpenAIAgentsInstrumentation({ ...CONFIG, captureMessageContent: true });
    instrumentation.enable();
    call();
    const events = await application.wholeStream();
    expect(eventLines(events)).toEqual(['SESSION_START', '  SYSTEM', '  SYSTEM', ...CALL]);
    expect(messages(events)[1]).toEqual({
      message: 'instrumentation started',
      versions: VERSIONS,
      config: CONFIG,
    });
    const started = Date.parse(String(events[2]?.timestamp));
    expect(started).toBeGreaterThanOrEqual(before);
    expect(started).toBeLessThanOrEqual(Date.parse(String(events[3]?.timestamp)));
  });

  it('is reported each time that it is switched on or off afterwards', async () => {
    call();
    instrumentation = new OpenAIAgentsInstrumentation({ enabled: false });
    instrumentation.disable();
    instrumentation.enable();
    instrumentation.setConfig({ captureMessageContent: 'EVENT_ONLY' });
    instrumentation.disable();
    instrumentation.disable();
    const config = { captureMessageContent: 'NO_CONTENT', contentLengthLimit: 65_536 };
    expect(messages(await application.wholeStream()).slice(1)).toEqual([
      { message: 'instrumentation started', versions: VERSIONS, config },
      {
        message: 'instrumentation stopped',
        versions: VERSIONS,
        config: { ...config, captureMessageContent: 'EVENT_ONLY' },
      },
    ]);
  });
});

describe('A process that exits without a shutdown', () => {
  it('ends sessions without open spans with a reason, and leaves the others visibly open', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'exits-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'events.jsonl');
    const { stderr } = runFixture(path.join(import.meta.dirname, 'fixtures/exits.ts'), file);
    expect(stderr).toBe('');
    const events = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ChaukasEvent);
    expect(streamViolations(events, { open: true })).toEqual([]);
    expect(eventLines(events)).toEqual([
      ...['SESSION_START', '  SYSTEM', '  SYSTEM'],
      ...['SESSION_START', '  MODEL_INVOCATION_START', '  MODEL_INVOCATION_END'],
      ...['SESSION_START', '  MODEL_INVOCATION_START'],
      ...['SESSION_END'],
      ...['  SYSTEM', 'SESSION_END'],
    ]);
    expect(events[8]).toMatchObject({
      session_id: 'quiet',
      metadata: { event_count: 4, reason: 'process exit' },
    });
    expect(events.at(-1)?.metadata).toMatchObject({
      closed: true,
      reason: 'process exit',
      sinks: [{ name: `file ${file}`, delivered: 10, dropped: 0 }],
      stream_event_count: 11,
    });
    expect(messages(events)).toEqual([
      expect.objectContaining({ message: 'event stream started' }),
      expect.objectContaining({
        message: 'instrumentation started',
        versions: expect.objectContaining({
          ...VERSIONS,
          openai: expect.stringMatching(/^\d+\.\d+\.\d+$/),
          '@openai/agents-core': expect.stringMatching(/^\d+\.\d+\.\d+$/),
        }),
      }),
      expect.objectContaining({ message: 'event stream stopped', reason: 'process exit' }),
    ]);
  });
});
