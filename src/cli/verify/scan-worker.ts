/** The program of a thread of `scan-threads.ts`: scans the blocks that it gets, one after the other. */
import { parentPort } from 'node:worker_threads';
import { BlockScan } from '../../chaukas/verify/block-scan.js';
import type { ScannedBlock } from './scan-threads.js';

const scan = new BlockScan();

parentPort?.on('message', (memory: ArrayBuffer) => {
  const facts = scan.scan(Buffer.from(memory));
  const result: ScannedBlock = { memory, facts };
  parentPort?.postMessage(result, [memory, facts.numbers.buffer]);
});
