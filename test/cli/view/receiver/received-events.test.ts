// Audit events that the sinks of this package send, and spans of this package, to a receiver.
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { verifyEvents } from '../../../../src/chaukas/verify/event-verifier.js';
import {
  ChaukasApiSink,
  ChaukasSpanProcessor,
  type EventSink,
  MemorySink,
  OtlpLogSink,
} from '../../../../src/index.js';
import { lineOf } from '../../../../src/sinks/json-lines.js';
import { type RunningReceiver, startReceiver } from './start-receiver.js';

const SINKS: Readonly<Record<string, (url: string) => EventSink>> = {
  OtlpLogSink: (url) => new OtlpLogSink({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }) }),
  'OtlpLogSink with the line as body': (url) =>
    new OtlpLogSink({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }), rawLine: true }),
  ChaukasApiSink: (url) => new ChaukasApiSink({ endpoint: `${url}/v1`, apiKey: 'k' }),
  'ChaukasApiSink in JSON': (url) =>
    new ChaukasApiSink({ endpoint: `${url}/v1`, apiKey: 'k', encoding: 'json' }),
  'ChaukasApiSink with gzip': (url) => new ChaukasApiSink({ endpoint: `${url}/v1`, apiKey: 'k', gzip: true }),
};

/** A model call in a session, with events to the sink, and its spans to the receiver if that is said. */
async function call(sink: EventSink, spansTo?: string): Promise<string[]> {
  const memory = new MemorySink();
  const options = { tenantId: 'acme', projectId: 'shop' };
  const processor = new ChaukasSpanProcessor({ ...options, sinks: [memory, sink] });
  const provider = new BasicTracerProvider({
    spanProcessors: [
      processor,
      ...(spansTo === undefined
        ? []
        : [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${spansTo}/v1/traces` }))]),
    ],
  });
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.request.temperature': 0.1,
    'gen_ai.usage.input_tokens': 1,
    'gen_ai.usage.output_tokens': 1,
    'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Zürich \\u0000 <b>?"}]}]',
  };
  provider.getTracer('shop').startSpan('chat gpt-5-mini', { attributes }).end();
  await provider.forceFlush();
  await provider.shutdown();
  return memory.events.map(lineOf);
}

function sorted(lines: readonly string[]): string[] {
  return [...lines].sort();
}

describe.each(Object.entries(SINKS))('Events of %s', (_name, sinkOf) => {
  it('are written as they were, with hashes that hold', async () => {
    const receiver = await startReceiver();
    const sent = await call(sinkOf(receiver.url));
    const lines = await receiver.lines();
    // The END of the stream is different for each sink.
    expect(sorted(lines).slice(0, -1)).toEqual(sorted(sent).slice(0, -1));
    expect((await verifyEvents(lines)).findings).toEqual([]);
    expect(receiver.receiver.state()).toMatchObject({ spans: 0, events: sent.length, refused: 0 });
  });

  it('take the place of spans of the same trace', async () => {
    const receiver = await startReceiver();
    await call(sinkOf(receiver.url), receiver.url);
    const events = await receiver.events();
    expect(events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END')).toHaveLength(1);
    expect(receiver.receiver.state().spans).toBe(1);
  });
});

describe('An event that lacks what every event has', () => {
  const EVENT = {
    event_id: 'e',
    type: 'EVENT_TYPE_SYSTEM',
    status: 'EVENT_STATUS_COMPLETED',
    timestamp: '2026-01-01T00:00:00Z',
    session_id: 's',
  };

  it('is refused by the path of the Chaukas API, with its place', async () => {
    const { post, lines } = await startReceiver();
    const response = await post('/v1/events/batch', JSON.stringify({ events: [EVENT] }), JSON_TYPE);
    expect([response.status, await response.json()]).toEqual([
      400,
      { code: 3, message: 'event 1 lacks one of event_id, type, timestamp, session_id, trace_id, span_id' },
    ]);
    expect(await lines()).toEqual([]);
  });

  it('is refused alone among log records', async () => {
    const receiver = await startReceiver();
    const response = await logs(receiver, [{ ...EVENT, trace_id: 't', span_id: 'x' }, EVENT, 'no JSON', 7]);
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        partialSuccess: {
          rejectedLogRecords: '3',
          errorMessage: 'the body of a log record is not an audit event',
        },
      },
    ]);
    expect(await receiver.lines()).toHaveLength(1);
  });
});

const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends audit records whose bodies are the JSON of these values. */
function logs({ post }: RunningReceiver, bodies: readonly unknown[]): Promise<Response> {
  const logRecords = bodies.map((body) => ({
    eventName: 'ai.chaukas.system',
    body: { stringValue: JSON.stringify(body) },
  }));
  const scope = { name: 'opentelemetry-instrumentation-openai-agents' };
  const request = { resourceLogs: [{ scopeLogs: [{ scope, logRecords }] }] };
  return post('/v1/logs', JSON.stringify(request), JSON_TYPE);
}
