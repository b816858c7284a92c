import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ChaukasEvent } from '../../src/chaukas/event.js';
import { auditLogRecord } from '../../src/sinks/audit-log-record.js';
import type { DeliveryError } from '../../src/sinks/delivery-error.js';
import { type LogExporter, OtlpLogSink, type OtlpLogSinkOptions } from '../../src/sinks/otlp-log-sink.js';
import { makeEvent, makeEvents } from '../delivery/make-event.js';
import { type Receiver, refusingAddress, startReceiver, status } from './http/receiver.js';

const EVENT: ChaukasEvent = {
  ...makeEvent(1),
  type: 'EVENT_TYPE_TOOL_CALL_END',
  status: 'EVENT_STATUS_FAILED',
  severity: 'SEVERITY_ERROR',
  author: 'AUTHOR_TOOL',
  timestamp: '2023-11-14T22:13:20.123456Z',
  tenant_id: 'acme',
  agent_name: 'clerk',
  tags: ['eu', 'beta'],
  metadata: { n: 1, large: 1e21, list: [1, { deep: 2 ** 60 }], nothing: null },
};

/** The exporter waits about a second before it tries again, and does not try again if it has no such time. */
const NO_RETRIES = '700';

/** Sends to a receiver with the default exporter, which reads the variables of OpenTelemetry. */
async function start(
  options: OtlpLogSinkOptions = {},
  timeout?: string,
): Promise<{ receiver: Receiver; sink: OtlpLogSink }> {
  const receiver = await startReceiver();
  return { receiver, sink: sinkTo(receiver.url, options, timeout) };
}

function sinkTo(url: string, options: OtlpLogSinkOptions = {}, timeout = '20000'): OtlpLogSink {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  vi.stubEnv('OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', timeout);
  const sink = new OtlpLogSink(options);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sink.shutdown();
  });
  return sink;
}

async function failure(sending: Promise<void>): Promise<Partial<DeliveryError>> {
  return sending.then(
    () => Promise.reject(new Error('it was delivered')),
    ({ message, outcome }: DeliveryError) => ({ message, outcome }),
  );
}

describe('The log record of an event', () => {
  it('has its name, time, severity, trace, attributes and members', () => {
    const resource = { attributes: { 'service.name': 'desk' } };
    const before = Math.floor(Date.now() / 1000);
    const { hrTimeObserved, instrumentationScope, ...record } = auditLogRecord(EVENT, undefined, resource);
    expect(record).toEqual({
      hrTime: [1_700_000_000, 123_456_000],
      eventName: 'ai.chaukas.tool.call.end',
      severityNumber: 17,
      severityText: 'ERROR',
      spanContext: {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        traceFlags: 1,
      },
      attributes: {
        'chaukas.event.id': 'event-1',
        'chaukas.event.type': 'TOOL_CALL_END',
        'chaukas.event.status': 'FAILED',
        'chaukas.event.author': 'TOOL',
        'chaukas.tenant.id': 'acme',
        'session.id': 'session',
        'gen_ai.agent.name': 'clerk',
        'chaukas.tags': ['eu', 'beta'],
      },
      droppedAttributesCount: 0,
      // Whole numbers beyond 64 bits are texts.
      body: {
        ...EVENT,
        metadata: { n: 1, large: '1e+21', list: [1, { deep: '1152921504606847000' }], nothing: null },
      },
      resource,
    });
    expect(hrTimeObserved[0]).toBeGreaterThanOrEqual(before);
    expect(hrTimeObserved[0]).toBeLessThanOrEqual(Date.now() / 1000);
    expect(instrumentationScope.name).toBe('opentelemetry-instrumentation-openai-agents');
  });

  it('has the line as its body by option', () => {
    expect(auditLogRecord(EVENT, '{"line":1}', { attributes: {} }).body).toBe('{"line":1}');
  });

  it('has no trace and no time that the event does not have', () => {
    const bare = { ...makeEvent(1), trace_id: 'x', timestamp: 'yesterday', severity: 'SEVERITY_NEW' };
    const record = auditLogRecord(bare as unknown as ChaukasEvent, undefined, { attributes: {} });
    expect([record.hrTime, record.severityNumber, record.severityText, 'spanContext' in record]).toEqual([
      [0, 0],
      9,
      'NEW',
      false,
    ]);
  });
});

