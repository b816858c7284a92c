// A tracer provider of the loaded SDK: 2.x, or 3.x in `npm run test:matrix`.
import { context, propagation, type TracerProvider, trace } from '@opentelemetry/api';
import * as sdk from '@opentelemetry/sdk-trace-node';

export interface InMemoryTracing {
  readonly provider: TracerProvider & { forceFlush(): Promise<void>; shutdown(): Promise<void> };
  readonly exporter: sdk.InMemorySpanExporter;
}

/** Makes a provider that keeps its spans in memory, and registers it, its context manager and its propagator globally. */
export async function registerTracerProvider(
  processors: readonly sdk.SpanProcessor[],
): Promise<InMemoryTracing> {
  const exporter = new sdk.InMemorySpanExporter();
  return { provider: await register(sdk, exporter, processors), exporter };
}

/** The functions of 3.x that replace the classes of 2.x. They register no globals. */
interface Sdk3 {
  readonly TracerProvider: new (options: {
    spanProcessors: sdk.SpanProcessor[];
  }) => InMemoryTracing['provider'];
  readonly SimpleSpanProcessor: new (options: { exporter: sdk.SpanExporter }) => sdk.SpanProcessor;
}

async function register(
  loaded: typeof sdk | Sdk3,
  exporter: sdk.SpanExporter,
  processors: readonly sdk.SpanProcessor[],
): Promise<InMemoryTracing['provider']> {
  if ('NodeTracerProvider' in loaded) {
    const provider = new loaded.NodeTracerProvider({
      spanProcessors: [new loaded.SimpleSpanProcessor(exporter), ...processors],
    });
    provider.register();
    return provider;
  }
  const provider = new loaded.TracerProvider({
    spanProcessors: [new loaded.SimpleSpanProcessor({ exporter }), ...processors],
  });
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { W3CTraceContextPropagator } = await import('@opentelemetry/core');
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return provider;
}
