/** Does the same with a client that nobody instruments and with one that is, and keeps what came of either. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import * as openai from 'openai';
import { expect } from 'vitest';
import { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } from '../../../src/index.js';
import { makeLoggerProvider } from '../../harness/logger-provider.js';
import { makeMeterProvider } from '../../harness/meter-provider.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';
import { type Observation, observe } from '../transparency/observation.js';
import { attempt, readAll } from '../transparency/scenario.js';
import { type Answer, type SentRequest, startAnswering } from './answering-server.js';

/** What an application does with a client; called twice, so whatever it uses must be made within. */
export type Use = (client: openai.OpenAI) => unknown;

/** What can be seen from outside. */
interface Seen {
  readonly outcome: Observation;
  readonly requests: readonly SentRequest[];
}

export interface BothWays {
  /**
   * Expects that what the application and its server see is the same both ways, that each span ended once, and that
   * nothing of ours failed where all went well without us.
   *
   * @returns what was seen.
   */
  expectNoDifference(use: Use, answer: Answer): Promise<Seen>;
  stop(): Promise<void>;
}

/** Spans may end a little after what the application sees. */
const SPAN_END_MS = 3_000;

/** Once a test file: the provider and the hooks are the process's own. */
export async function startBothWays(): Promise<BothWays> {
  const server = await startAnswering();
  const lives = new SpanLives();
  const { provider, exporter } = await registerTracerProvider([lives]);
  const meterProvider = makeMeterProvider().provider;
  const logs = makeLoggerProvider();
  const faults: string[] = [];
  diag.setLogger(collecting(faults), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const client = new openai.OpenAI({
    baseURL: server.url,
    apiKey: 'sk-local',
    maxRetries: 0,
    logLevel: 'off',
  });

  const see = async (use: Use): Promise<Seen> => {
    server.takeRequests();
    const outcome = observe(await readThrough(await attempt(() => use(client))));
    return { outcome, requests: server.takeRequests() };
  };

  /** Fresh ones each time: a fault is told once only. All that reads is on: content, events, metrics, log records. */
  const instrumented = async (action: () => Promise<Seen>): Promise<Seen> => {
    const instrumentation = new OpenAIAgentsInstrumentation({
      captureMessageContent: 'SPAN_AND_EVENT',
      legacyMetrics: true,
    });
    instrumentation.setTracerProvider(provider);
    instrumentation.setMeterProvider(meterProvider);
    instrumentation.setLoggerProvider(logs.provider);
    instrumentation.manuallyInstrument({ openai });
    const events = new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
    lives.begin(events);
    try {
      const seen = await action();
      await lives.untilEnded();
      return seen;
    } finally {
      instrumentation.disable();
      await events.shutdown();
      exporter.reset();
      logs.reset();
    }
  };

  return {
    async expectNoDifference(use, answer) {
      server.answer = answer;
      const without = await see(use);
      faults.length = 0;
      const withUs = await instrumented(() => see(use));
      expect(withUs).toEqual(without);
      const failed = hasFailed(without.outcome);
      // A request that the client cannot send may be one that we cannot read.
      if (!failed) expect(faults).toEqual([]);
      expect(lives.ends()).toEqual(failed && lives.ends().length === 0 ? [] : [1]);
      return without;
    },
    async stop() {
      await provider.shutdown();
      await meterProvider.shutdown();
      await server.close();
      diag.disable();
    },
  };
}

/** A stream is read to its end, as it may be one that the request did not seem to ask for. */
async function readThrough(settled: unknown): Promise<unknown> {
  const { value } = settled as { value?: unknown };
  return isStream(value) ? readAll(value) : settled;
}

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' && value !== null && 'controller' in value && Symbol.asyncIterator in value
  );
}

function hasFailed(outcome: Observation): boolean {
  return typeof outcome === 'object' && outcome !== null && ('thrown' in outcome || 'error' in outcome);
}

type EventProcessor = Pick<ChaukasSpanProcessor, 'onStart' | 'onEnd'>;

/** How often each span has ended since the last begin. The events are made by a processor that comes anew. */
class SpanLives {
  #ends = new Map<string, number>();
  #events: EventProcessor | undefined;

  begin(events: EventProcessor): void {
    this.#ends = new Map();
    this.#events = events;
  }

  onStart(...args: Parameters<EventProcessor['onStart']>): void {
    this.#ends.set(args[0].spanContext().spanId, 0);
    this.#events?.onStart(...args);
  }

  onEnd(span: Parameters<EventProcessor['onEnd']>[0]): void {
    const { spanId } = span.spanContext();
    this.#ends.set(spanId, (this.#ends.get(spanId) ?? 0) + 1);
    this.#events?.onEnd(span);
  }

  ends(): number[] {
    return [...this.#ends.values()];
  }

  async untilEnded(): Promise<void> {
    const started = performance.now();
    while (this.ends().includes(0) && performance.now() - started < SPAN_END_MS) await nextTurn();
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function collecting(faults: string[]) {
  const ignore = () => {};
  return {
    error: (...args: unknown[]) => faults.push(args.map(textOf).join(' ')),
    warn: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
}

/** With the place of the fault, so that a failing case tells where to look. */
function textOf(value: unknown): string {
  return value instanceof Error ? (value.stack ?? value.message) : String(value);
}
