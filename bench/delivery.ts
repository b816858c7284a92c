/**
 * Measures delivery: events a second to each sink and to the spool; what a sink that is down adds to the application's
 * calls; the memory that it takes.
 *
 *     npm run bench:delivery [-- speed | latency | memory]
 *
 * EVENTS sets the events for each sink (200,000), MINUTES the time with a sink that is down (5; twice, without and with a
 * spool). The broker is built once into `.cache/`, or named by KAFKA_BOOTSTRAP.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import {
  ChaukasApiSink,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type EventSink,
  FileSink,
  HttpSink,
  KafkaSink,
  OtlpLogSink,
} from 'opentelemetry-instrumentation-openai-agents';
import { startKafka } from '../scripts/kafka/broker.js';
import type { SealedEvent } from '../src/chaukas/sealed-event.js';
import type { EventQueue } from '../src/delivery/event-queue.js';
import type { Spool } from '../src/delivery/spool/spool.js';
import type { SpoolOptions } from '../src/delivery/spool/spool-options.js';
import { EVENTS_PER_RUN, runSteps } from './event-spans.js';

const EVENTS = Number(process.env.EVENTS ?? 200_000);
const MINUTES = Number(process.env.MINUTES ?? 5);
/** Different events, which are sent again and again. */
const SAMPLE = 2_000;
/** The most events that wait in a queue while its speed is measured. */
const MAX_WAITING = 5_000;
/** Calls of the application for each measurement of latency. */
const CALLS = 3_000;
const EVENTS_PER_SECOND = 1_000;
const MAX_QUEUE_BYTES = 64 * 2 ** 20;

/** A destination at which nobody listens. */
const downSink = () => new HttpSink({ url: 'http://127.0.0.1:9/events' });

/** A sink that takes everything at once. */
class TakingSink implements EventSink {
  readonly name = 'taking';
  readonly events: SealedEvent[] = [];
  readonly #keeps: boolean;

  constructor({ keeps = false } = {}) {
    this.#keeps = keeps;
  }

