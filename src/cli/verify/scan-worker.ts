/** The program of a thread of `scan-threads.ts`: scans the blocks that it gets, one after the other. */
import { parentPort } from 'node:worker_threads';
import { BlockScan } from '../../chaukas/verify/block-scan.js';
import type { BlockToScan, ScannedBlock } from './scan-threads.js';

const scan = new BlockScan();

parentPort?.on('message', ({ memory, begin, length, withLeaves }: BlockToScan) => {
  const bytes = Buffer.from(memory, begin, length);
  const { lineCount, numbers, leaves, verdicts } = scan.scan(bytes, withLeaves);
  const result: ScannedBlock = {
    memory,
    begin,
    length,
    lineCount,
    numbers,
    leaves: leaves?.buffer,
    verdicts,
  };
  const moved = [memory, numbers.buffer];
  parentPort?.postMessage(result, leaves === undefined ? moved : [...moved, leaves.buffer]);
});
