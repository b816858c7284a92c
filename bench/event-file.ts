/** Large files of events that the package makes, for benchmarks and for the tests of the viewer. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import {
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  FileSink,
} from 'opentelemetry-instrumentation-openai-agents';
import { runSteps, type Step } from './event-spans.js';

const MEGABYTE = 1e6;

/** Spans that are under way at once, as far as the processor keeps up. */
const MAX_UNDER_WAY = 2_000;

interface EventFileOptions {
  readonly checkpoints?: ChaukasSpanProcessorConfig['checkpoints'];
  /** The steps of a run by its number, from 0. Default: the same for each. */
  readonly stepsOf?: (run: number) => readonly Step[];
}

/**
 * Returns a file of this size in the folder, which is made once.
 *
 * @throws Error - if an event was lost.
 */
export async function eventFile(
  folder: string,
  megabytes: number,
  { checkpoints, stepsOf = runSteps }: EventFileOptions = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `events-${megabytes}.jsonl`);
  if (existsSync(file)) return file;
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const processor = new ChaukasSpanProcessor({
    sinks: [new FileSink({ path: partial })],
    ...(checkpoints && { checkpoints }),
  });
  const bytes = megabytes * MEGABYTE;
  for (let run = 0; run % 100 > 0 || !existsSync(partial) || statSync(partial).size < bytes; run += 1) {
    for (const [kind, span] of stepsOf(run)) {
      if (kind === 'start') processor.onStart(span, ROOT_CONTEXT);
      else processor.onEnd(span);
    }
    do await new Promise(setImmediate);
    while (underWay(processor) > MAX_UNDER_WAY);
  }
  await processor.shutdown();
  const { eventsDropped, errors } = processor.stats();
  if (eventsDropped + errors > 0) throw new Error(`${eventsDropped} events dropped, ${errors} errors`);
  renameSync(partial, file);
  return file;
}

function underWay(processor: ChaukasSpanProcessor): number {
  const { eventsMade, eventsDelivered, eventsDropped } = processor.stats();
  return eventsMade - eventsDelivered - eventsDropped;
}
