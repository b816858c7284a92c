// Checks that Jaeger shows what the OpenTelemetry SDK sends to the collector with the configuration for users.
import {
  type Context,
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Backends, startBackends } from '../../scripts/backends/processes.js';
import { fetchTrace, fetchTraceNow, type JaegerSpan } from './jaeger-query.js';

let backends: Backends;
beforeAll(async () => {
  backends = await startBackends({ label: 'round-trip' });
});
afterAll(async () => {
  await backends?.stop();
});

describe('a span tree sent with the SDK', () => {
  let spans: JaegerSpan[];
  beforeAll(async () => {
    const traceId = await sendSpanTree(backends.otlpEndpoint);
    spans = await fetchTrace(backends.jaegerOrigin, traceId, { spans: 3 });
  });

  test('keeps its shape', () => {
    expect(treeOf(spans)).toEqual([
      'invoke_workflow refund [INTERNAL]',
      '  chat small-model [CLIENT]',
      '  execute_tool look_up_order [INTERNAL] ERROR: order 17 is not there',
    ]);
  });

  test('keeps attributes with their types', () => {
    expect(byName(spans, 'chat small-model').attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 1234,
      'gen_ai.request.temperature': 0.25,
      'gen_ai.request.stream': true,
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'gen_ai.empty': '',
    });
  });

  test('keeps span events and the error status', () => {
    const tool = byName(spans, 'execute_tool look_up_order');
    expect(tool.events).toEqual([
      {
        name: 'exception',
        attributes: { 'exception.type': 'NotFound', 'exception.message': 'order 17 is not there' },
      },
    ]);
    expect(tool.status).toEqual({ code: 'ERROR', description: 'order 17 is not there' });
  });

  test('leaves the status unset if the span has none', () => {
    expect(byName(spans, 'invoke_workflow refund').status).toEqual({ code: 'UNSET' });
  });

  test('carries the service name of its resource', () => {
    expect(spans.map(({ serviceName }) => serviceName)).toEqual(['round-trip', 'round-trip', 'round-trip']);
  });
});

describe('a trace that was never sent', () => {
  const unknown = '0123456789abcdef0123456789abcdef';

  test('has no spans', async () => {
    expect(await fetchTraceNow(backends.jaegerOrigin, unknown)).toEqual([]);
  });

  test('is waited for no longer than the timeout', async () => {
    await expect(fetchTrace(backends.jaegerOrigin, unknown, { spans: 2, timeoutMs: 200 })).rejects.toThrow(
      `Trace ${unknown} has 0 of 2 spans in Jaeger after 200 ms: none.`,
    );
  });
});

async function sendSpanTree(otlpEndpoint: string): Promise<string> {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'round-trip' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${otlpEndpoint}/v1/traces` }))],
  });
  try {
    return recordSpanTree(provider.getTracer('round-trip'));
  } finally {
    // Flushes; a failed export rejects here.
    await provider.shutdown();
  }
}

function recordSpanTree(tracer: Tracer): string {
  const root = tracer.startSpan('invoke_workflow refund', {}, ROOT_CONTEXT);
  const below: Context = trace.setSpan(context.active(), root);

  tracer
    .startSpan(
      'chat small-model',
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.usage.input_tokens': 1234,
          'gen_ai.request.temperature': 0.25,
          'gen_ai.request.stream': true,
          'gen_ai.response.finish_reasons': ['stop', 'length'],
          'gen_ai.empty': '',
        },
      },
      below,
    )
    .end();

  const tool = tracer.startSpan('execute_tool look_up_order', {}, below);
  tool.addEvent('exception', { 'exception.type': 'NotFound', 'exception.message': 'order 17 is not there' });
  tool.setStatus({ code: SpanStatusCode.ERROR, message: 'order 17 is not there' });
  tool.end();

  root.end();
  return root.spanContext().traceId;
}

/** One line per span, indented below its parent. */
function treeOf(spans: readonly JaegerSpan[], parent?: JaegerSpan, indent = ''): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent?.spanId)
    .flatMap((span) => [lineOf(span, indent), ...treeOf(spans, span, `${indent}  `)]);
}

function lineOf({ name, kind, status }: JaegerSpan, indent: string): string {
  const outcome = status.code === 'UNSET' ? '' : ` ${status.code}: ${status.description ?? ''}`;
  return `${indent}${name} [${kind ?? '-'}]${outcome}`;
}

function byName(spans: readonly JaegerSpan[], name: string): JaegerSpan {
  const span = spans.find((candidate) => candidate.name === name);
  if (span === undefined) throw new Error(`There is no span '${name}'.`);
  return span;
}
