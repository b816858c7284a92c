/** Large files of events that the package makes, for the viewer's benchmark and its tests. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { ChaukasSpanProcessor, FileSink } from 'opentelemetry-instrumentation-openai-agents';
import { runSteps } from './event-spans.js';

const MEGABYTE = 1e6;
const MAX_UNDER_WAY = 300;

/** Returns a file of this size in the folder, which is made once. */
export async function eventFile(folder: string, megabytes: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `events-${megabytes}.jsonl`);
  if (existsSync(file)) return file;
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const processor = new ChaukasSpanProcessor({ sinks: [new FileSink({ path: partial })] });
  const underWay = () => {
    const { eventsMade, eventsDelivered, eventsDropped } = processor.stats();
    return eventsMade - eventsDelivered - eventsDropped;
  };
  while (!existsSync(partial) || statSync(partial).size < megabytes * MEGABYTE) {
    for (let run = 0; run < 20; run += 1) {
      for (const [kind, span] of runSteps()) {
        if (kind === 'start') processor.onStart(span, ROOT_CONTEXT);
        else processor.onEnd(span);
      }
    }
    do await new Promise(setImmediate);
    while (underWay() > MAX_UNDER_WAY);
  }
  await processor.shutdown();
  renameSync(partial, file);
  return file;
}
