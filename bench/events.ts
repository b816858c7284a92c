/**
 * Measures what the event stream costs: from span to event to line, with the share of each stage; what a key adds; the
 * memory that a million events take; how fast events are verified.
 *
 *     npm run bench:events
 *     npm run bench:profile -- .cache/bench/events.js file   # the functions of an event that goes into a file
 *
 * Figures are events per second of processor time of all threads, on one core, without the time of the sink. Each is the
 * lower quartile of parts of a run, since the machine may do other work.
 */
import { generateKeyPairSync, hash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type EventSink,
  FileSink,
} from 'opentelemetry-instrumentation-openai-agents';
import { EventVerifier, encodeEvent } from 'opentelemetry-instrumentation-openai-agents/chaukas';
import { type BenchSpan, EVENTS_PER_RUN, runSteps } from './event-spans.js';

const EVENTS = Number(process.env.EVENTS ?? 1_000_000);
const STAGE_EVENTS = Math.min(EVENTS, 150_000);
/** The most events that are in flight: as many as if they were made one after the other and lived as briefly. */
const MAX_UNDER_WAY = 300;

/** The START and the END of the stream itself. */
const EVENTS_OF_STREAM = 2;

/** Runs with a key and without, one after the other, of which the median counts: the machine may do other work. */
const KEY_ROUNDS = 11;

/** A sink that drops its events, or passes them to a callback. */
class DiscardingSink implements EventSink {
  readonly name = 'discarding';
  readonly linesOnly: boolean;
  bytes = 0;
  readonly #use: ((event: ChaukasEvent) => number) | undefined;

  constructor(use?: (event: ChaukasEvent) => number) {
    this.#use = use;
    this.linesOnly = use === undefined;
  }

