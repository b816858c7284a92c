import * as agents from '@openai/agents';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import * as openai from 'openai';
import { type ModelServer, startModelServer } from '../../../examples/model-server/server.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  MemorySink,
  OpenAIAgentsInstrumentation,
  type OpenAIAgentsInstrumentationConfig,
} from '../../../src/index.js';
import { streamViolations } from '../../harness/check-stream.js';
import { withoutStreamSession } from '../../harness/stream-session.js';
import { type InMemoryTracing, registerTracerProvider } from '../../harness/tracer-provider.js';
import { eventListing } from './event-listing.js';
import { Placeholders } from './placeholders.js';
import { type PlacedSpan, RecordedSpans } from './recorded-spans.js';
import { SCENARIOS } from './scenarios.js';
import { pause, type Situation, Tools } from './situation.js';
import { spanListing } from './span-listing.js';

/** The outcome of a situation. */
export interface Outcome {
  /** The application's result, the span tree and the audit events. */
  readonly listing: string;
  readonly openSpans: number;
  readonly events: readonly ChaukasEvent[];
  /** Violations of the contract in the event stream. */
  readonly violations: readonly string[];
  /** Errors and warnings that were logged to `diag`. */
  readonly reported: readonly string[];
}

/**
 * Plays situations one after the other, each with an event processor of its own. A processor remembers sessions and
 * agents, and the events of a situation must not depend on earlier ones; the harness of the other tests keeps one
 * processor.
 */
export class Stage {
  readonly #server: ModelServer;
  readonly #client: openai.OpenAI;
  readonly #provider: InMemoryTracing['provider'];
  readonly #spans: RecordedSpans;
  readonly #audience: Audience;
  readonly #reported: string[];
  readonly #instrumentation: OpenAIAgentsInstrumentation;
  readonly #stop: () => void;

  private constructor(
    server: ModelServer,
    provider: InMemoryTracing['provider'],
    spans: RecordedSpans,
    audience: Audience,
    reported: string[],
  ) {
    this.#server = server;
    this.#provider = provider;
    this.#spans = spans;
    this.#audience = audience;
    this.#reported = reported;

    const instrumentation = new OpenAIAgentsInstrumentation();
    instrumentation.setTracerProvider(provider);
    this.#instrumentation = instrumentation;
    const http = new UndiciInstrumentation();
    http.setTracerProvider(provider);
    // The SDK's own exporter would try to reach its backend.
    agents.setTraceProcessors([]);
    instrumentation.manuallyInstrument({ openai, agents });
    this.#client = new openai.OpenAI({ apiKey: 'sk-local', baseURL: server.url });
    agents.setDefaultOpenAIClient(this.#client);
    this.#stop = () => {
      instrumentation.disable();
      http.disable();
    };
  }

  static async open(): Promise<Stage> {
    const reported: string[] = [];
    const report = (...parts: unknown[]) => {
      reported.push(parts.map(String).join(' '));
    };
    const ignore = () => {};
    diag.setLogger(
      { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
      DiagLogLevel.WARN,
    );
    const server = await startModelServer({ scenarios: SCENARIOS });
    const spans = new RecordedSpans();
    const audience = new Audience();
    const { provider } = await registerTracerProvider([spans, audience]);
    return new Stage(server, provider, spans, audience, reported);
  }

  /** Sets options of the instrumentation for the situations to come. */
  configure(options: OpenAIAgentsInstrumentationConfig): void {
    this.#instrumentation.setConfig(options);
  }

  /** Plays a situation in which the application names its workflows, unless options without a name are given. */
  async play(
    situation: Situation,
    { workflowName }: { workflowName?: string } = { workflowName: 'wf' },
  ): Promise<Outcome> {
    this.#spans.forget();
    const reportedBefore = this.#reported.length;
    const sink = new MemorySink();
    // Without the events about the process itself, as in the harness of the other tests.
    const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false });
    this.#audience.processor = processor;

    const tools = new Tools(
      this.#server,
      this.#client,
      this.#provider.getTracer('application'),
      workflowName,
    );
    const result = await situation.run(tools);
    await this.#settled();
    await processor.forceFlush();
    const shutdownFrom = withoutStreamSession(sink.events).length;
    const openSpans = this.#spans.openCount;
    await processor.shutdown();
    this.#audience.processor = undefined;

    const events = withoutStreamSession(sink.events);
    return {
      listing: list(situation, result, this.#spans.inTrees(), events, shutdownFrom),
      openSpans,
      events,
      violations: streamViolations(sink.events),
      reported: this.#reported.slice(reportedBefore),
    };
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#provider.shutdown();
    await this.#server.close();
    diag.disable();
  }

  /** Waits for spans of an aborted stream or of the HTTP client, which may end a moment after the application goes on. */
  async #settled(): Promise<void> {
    for (let waited = 0; waited < 500 && this.#spans.openCount > 0; waited += 5) await pause(5);
  }
}

/** Passes spans on to the processor of the current situation. */
class Audience {
  processor: ChaukasSpanProcessor | undefined;

  onStart(...args: Parameters<ChaukasSpanProcessor['onStart']>): void {
    this.processor?.onStart(...args);
  }

  onEnd(...args: Parameters<ChaukasSpanProcessor['onEnd']>): void {
    this.processor?.onEnd(...args);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function list(
  situation: Situation,
  result: unknown,
  spans: readonly PlacedSpan[],
  events: readonly ChaukasEvent[],
  shutdownFrom: number,
): string {
  const placeholders = new Placeholders();
  const parallel = situation.parallel === true;
  // Spans first, so that ids are numbered in the order of the tree.
  const spanLines = spanListing(spans, placeholders);
  return [
    `The application got ${JSON.stringify(placeholders.inValue(result)) ?? 'nothing'}`,
    '',
    'Spans',
    ...spanLines,
    '',
    parallel ? 'Events, a span at a time, for its branches run side by side' : 'Events',
    ...eventListing(events, placeholders, { parallel, shutdownFrom }),
    '',
  ].join('\n');
}
