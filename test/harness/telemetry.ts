import * as agents from '@openai/agents';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { type ModelServer, type Scenario, startModelServer } from '../../examples/model-server/server.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  MemorySink,
  OpenAIAgentsInstrumentation,
  type OpenAIAgentsInstrumentationConfig,
} from '../../src/index.js';
import { streamViolations } from './check-stream.js';
import { type InMemoryLogs, makeLoggerProvider } from './logger-provider.js';
import { type InMemoryMetrics, makeMeterProvider } from './meter-provider.js';
import { noteStart } from './span-tree.js';
import { withoutStreamSession } from './stream-session.js';
import { type InMemoryTracing, registerTracerProvider } from './tracer-provider.js';

export interface HarnessOptions {
  instrumentation?: OpenAIAgentsInstrumentationConfig;
  processor?: Omit<ChaukasSpanProcessorConfig, 'sinks'>;
  /** `false` leaves out the event processor, so that signals have no listener. */
  events?: boolean;
  /** Scenarios of the model server in addition to its own. */
  scenarios?: readonly Scenario[];
  /** A trace processor of the application. */
  earlierProcessor?: agents.TracingProcessor;
}

/** A model server, a tracer provider with instrumentation and event processor, and the recorded data. */
export interface Harness {
  readonly server: ModelServer;
  readonly client: openai.OpenAI;
  readonly instrumentation: OpenAIAgentsInstrumentation;
  readonly provider: InMemoryTracing['provider'];
  readonly processor: ChaukasSpanProcessor;
  readonly sink: MemorySink;
  readonly metrics: InMemoryMetrics;
  readonly logs: InMemoryLogs;
  /** The ended spans, without those of the HTTP client. */
  spans(): ReadableSpan[];
  /** The ended spans, including those of the HTTP client. */
  allSpans(): ReadableSpan[];
  /** The spans that have not ended. */
  openSpanCount(): number;
  events(): Promise<readonly ChaukasEvent[]>;
  reset(): Promise<void>;
  /** Rejects if the events of all tests together violate a rule of chaukas-spec. */
  stop(): Promise<void>;
}

/** Called once per test file: the provider and the hooks belong to the process. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const server = await startModelServer({ scenarios: options.scenarios ?? [] });
  const sink = new MemorySink();
  const whole = new MemorySink();
  // Without the system events of the process, so that a test sees only the events of its own actions.
  const processor = new ChaukasSpanProcessor({
    sinks: [sink, whole],
    systemEvents: false,
    ...options.processor,
  });
  let open = 0;
  const counter = {
    onStart(span: Pick<ReadableSpan, 'spanContext'>) {
      noteStart(span);
      open += 1;
    },
    onEnd() {
      open -= 1;
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const { provider, exporter } = await registerTracerProvider([
    counter,
    ...(options.events === false ? [] : [processor]),
  ]);
  if (options.events === false) await processor.shutdown();

  const instrumentation = new OpenAIAgentsInstrumentation(options.instrumentation);
  instrumentation.setTracerProvider(provider);
  const metrics = makeMeterProvider();
  instrumentation.setMeterProvider(metrics.provider);
  const logs = makeLoggerProvider();
  instrumentation.setLoggerProvider(logs.provider);
  const http = new UndiciInstrumentation();
  http.setTracerProvider(provider);
  // The SDK's own exporter would try to reach its backend.
  agents.setTraceProcessors(options.earlierProcessor === undefined ? [] : [options.earlierProcessor]);
  instrumentation.manuallyInstrument({ openai, agents });

  const client = new openai.OpenAI({ apiKey: 'sk-local', baseURL: server.url });
  agents.setDefaultOpenAIClient(client);

  return {
    server,
    client,
    instrumentation,
    provider,
    processor,
    sink,
    metrics,
    logs,
    allSpans: () => exporter.getFinishedSpans(),
    spans: () => exporter.getFinishedSpans().filter(isOurs),
    openSpanCount: () => open,
    async events() {
      await processor.forceFlush();
      return withoutStreamSession(sink.events);
    },
    async reset() {
      await processor.forceFlush();
      exporter.reset();
      sink.reset();
      logs.reset();
      await metrics.collect();
    },
    async stop() {
      instrumentation.disable();
      http.disable();
      await provider.shutdown();
      await server.close();
      // The events of all tests in a file are one stream, and the rules must hold in all of it.
      const violations = streamViolations(whole.events);
      if (violations.length > 0) throw new Error(violations.join('\n'));
    },
  };
}

function isOurs(span: ReadableSpan): boolean {
  return span.instrumentationScope.name !== '@opentelemetry/instrumentation-undici';
}
