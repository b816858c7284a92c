/** The program of the thread of `reading-thread.ts`: reads the events in the bytes that it gets. */
import { parentPort } from 'node:worker_threads';
import { EventReader, FILE_START } from '../stored/event-reader.js';
import type { ReadingTask } from './reading-thread.js';

let reader = new EventReader(FILE_START);

parentPort?.on('message', ({ place, bytes }: ReadingTask) => {
  if (place !== undefined) reader = new EventReader(place);
  reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const batch = reader.take();
  parentPort?.postMessage(batch, [batch.numbers.buffer]);
});
