import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import path from 'node:path';

/** How a script is run in a process of its own: as the command and its arguments. */
export function fixtureCommand(file: string, ...args: string[]): [command: string, args: string[]] {
  return [process.execPath, ['--import', 'tsx', file, ...args]];
}

/** Where `--import tsx` is found, wherever the tests were started from. */
export const PROJECT = path.resolve(import.meta.dirname, '..');

/** Runs a script in a process of its own, to its end. */
export function runFixture(file: string, ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(...fixtureCommand(file, ...args), { encoding: 'utf8', cwd: PROJECT });
}
