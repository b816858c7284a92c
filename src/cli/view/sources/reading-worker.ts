/** The program of the thread of `reading-thread.ts`: reads the events in the bytes that it gets. */
import { parentPort } from 'node:worker_threads';
import { EventReader, FILE_START } from '../stored/event-reader.js';
import type { IndexBatch } from '../stored/index-batch.js';
import { packedTexts } from '../stored/packed-texts.js';
import type { ReadingTask } from './reading-thread.js';

let reader = new EventReader(FILE_START);

parentPort?.on('message', ({ place, bytes }: ReadingTask) => {
  if (place !== undefined) reader = new EventReader(place);
  reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { texts, ...batch } = reader.take();
  const packed = packedTexts(texts as readonly string[]);
  const memory = [batch.numbers.buffer, packed.bytes.buffer, packed.ends.buffer];
  parentPort?.postMessage({ ...batch, texts: packed } satisfies IndexBatch, memory);
});
