import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import path from 'node:path';

/** The command and arguments that run a script in a process of its own. */
export function fixtureCommand(file: string, ...args: string[]): [command: string, args: string[]] {
  return [process.execPath, ['--import', 'tsx', file, ...args]];
}

/** The directory in which `--import tsx` is resolved, for tests that are started from another one. */
export const PROJECT = path.resolve(import.meta.dirname, '..');

/** Runs a script in a process of its own and waits for its end. */
export function runFixture(file: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(...fixtureCommand(file, ...args), {
    encoding: 'utf8',
    cwd: PROJECT,
    maxBuffer: 64 * 1024 * 1024,
  });
}
