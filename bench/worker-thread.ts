/**
 * Measures what a worker thread could take off the main thread: the time that the events of a model call take there today,
 * and the time to hand a worker what they are made of.
 *
 *     npm run bench:thread
 *
 * The worker of this prototype takes what it gets and does nothing, so the last two columns are the least that the main
 * thread would keep. Each figure is time on this thread by the clock, the lower quartile of all repetitions.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type EventSink,
} from 'opentelemetry-instrumentation-openai-agents';
import { type BenchSpan, modelCallSteps, type Step } from './event-spans.js';

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000] as const;
/** Characters that are measured in all repetitions of a cell together. */
const CHARACTERS_PER_CELL = 60_000_000;
const MOST_REPETITIONS = 4_000;
const LEAST_REPETITIONS = 8;

/** Keeps the events of the last batch, as objects or not at all. */
class LastBatchSink implements EventSink {
  readonly name = 'last-batch';
  events: readonly ChaukasEvent[] = [];
  constructor(readonly linesOnly: boolean) {}
  async send(events: readonly ChaukasEvent[]): Promise<void> {
    this.events = events;
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0;
}

function pass(processor: ChaukasSpanProcessor, steps: readonly Step[]): void {
  for (const [kind, span] of steps) {
    if (kind === 'start') processor.onStart(span, ROOT_CONTEXT);
    else processor.onEnd(span);
  }
}

/** Microseconds from the spans to the lines that sinks get. */
async function makeHere(size: number, repetitions: number): Promise<number> {
  const processor = new ChaukasSpanProcessor({ systemEvents: false, sinks: [new LastBatchSink(true)] });
  const times: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const steps = modelCallSteps(size);
    const before = performance.now();
    pass(processor, steps);
    const flushed = processor.forceFlush();
    times.push((performance.now() - before) * 1_000);
    await flushed;
  }
  await processor.shutdown();
  return lowerQuartile(times);
}

/** The events of one call as objects. */
async function eventsOf(size: number): Promise<readonly ChaukasEvent[]> {
  const sink = new LastBatchSink(false);
  const processor = new ChaukasSpanProcessor({ systemEvents: false, sinks: [sink] });
  pass(processor, modelCallSteps(size));
  await processor.forceFlush();
  const { events } = sink;
  await processor.shutdown();
  return events;
}

/** What the trail reads of a span; its content is JSON text already. */
function dataOf({ name, attributes, startTime, endTime, status, spanContext }: BenchSpan): unknown {
  return { name, attributes, startTime, endTime, status, spanContext: spanContext() };
}

/** Microseconds of handing something to a worker. */
async function post(worker: Worker, make: () => readonly unknown[], repetitions: number): Promise<number> {
  const times: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const messages = make();
    const before = performance.now();
    for (const message of messages) worker.postMessage(message);
    times.push((performance.now() - before) * 1_000);
    const answered = once(worker, 'message');
    worker.postMessage('answer');
    await answered;
  }
  return lowerQuartile(times);
}

const WORKER = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', (message) => { if (message === 'answer') parentPort.postMessage(0); });`;

const worker = new Worker(WORKER, { eval: true });
console.log(
  `Node ${process.versions.node}, microseconds of the main thread for the events of one model call\n`,
);
console.log(' characters   made here  events posted  spans posted');
for (const size of SIZES) {
  const repetitions = Math.max(LEAST_REPETITIONS, Math.min(MOST_REPETITIONS, CHARACTERS_PER_CELL / size));
  const here = await makeHere(size, repetitions);
  const events = await eventsOf(size);
  const eventsPosted = await post(worker, () => events, repetitions);
  const spansPosted = await post(
    worker,
    // The end of a span has what its start had as well.
    () => modelCallSteps(size).map(([, span]) => dataOf(span)),
    repetitions,
  );
  const cells = [size.toLocaleString('en').padStart(11)];
  for (const [figure, width] of [
    [here, 11],
    [eventsPosted, 14],
    [spansPosted, 13],
  ] as const) {
    cells.push(figure.toFixed(0).padStart(width));
  }
  console.log(cells.join(' '));
}
await worker.terminate();
