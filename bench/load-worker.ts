/** An application that makes calls at a steady rate; `load.ts` starts it and gets its report. */
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorStats,
  FileSink,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';
import { cannedFetch } from './canned-fetch.js';

export type LoadVariant = 'without' | 'ours';

export interface LoadSettings {
  readonly variant: LoadVariant;
  readonly seconds: number;
  /** Calls a second. */
  readonly rate: number;
  readonly file: string;
}

export interface LoadReport {
  readonly calls: number;
  readonly cpuMicros: number;
  /** In milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** After a collection, at five moments. */
  readonly heaps: readonly number[];
  /** Absent without recording. */
  readonly invocations?: number;
  readonly dropped?: number;
}

const MODEL_MILLIS = 20;
const WARM_UP_SECONDS = 5;
const RESOLUTION_MILLIS = 10;
/** Calls that wait for their answers when the process does not keep up: their memory would be what is measured. */
const MOST_OPEN = 10_000;

const settings = JSON.parse(process.argv[2] ?? '') as LoadSettings;
const openai = createRequire(import.meta.url)('openai') as typeof import('openai');

interface Recording {
  /** Delivers everything, and returns the number of model calls in the file. */
  finish(): Promise<number>;
  stats(): ChaukasSpanProcessorStats;
}

/** Spans and metrics are exported in full, and go nowhere. */
const nowhere = {
  export: (_records: unknown, done: (result: { code: number }) => void) => done({ code: 0 }),
  shutdown: async () => {},
  forceFlush: async () => {},
};

function record(): Recording {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const processor = new ChaukasSpanProcessor({ sinks: [new FileSink({ path: settings.file })] });
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere), processor] });
  const meters = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: nowhere, exportIntervalMillis: 10_000 })],
  });
  const instrumentation = new OpenAIAgentsInstrumentation({ captureMessageContent: 'SPAN_ONLY' });
  instrumentation.setTracerProvider(provider);
  instrumentation.setMeterProvider(meters);
  instrumentation.manuallyInstrument({ openai });
  return {
    async finish() {
      await provider.shutdown();
      let invocations = 0;
      for await (const line of createInterface({ input: createReadStream(settings.file) }))
        if (line.includes('"type":"EVENT_TYPE_MODEL_INVOCATION_END"')) invocations += 1;
      return invocations;
    },
    stats: () => processor.stats(),
  };
}

const recording = settings.variant === 'ours' ? record() : undefined;

const answer = cannedFetch(1);
const client = new openai.OpenAI({
  apiKey: 'sk-local',
  baseURL: 'https://api.openai.com/v1',
  async fetch(url, init) {
    await delay(MODEL_MILLIS);
    return answer(url, init);
  },
});

let made = 0;
async function call(): Promise<void> {
  made += 1;
  await client.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
  });
}

/** Makes the calls that are due at each turn, and waits for the answers. */
async function load(seconds: number): Promise<void> {
  const begun = performance.now();
  const open = new Set<Promise<void>>();
  for (let due = 0, done = 0; done < seconds * settings.rate; ) {
    await delay(5);
    if (open.size > MOST_OPEN) throw new Error('this machine is too slow for the rate; use a lower --rate');
    due = Math.min(seconds, (performance.now() - begun) / 1_000) * settings.rate;
    for (; done < due; done += 1) {
      const one: Promise<void> = call().finally(() => open.delete(one));
      open.add(one);
    }
  }
  await Promise.all(open);
}

await load(WARM_UP_SECONDS);
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
const heaps: number[] = [];
let cpuMicros = 0;
const before = made;
for (let part = 0; part < 5; part += 1) {
  const started = process.cpuUsage();
  histogram.enable();
  await load(settings.seconds / 5);
  histogram.disable();
  const { user, system } = process.cpuUsage(started);
  cpuMicros += user + system;
  // Batches that wait are part of the heap; the collection is not part of the delay.
  globalThis.gc?.();
  heaps.push(process.memoryUsage().heapUsed);
}

const inMillis = (nanos: number) => Math.max(0, nanos / 1e6 - RESOLUTION_MILLIS);
const invocations = await recording?.finish();
const report: LoadReport = {
  calls: made,
  cpuMicros: cpuMicros / (made - before),
  delay: {
    p50: inMillis(histogram.percentile(50)),
    p99: inMillis(histogram.percentile(99)),
    max: inMillis(histogram.max),
  },
  heaps,
  ...(invocations !== undefined && { invocations }),
  ...(recording !== undefined && { dropped: recording.stats().eventsDropped }),
};
process.send?.(report, () => process.exit());
