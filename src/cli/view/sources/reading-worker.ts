/** The program of the threads of `reading-threads.ts`: reads the events in the lines that it gets. */
import { parentPort } from 'node:worker_threads';
import { EventReader, FILE_START } from '../stored/event-reader.js';
import type { ReadingTask } from './reading-threads.js';

const reader = new EventReader(FILE_START);

parentPort?.on('message', ({ offset, begun, bytes, length }: ReadingTask) => {
  reader.goTo({ offset, lines: 0 });
  reader.push(Buffer.from(begun.buffer, begun.byteOffset, begun.byteLength));
  reader.push(Buffer.from(bytes.buffer, bytes.byteOffset, length));
  const batch = reader.take();
  parentPort?.postMessage(batch, [batch.numbers.buffer]);
});
