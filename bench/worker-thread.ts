/**
 * Measures what option `thread` takes off the application's thread: the time in which its event loop is busy with the events
 * of one model call, from the spans until a file has the lines, with the option and without it.
 *
 *     npm run bench:thread
 *
 * Each figure is the lower quartile of all repetitions. With the option, the calls wait for the thread one by one, as here,
 * so that no figure profits from a queue.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { ChaukasSpanProcessor, FileSink } from 'opentelemetry-instrumentation-openai-agents';
import { modelCallSteps } from './event-spans.js';

const SIZES = [1_000, 100_000, 1_000_000, 10_000_000] as const;
/** Characters that are measured in all repetitions of a cell together. */
const CHARACTERS_PER_CELL = 60_000_000;
const MOST_REPETITIONS = 2_000;
const LEAST_REPETITIONS = 8;

interface CallCost {
  /** Microseconds in which the event loop of the application's thread is busy. */
  readonly busy: number;
  /** Microseconds of processor time of all threads. */
  readonly processor: number;
}

const folder = mkdtempSync(path.join(tmpdir(), 'bench-thread-'));
let files = 0;

async function costOfCall(size: number, repetitions: number, thread: boolean): Promise<CallCost> {
  files += 1;
  const file = path.join(folder, `events-${files}.jsonl`);
  const processor = new ChaukasSpanProcessor({
    systemEvents: false,
    sinks: [new FileSink({ path: file })],
    thread,
  });
  const busy: number[] = [];
  const processorTimes: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const steps = modelCallSteps(size);
    // The loop's own times begin with a turn.
    await new Promise((resolve) => setImmediate(resolve));
    const before = performance.eventLoopUtilization();
    const cpu = process.cpuUsage();
    for (const [kind, span] of steps) {
      if (kind === 'start') processor.onStart(span, ROOT_CONTEXT);
      else processor.onEnd(span);
    }
    await processor.forceFlush();
    const { user, system } = process.cpuUsage(cpu);
    busy.push(performance.eventLoopUtilization(before).active * 1_000);
    processorTimes.push(user + system);
  }
  const { eventsDropped } = processor.stats();
  await processor.shutdown();
  rmSync(file);
  if (eventsDropped > 0) throw new Error(`${eventsDropped} events were dropped`);
  return { busy: lowerQuartile(busy), processor: lowerQuartile(processorTimes) };
}

function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 4)] ?? 0;
}

console.log(`Node ${process.versions.node}, microseconds for the events of one model call\n`);
console.log('             application’s thread          all threads');
console.log(' characters     here  with thread     here  with thread');
try {
  for (const size of SIZES) {
    const repetitions = Math.max(LEAST_REPETITIONS, Math.min(MOST_REPETITIONS, CHARACTERS_PER_CELL / size));
    const here = await costOfCall(size, repetitions, false);
    const away = await costOfCall(size, repetitions, true);
    const cell = (figure: number, width: number) => figure.toFixed(0).padStart(width);
    console.log(
      size.toLocaleString('en').padStart(11) +
        cell(here.busy, 9) +
        cell(away.busy, 13) +
        cell(here.processor, 9) +
        cell(away.processor, 13),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
