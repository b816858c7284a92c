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
import { type InMemoryTracing, registerTracerProvider } from './tracer-provider.js';

export interface HarnessOptions {
  instrumentation?: OpenAIAgentsInstrumentationConfig;
  processor?: Omit<ChaukasSpanProcessorConfig, 'sinks'>;
  /** Without the event processor nobody listens to signals. */
  events?: boolean;
  /** Played by the model server beside those that it ships. */
  scenarios?: readonly Scenario[];
  /** A processor of the Agents SDK that was there before the instrumentation, and so stands in front of ours. */
  earlierProcessor?: agents.TracingProcessor;
}

/** A model server, a tracer provider with the instrumentation and the event processor, and what came of it. */
export interface Harness {
  readonly server: ModelServer;
  readonly client: openai.OpenAI;
  readonly instrumentation: OpenAIAgentsInstrumentation;
  readonly provider: InMemoryTracing['provider'];
  readonly processor: ChaukasSpanProcessor;
  readonly sink: MemorySink;
  readonly metrics: InMemoryMetrics;
  readonly logs: InMemoryLogs;
  /** Spans that have ended, without those of the HTTP client. */
  spans(): ReadableSpan[];
  /** Spans that have ended, those of the HTTP client included. */
  allSpans(): ReadableSpan[];
  /** Spans that have started and not ended. */
  openSpanCount(): number;
  events(): Promise<readonly ChaukasEvent[]>;
  reset(): Promise<void>;
  /** Rejects where the events of all tests together break a rule of chaukas-spec. */
  stop(): Promise<void>;
}

/** Once a test file: the provider and the hooks are the process's own. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const server = await startModelServer({ scenarios: options.scenarios ?? [] });
  const sink = new MemorySink();
  const whole = new MemorySink();
  // Without what the process tells of itself: a test sees the events of what it does.
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
      return sink.events;
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
      // What the tests of a file have made is one stream, and the rules hold in it, whatever each of them looked at.
      const violations = streamViolations(whole.events);
      if (violations.length > 0) throw new Error(violations.join('\n'));
    },
  };
}

function isOurs(span: ReadableSpan): boolean {
  return span.instrumentationScope.name !== '@opentelemetry/instrumentation-undici';
}
