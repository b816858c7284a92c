// Whether a process is at work, by its id.
import { spawnSync } from 'node:child_process';

/** Signal 0 would be simpler, but it also reaches a zombie: ended, and not yet waited for by whoever adopted it. */
export function isRunning(pid: number): boolean {
  const run = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  if (run.error !== undefined) throw run.error;
  return run.stdout !== '' && !run.stdout.startsWith('Z');
}
