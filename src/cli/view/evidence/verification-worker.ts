/** The program of the thread that verifies large files, step by step as they are read. */
import { parentPort, workerData } from 'node:worker_threads';
import { FileVerification, type ViewEvidence } from './file-verification.js';
import type { ThreadTask } from './verified-files.js';

const verification = new FileVerification(workerData as ViewEvidence);

parentPort?.on('message', (task: ThreadTask) => {
  if (task.kind === 'result') {
    parentPort?.postMessage(verification.result(task.madeAt));
    return;
  }
  // The thread has nothing else to do, so it does not pause.
  for (const _ of verification.take(task));
  parentPort?.postMessage(undefined);
});