describe('The default exporter', () => {
  it('sends the records where the variables of OpenTelemetry say', async () => {
    const { receiver, sink } = await start({ rawLine: true });
    await sink.send(makeEvents(3));
    await sink.forceFlush();
    expect(receiver.requests.map(({ path, headers }) => [path, headers['content-type']])).toEqual([
      ['/v1/logs', 'application/x-protobuf'],
    ]);
    expect(String(receiver.requests[0]?.body)).toContain(JSON.stringify(makeEvent(3)));
  });

  it('sends the resource that the variables of OpenTelemetry describe', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'desk');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=pro%64, service.name=other,%=%,');
    const { receiver, sink } = await start();
    await sink.send([makeEvent(1)]);
    const body = String(receiver.requests[0]?.body);
    expect(
      ['desk', 'deployment.environment.name', 'prod', 'other'].map((text) => body.includes(text)),
    ).toEqual([true, true, true, false]);
  });

  it.each<[code: number, outcome: string, count: number]>([
    [400, 'refused', 2],
    [401, 'refused', 2],
    [413, 'too-large', 2],
    [413, 'refused', 1],
    [500, 'retry', 2],
    [302, 'retry', 2],
  ])('that is answered %i means %s for %i events', async (code, outcome, count) => {
    const { receiver, sink } = await start();
    receiver.answer = status(code);
    expect(await failure(sink.send(makeEvents(count)))).toEqual({
      message: `the receiver answered ${code}`,
      outcome,
    });
  });

  it('that is answered 503 means a retry', async () => {
    const { receiver, sink } = await start({}, NO_RETRIES);
    receiver.answer = status(503);
    expect(await failure(sink.send([makeEvent(1)]))).toMatchObject({ outcome: 'retry' });
  });

  it('that reaches no receiver means a retry', async () => {
    expect(await failure(sinkTo(await refusingAddress(), {}, NO_RETRIES).send([makeEvent(1)]))).toEqual({
      message: 'the export failed (ECONNREFUSED)',
      outcome: 'retry',
    });
  });
});

describe('An exporter of the application', () => {
  const exporting = (exportRecords: LogExporter['export']): OtlpLogSink =>
    new OtlpLogSink({
      exporter: { export: exportRecords, shutdown: async () => {} },
      delivery: { timeoutMillis: 50 },
    });

  it.each<[code: number, outcome: string]>([
    [3, 'refused'],
    [16, 'refused'],
    [8, 'retry'],
    [14, 'retry'],
  ])('that is answered by gRPC with %i means %s', async (code, outcome) => {
    const error = Object.assign(new Error('14 UNAVAILABLE: key-1'), { code });
    expect(await failure(exporting((_, done) => done({ code: 1, error })).send([makeEvent(1)]))).toEqual({
      message: `the receiver answered gRPC status ${code}`,
      outcome,
    });
  });

  it('that never answers means a retry', async () => {
    const expected = { message: 'there was no answer in time', outcome: 'retry' };
    expect(await failure(exporting(() => {}).send([makeEvent(1)]))).toEqual(expected);
    const signal = AbortSignal.timeout(20);
    expect(await failure(exporting(() => {}).send([makeEvent(1)], [], { signal }))).toEqual(expected);
  });

  it('gets the records when all attributes of the resource are known', async () => {
    const attributes: Record<string, string> = {};
    const seen: unknown[] = [];
    const sink = new OtlpLogSink({
      exporter: {
        export: (records, done) => {
          seen.push(structuredClone(attributes), records.length);
          done({ code: 0 });
        },
        shutdown: async () => {},
      },
      resource: {
        attributes,
        waitForAsyncAttributes: async () => {
          attributes['host.id'] = 'a';
        },
      },
    });
    await sink.send(makeEvents(2));
    expect(seen).toEqual([{ 'host.id': 'a' }, 2]);
  });
});

it('The options are checked', () => {
  const options = { exporter: {}, rawLine: 1, resource: 'desk' } as unknown as OtlpLogSinkOptions;
  expect(() => new OtlpLogSink(options)).toThrow(
    new TypeError(
      'opentelemetry-instrumentation-openai-agents: OtlpLogSink: ' +
        'option "exporter" is an object; it must be an exporter of log records, e.g. new OTLPLogExporter(); ' +
        'option "rawLine" is 1; it must be true or false; ' +
        `option "resource" is 'desk'; it must be an object with "attributes"`,
    ),
  );
});