  async send(events: Parameters<EventSink['send']>[0], lines: readonly string[]): Promise<void> {
    if (!this.#keeps) return;
    for (const [index, event] of events.entries()) this.events.push({ event, line: lines[index] ?? '' });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Internal modules of the build, which no entry of the package exports. */
async function builtModule<Module>(file: string): Promise<Module> {
  return (await import(new URL(`../dist/${file}`, import.meta.url).href)) as Module;
}
const { EventQueue: Queue } = await builtModule<{ EventQueue: typeof EventQueue }>('delivery/event-queue.js');
const { Spool: SinkSpool } = await builtModule<{ Spool: typeof Spool }>('delivery/spool/spool.js');

/* Speed */

/** Events with their lines, made from the spans of runs. */
async function sampleEvents(): Promise<readonly SealedEvent[]> {
  const sink = new TakingSink({ keeps: true });
  const processor = new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false });
  while (sink.events.length < SAMPLE) {
    addRun(processor);
    await processor.forceFlush();
  }
  await processor.shutdown();
  return sink.events;
}

/** Adds the spans of one run, as a call of the application does. */
function addRun(processor: ChaukasSpanProcessor): void {
  for (const [kind, span] of runSteps()) {
    if (kind === 'start') processor.onStart(span, ROOT_CONTEXT);
    else processor.onEnd(span);
  }
}

/** Delivers events as fast as the sink takes them. */
async function measureSink(
  what: string,
  events: readonly SealedEvent[],
  sink: EventSink,
  options: { readonly spool?: SpoolOptions } = {},
): Promise<void> {
  const onError = (message: string, error?: unknown) => console.error(message, error ?? '');
  const queue = new Queue(sink, { maxSize: 2 * MAX_WAITING, maxBytes: MAX_QUEUE_BYTES, onError, ...options });
  await measure(
    what,
    events,
    async (batch) => {
      for (const event of batch) queue.push(event);
      do await new Promise(setImmediate);
      while (queue.stats.waiting > MAX_WAITING);
      if (queue.stats.dropped > 0) throw new Error(`${what}: events were dropped`);
    },
    () => queue.forceFlush(),
  );
  await queue.shutdown();
}

/** Stores events in a spool, with a sink that takes none. */
async function measureSpool(what: string, events: readonly SealedEvent[], directory: string): Promise<void> {
  const spool = new SinkSpool({ directory, maxBytes: 2 ** 33 }, what, console.error);
  await measure(what, events, async (batch) => {
    const stored = await spool.append(batch.map(({ line }) => line));
    if (stored < batch.length) throw new Error(`${what}: ${stored} of ${batch.length} events were stored`);
  });
  await spool.close();
}

async function measure(
  what: string,
  sample: readonly SealedEvent[],
  deliver: (batch: readonly SealedEvent[]) => Promise<void>,
  finish: () => Promise<void> = async () => {},
): Promise<void> {
  const batches = Array.from({ length: sample.length / 500 }, (_, index) =>
    sample.slice(500 * index, 500 * index + 500),
  );
  const bytes = sample.reduce((sum, { line }) => sum + line.length, 0) / sample.length;
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  let delivered = 0;
  for (let round = 0; delivered < EVENTS; round += 1) {
    const batch = batches[round % batches.length] ?? [];
    await deliver(batch);
    delivered += batch.length;
  }
  await finish();
  const seconds = (performance.now() - before) / 1e3;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cells = [
    what.padEnd(32),
    Math.round(delivered / seconds)
      .toLocaleString('en')
      .padStart(10),
    ((delivered * bytes) / 2 ** 20 / seconds).toFixed(1).padStart(8),
    ((user + system) / delivered).toFixed(1).padStart(10),
  ];
  console.log(cells.join(' '));
}

/* Latency */

interface Latency {
  /** Milliseconds of a call, and of delay of the event loop. */
  readonly call50: number;
  readonly call99: number;
  readonly loop99: number;
}

/** Measures what a call takes that adds the events of one run. */
async function latency(config: ChaukasSpanProcessorConfig): Promise<Latency> {
  const processor = new ChaukasSpanProcessor({ systemEvents: false, ...config });
  const calls: number[] = [];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  for (let call = 0; call < CALLS; call += 1) {
    // The first calls are slower, because nothing is compiled yet.
    if (call === CALLS / 10) delays.enable();
    const before = performance.now();
    addRun(processor);
    if (call >= CALLS / 10) calls.push(performance.now() - before);
    await sleep(1);
  }
  delays.disable();
  await processor.shutdown();
  return {
    call50: percentile(calls, 0.5),
    call99: percentile(calls, 0.99),
    loop99: delays.percentile(99) / 1e6,
  };
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

function printLatency(what: string, { call50, call99, loop99 }: Latency, up: Latency): void {
  const ratio = (value: number, base: number) =>
    `${value.toFixed(3)} (${(value / base).toFixed(2)})`.padStart(16);
  console.log(
    [what.padEnd(32), ratio(call50, up.call50), ratio(call99, up.call99), ratio(loop99, up.loop99)].join(' '),
  );
}

/* Memory */

/** Makes events while the sink is down, and prints the most memory that they took. */
async function measureMemory(what: string, config: Partial<ChaukasSpanProcessorConfig>): Promise<void> {
  const before = usedMegabytes();
  const processor = new ChaukasSpanProcessor({ sinks: [downSink()], systemEvents: false, ...config });
  const start = performance.now();
  const end = start + MINUTES * 60_000;
  const perMillisecond = EVENTS_PER_SECOND / 1_000 / EVENTS_PER_RUN;
  let peak = 0;
  for (let runs = 0; performance.now() < end; await sleep(5)) {
    for (const due = (performance.now() - start) * perMillisecond; runs < due; runs += 1) addRun(processor);
    peak = Math.max(peak, usedMegabytes());
  }
  const { eventsMade, eventsDropped, sinks } = processor.stats();
  const spooled = sinks.reduce((sum, sink) => sum + sink.spooled, 0);
  console.log(
    `${what.padEnd(32)} ${(peak - before).toFixed(0)} MB more at most; ${eventsMade.toLocaleString('en')} events made, ` +
      `${eventsDropped.toLocaleString('en')} dropped, ${spooled.toLocaleString('en')} in the spool`,
  );
  await processor.shutdown();
}

function usedMegabytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/* The parts */

const folder = mkdtempSync(path.join(tmpdir(), 'bench-delivery-'));
const inFolder = (name: string) => ({ directory: path.join(folder, name), maxBytes: 2 ** 33 });

async function speed(): Promise<void> {
  console.log(
    `${''.padEnd(32)} ${'events/s'.padStart(10)} ${'MB/s'.padStart(8)} ${'µs of CPU'.padStart(10)}`,
  );
  const events = await sampleEvents();
  await measureSink('(nowhere)', events, new TakingSink());
  await measureSpool('spool', events, inFolder('spool').directory);
  await measureSink('spool, and nowhere', events, new TakingSink(), { spool: inFolder('through') });
  await measureSink('file', events, new FileSink({ path: path.join(folder, 'events.jsonl') }));

  const delivery = { maxBatchSize: 500, maxBatchBytes: 2 ** 20, flushIntervalMillis: 0 };
  const receiver = fork(new URL('delivery-receiver.ts', import.meta.url));
  const [{ url }] = (await once(receiver, 'message')) as [{ readonly url: string }];
  const api = new ChaukasApiSink({ endpoint: `${url}/v1`, apiKey: 'key', delivery });
  await measureSink('API, protobuf', events, api);
  await measureSink('HTTP, CloudEvents in batches', events, new HttpSink({ url, delivery }));
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` });
  await measureSink('OTLP logs', events, new OtlpLogSink({ exporter, delivery }));
  receiver.disconnect();

  const kafka = await startKafka({ label: 'bench' });
  try {
    await kafka.createTopic('bench', { partitions: 6 });
    for (const mode of ['binary', 'structured'] as const) {
      const sink = new KafkaSink({ brokers: [kafka.bootstrap], topic: 'bench', mode, delivery });
      await measureSink(`Kafka, ${mode}`, events, sink);
    }
  } finally {
    await kafka.stop();
  }
  printSizes(events);
}

/** Prints what an event takes, and a million sessions a day of one run each. */
function printSizes(events: readonly SealedEvent[]): void {
  const bytes = Buffer.byteLength(events.map(({ line }) => `${line}\n`).join('')) / events.length;
  const perDay = 1e6 * EVENTS_PER_RUN;
  console.log(
    `\n${Math.round(bytes)} bytes per event; 1,000,000 sessions of ${EVENTS_PER_RUN} events a day: ${Math.round(perDay / 86_400)} events a second, ` +
      `${((perDay * bytes) / 1e9).toFixed(1)} GB a day`,
  );
}

async function latencies(): Promise<void> {
  const heads = ['call p50', 'call p99', 'loop delay p99'].map((head) => head.padStart(16));
  console.log([`${'ms, and ratio to a sink that is up'.padEnd(32)}`, ...heads].join(' '));
  // The first run is slower, because nothing is compiled yet.
  await latency({ sinks: [new TakingSink()] });
  const up = await latency({ sinks: [new TakingSink()] });
  printLatency('sink up', up, up);
  printLatency('sink up, again', await latency({ sinks: [new TakingSink()] }), up);
  printLatency('sink down', await latency({ sinks: [downSink()] }), up);
  const spool = inFolder('latency');
  printLatency('sink down, with a spool', await latency({ sinks: [downSink()], spool }), up);
}

async function memory(): Promise<void> {
  console.log(`${EVENTS_PER_SECOND} events a second for ${MINUTES} minutes with a sink that is down`);
  await measureMemory('without a spool', {});
  await measureMemory('with a spool', { spool: inFolder('memory') });
}

const PARTS = { speed, latency: latencies, memory };
const [chosen] = process.argv.slice(2);
try {
  console.log(`Node ${process.versions.node}\n`);
  for (const [name, part] of Object.entries(PARTS)) {
    if (chosen !== undefined && chosen !== name) continue;
    await part();
    console.log('');
  }
} finally {
  rmSync(folder, { recursive: true });
}