  async send(events: readonly ChaukasEvent[], lines: readonly string[]): Promise<void> {
    if (this.#use === undefined) for (const line of lines) this.bytes += line.length + 1;
    else for (const event of events) this.bytes += this.#use(event);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

interface Result {
  readonly events: number;
  readonly cpuSeconds: number;
  /** The part of it in the calls of `onStart` and `onEnd`, for which the application waits. */
  readonly callerSeconds: number;
  readonly wallSeconds: number;
  readonly peakMegabytes: number;
}

type Feed = (kind: 'start' | 'end', span: BenchSpan) => void;

/** Feeds whole runs, and yields now and then, as an event loop does, so that the events can be delivered. */
async function feedRuns(events: number, feed: Feed, underWay: () => number): Promise<Result> {
  const batch = Math.ceil(MAX_UNDER_WAY / 4 / EVENTS_PER_RUN);
  const cpu = new Parts();
  const caller = new Parts();
  let wall = 0;
  let made = 0;
  let peak = 0;
  while (made < events) {
    // The spans are made before the clock runs.
    const steps = Array.from({ length: batch }, runSteps).flat();
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    for (const [kind, span] of steps) feed(kind, span);
    const ofCaller = process.cpuUsage(cpuBefore);
    do await new Promise(setImmediate);
    while (underWay() > MAX_UNDER_WAY);
    wall += performance.now() - before;
    caller.add(ofCaller, batch * EVENTS_PER_RUN);
    cpu.add(process.cpuUsage(cpuBefore), batch * EVENTS_PER_RUN);
    made += batch * EVENTS_PER_RUN;
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  return {
    events: made,
    cpuSeconds: (cpu.lowerQuartile() * made) / 1e6,
    callerSeconds: (caller.lowerQuartile() * made) / 1e6,
    wallSeconds: wall / 1e3,
    peakMegabytes: peak / 2 ** 20,
  };
}

/** The number of events that one figure is taken of. */
const EVENTS_PER_PART = 2_000;

/** Processor time of parts of a run. */
class Parts {
  readonly #microsPerEvent: number[] = [];
  #micros = 0;
  #events = 0;

  add({ user, system }: NodeJS.CpuUsage, events: number): void {
    this.#micros += user + system;
    this.#events += events;
    if (this.#events < EVENTS_PER_PART) return;
    this.#microsPerEvent.push(this.#micros / this.#events);
    this.#micros = 0;
    this.#events = 0;
  }

  lowerQuartile(): number {
    const sorted = this.#microsPerEvent.sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 4)] ?? this.#micros / this.#events;
  }
}

async function throughProcessor(
  events: number,
  sink: EventSink,
  options: Partial<ChaukasSpanProcessorConfig>,
): Promise<Result> {
  const processor = new ChaukasSpanProcessor({ systemEvents: false, ...options, sinks: [sink] });
  const result = await feedRuns(
    events,
    (kind, span) => (kind === 'start' ? processor.onStart(span, ROOT_CONTEXT) : processor.onEnd(span)),
    () => {
      const { eventsMade, eventsDelivered, eventsDropped } = processor.stats();
      return eventsMade - eventsDelivered - eventsDropped;
    },
  );
  await processor.shutdown();
  const { eventsMade, eventsDelivered, checkpointsMade, errors } = processor.stats();
  const expected = result.events + EVENTS_OF_STREAM + checkpointsMade;
  if (eventsMade !== expected || eventsDelivered !== eventsMade || errors > 0) {
    throw new Error(
      `${eventsDelivered} of ${eventsMade} events were delivered; ${expected} expected; ${errors} errors`,
    );
  }
  return result;
}

function print(
  what: string,
  { events, cpuSeconds, callerSeconds }: Pick<Result, 'events' | 'cpuSeconds'> & Partial<Result>,
  bytes: number,
): void {
  const perSecond = Math.round(events / cpuSeconds);
  const megabytes = bytes / 2 ** 20 / cpuSeconds;
  const micros = (cpuSeconds * 1e6) / events;
  const cells = [
    what.padEnd(44),
    perSecond.toLocaleString('en').padStart(9),
    megabytes.toFixed(1).padStart(8),
    micros.toFixed(1).padStart(8),
    callerSeconds === undefined ? '' : ((callerSeconds * 1e6) / events).toFixed(1).padStart(8),
  ];
  console.log(cells.join(' '));
}

async function verifyFile(file: string): Promise<Result> {
  const verifier = new EventVerifier();
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  let rest = '';
  let lines = 0;
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const texts = (rest + chunk).split('\n');
    rest = texts.pop() ?? '';
    for (const line of texts) {
      lines += 1;
      verifier.add(line, lines);
    }
  }
  const report = verifier.end();
  const { user, system } = process.cpuUsage(cpuBefore);
  if (report.findings.length > 0) throw new Error(`found: ${JSON.stringify(report.findings[0])}`);
  return {
    events: report.events,
    cpuSeconds: (user + system) / 1e6,
    callerSeconds: 0,
    wallSeconds: (performance.now() - before) / 1e3,
    peakMegabytes: process.memoryUsage.rss() / 2 ** 20,
  };
}

/** Measures what a key costs: the tree over the events, and a signature for each checkpoint. */
async function measureKey(): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const options = { redaction: false, cost: false } as const;
  const micros = async (more: Partial<ChaukasSpanProcessorConfig>) => {
    const { cpuSeconds, events } = await throughProcessor(STAGE_EVENTS / 6, new DiscardingSink(), {
      ...options,
      ...more,
    });
    return (cpuSeconds * 1e6) / events;
  };
  const plain: number[] = [];
  const signed: number[] = [];
  for (let round = 0; round < KEY_ROUNDS; round += 1) {
    plain.push(await micros({}));
    signed.push(await micros({ checkpoints: { key: privateKey, anchor: false } }));
  }
  const without = median(plain);
  const differences = signed.map((value, round) => value - (plain[round] ?? value));
  console.log(
    `\na key: ${median(differences).toFixed(2)} µs per event more (at least ${Math.min(...differences).toFixed(2)}); ` +
      `${without.toFixed(1)} µs without, ${median(signed).toFixed(1)} µs with it, ratio ${(median(signed) / without).toFixed(2)}`,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Measures single stages on events that exist already. */
function measureStage<Item>(what: string, events: readonly Item[], stage: (event: Item) => number): void {
  let bytes = 0;
  for (const event of events) bytes += stage(event);
  bytes = 0;
  const before = process.cpuUsage();
  for (const event of events) bytes += stage(event);
  const { user, system } = process.cpuUsage(before);
  print(what, { events: events.length, cpuSeconds: (user + system) / 1e6 }, bytes);
}

/** Measures an event that is redacted, priced and written to a file. */
async function measureFile(file: string): Promise<{ all: Result; size: number }> {
  const all = await throughProcessor(EVENTS, new FileSink({ path: file }), {});
  const { size } = statSync(file);
  print('… redacted, priced, in a file', all, size);
  return { all, size };
}

async function measureAll(file: string): Promise<void> {
  const kept: ChaukasEvent[] = [];
  const lines: string[] = [];
  const keeping = new DiscardingSink((event) => kept.push(event) && 0);
  await throughProcessor(14_000, keeping, {});
  for (const event of kept) lines.push(JSON.stringify(event));

  const plain = { redaction: false, cost: false } as const;
  for (const options of [plain, plain]) {
    const warmUp = new DiscardingSink();
    await throughProcessor(STAGE_EVENTS / 3, warmUp, options);
  }
  const chained = new DiscardingSink();
  print('span to chained line', await throughProcessor(STAGE_EVENTS, chained, plain), chained.bytes);
  const redacted = new DiscardingSink();
  print('… redacted and priced', await throughProcessor(STAGE_EVENTS, redacted, {}), redacted.bytes);
  const binary = new DiscardingSink((event) => encodeEvent(event).length);
  print('… redacted, priced, in binary', await throughProcessor(STAGE_EVENTS, binary, {}), binary.bytes);

  const { all, size } = await measureFile(file);

  await measureKey();

  console.log('\nparts');
  measureStage('JSON.stringify', kept, (event) => JSON.stringify(event).length);
  measureStage('SHA-256', lines, (line) => hash('sha256', line).length + line.length);
  measureStage('binary encoding', kept, (event) => encodeEvent(event).length);

  const verified = await verifyFile(file);
  console.log('');
  print('lines verified', verified, size);
  console.log(
    `\n${all.events.toLocaleString('en')} events of ${Math.round(size / all.events)} bytes in ${all.wallSeconds.toFixed(1)} s; ` +
      `at most ${all.peakMegabytes.toFixed(0)} MB of memory while they were made, ` +
      `${verified.peakMegabytes.toFixed(0)} MB after they were verified`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'bench-events-'));
try {
  const file = join(folder, 'events.jsonl');
  console.log(`Node ${process.versions.node}\n`);
  console.log(
    `${''.padEnd(44)} ${'events/s'.padStart(9)} ${'MB/s'.padStart(8)} ${'µs each'.padStart(8)} ${'caller'.padStart(8)}`,
  );
  await (process.argv[2] === 'file' ? measureFile(file) : measureAll(file));
} finally {
  rmSync(folder, { recursive: true });
}
