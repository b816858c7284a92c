// Whether a process with this id is running.
import { spawnSync } from 'node:child_process';

/**
 * Signal 0 would be simpler, but it also reaches a zombie: a process that ended and was not yet waited for by the one
 * that adopted it.
 */
export function isRunning(pid: number): boolean {
  const run = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  if (run.error !== undefined) throw run.error;
  return run.stdout !== '' && !run.stdout.startsWith('Z');
}
