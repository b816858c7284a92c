import { spawnSync } from 'node:child_process';

/**
 * Runs a command to its end.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} options
 * @throws Error - with everything that it printed, if it fails.
 */
export function runCommand(command, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) {
    const how = signal === null ? `exit code ${status}` : signal;
    throw new Error([`${[command, ...args].join(' ')} failed (${how})`, stdout, stderr].join('\n').trimEnd());
  }
  return { stdout, stderr };
}
