import { deserialize, serialize } from 'node:v8';
import {
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { expect, it } from 'vitest';
import { fromTransferred, toTransferred } from '../../src/node/span-transfer.js';

const REMOTE: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  traceState: createTraceState('vendor=a'),
};

it('Spans that go to another process are exported there as they would be here', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'support-desk', list: ['a', 'b'] }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('scope', '1.2.3', { schemaUrl: 'https://example.com/schema' });
  const parent = trace.setSpanContext(ROOT_CONTEXT, REMOTE);
  const span = tracer.startSpan(
    'chat gpt-5',
    {
      kind: SpanKind.CLIENT,
      attributes: { text: 'a', number: 1.5, list: ['x'] },
      links: [{ context: REMOTE, attributes: { why: 'linked' } }],
    },
    parent,
  );
  span.addEvent('retry', { attempt: 2 }, 1_700_000_000_000);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
  span.end();
  tracer.startSpan('root').end();
  const spans = exporter.getFinishedSpans();
  const text = (list: object[]) =>
    Buffer.from(JsonTraceSerializer.serializeRequest(list as typeof spans) ?? []).toString();
  const received = fromTransferred(
    deserialize(serialize(toTransferred(spans))) as ReturnType<typeof toTransferred>,
  );
  expect(JSON.parse(text(received))).toEqual(JSON.parse(text(spans)));
});
