/** Does the same with an uninstrumented and an instrumented client, and keeps both results. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import * as openai from 'openai';
import type { Stream as OpenAIStream } from 'openai/streaming';
import { expect } from 'vitest';
import { ChaukasSpanProcessor, MemorySink, OpenAIAgentsInstrumentation } from '../../../src/index.js';
import { makeLoggerProvider } from '../../harness/logger-provider.js';
import { makeMeterProvider } from '../../harness/meter-provider.js';
import { registerTracerProvider } from '../../harness/tracer-provider.js';
import { type Observation, observe } from '../transparency/observation.js';
import { attempt } from '../transparency/scenario.js';
import { type Answer, type SentRequest, startAnswering } from './answering-server.js';

/** The actions of an application. Called twice, so it must make its own objects. */
export type Use = (client: openai.OpenAI) => unknown;

/** The chunks read from a stream, and the error that ended the reading, if any. */
export interface Reading {
  readonly read: unknown;
  readonly error?: unknown;
}

export type Stream = AsyncIterable<unknown> & Pick<OpenAIStream<unknown>, 'tee' | 'toReadableStream'>;

/** Everything that is visible from outside. */
interface Seen {
  readonly outcome: Observation;
  readonly failed: boolean;
  readonly requests: readonly SentRequest[];
}

export interface BothWays {
  /**
   * Expects that the application and its server see the same both ways, that each span ended once, and that the
   * instrumentation had no fault if the call succeeds without it.
   *
   * @param read - reads a stream if the application gets one, even if the request did not seem to ask for it.
   */
  expectNoDifference(use: Use, answer: Answer, read?: (stream: Stream) => Promise<Reading>): Promise<void>;
  stop(): Promise<void>;
}

/** Spans may end a little after the application has its result. */
const SPAN_END_MS = 1_000;

/** Called once per test file: the provider and the hooks belong to the process. */
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

  const see = async (use: Use, read: (stream: Stream) => Promise<Reading>): Promise<Seen> => {
    server.takeRequests();
    const settled = (await attempt(() => use(client))) as { value?: unknown };
    const outcome = isStream(settled.value) ? await read(settled.value) : settled;
    return {
      outcome: observe(outcome),
      failed: 'thrown' in outcome || 'error' in outcome,
      requests: server.takeRequests(),
    };
  };

  /** New ones each time, since a fault is logged only once. Content, events, metrics and log records are on. */
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
    async expectNoDifference(use, answer, read = readToEnd) {
      server.answer = answer;
      const without = await see(use, read);
      faults.length = 0;
      const withUs = await instrumented(() => see(use, read));
      // `expect` is slow with large values.
      if (!isDeepStrictEqual(withUs, without)) expect(withUs).toEqual(without);
      // A request that the client cannot send may also be unreadable for the instrumentation.
      if (!without.failed) expect(faults).toEqual([]);
      // There are several spans if the provider has run tools within the response.
      const ends = new Set(lives.ends());
      expect([...ends]).toEqual(without.failed && ends.size === 0 ? [] : [1]);
    },
    async stop() {
      await provider.shutdown();
      await meterProvider.shutdown();
      await server.close();
      diag.disable();
    },
  };
}

export async function readToEnd(stream: AsyncIterable<unknown>): Promise<Reading> {
  const read: unknown[] = [];
  try {
    for await (const chunk of stream) read.push(chunk);
  } catch (error) {
    return { read, error };
  }
  return { read };
}

function isStream(value: unknown): value is Stream {
  return (
    typeof value === 'object' && value !== null && 'controller' in value && Symbol.asyncIterator in value
  );
}

type EventProcessor = Pick<ChaukasSpanProcessor, 'onStart' | 'onEnd'>;

/** Counts how often each span has ended since the last `begin()`. A new processor makes the events. */
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

/** Adds the place of the fault, so that a failing case shows where to look. */
function textOf(value: unknown): string {
  return value instanceof Error ? (value.stack ?? value.message) : String(value);
}
