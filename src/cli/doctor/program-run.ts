import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import type { EnvironmentVariables } from '../output/output.js';
import { type ProcessReport, REPORT_FOLDER_VARIABLE } from './preload.js';

export interface ProgramRun {
  /** As a shell has it: 128 and the number of the signal if one ended the program. */
  readonly exitCode: number;
  readonly signal?: string;
  /** Whether the program was ended because its time was over. */
  readonly stopped: boolean;
  /** One for each process of Node that the program started. */
  readonly reports: readonly ProcessReport[];
}

/**
 * Runs a program with {@link ProcessReport} for each of its processes. What it prints goes to standard error, so that
 * standard output has the result of the command alone. `NODE_OPTIONS` keeps what is in it.
 *
 * @param stopAfter - seconds after which it gets SIGTERM.
 * @throws Error - if it cannot be started.
 */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  env: EnvironmentVariables,
  stopAfter: number | undefined,
): Promise<ProgramRun> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'agent-events-doctor-'));
  const preload = new URL('./preload.js', import.meta.url).href;
  const child = spawn(command, args, {
    // Standard output of the program would be mixed with the result.
    stdio: ['inherit', 2, 2],
    env: {
      ...env,
      [REPORT_FOLDER_VARIABLE]: folder,
      NODE_OPTIONS: [`--import ${preload}`, env.NODE_OPTIONS ?? ''].join(' ').trim(),
    },
  });
  let stopped = false;
  const timer =
    stopAfter === undefined
      ? undefined
      : setTimeout(() => {
          stopped = true;
          child.kill('SIGTERM');
        }, 1000 * stopAfter);
  // Ctrl-C reaches both processes: the program ends, and its report is still wanted.
  const onInterrupt = () => {};
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({ code, signal }));
      },
    );
    const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    return { exitCode, ...(signal !== null && { signal }), stopped, reports: readReports(folder) };
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function readReports(folder: string): ProcessReport[] {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as ProcessReport)
    .sort((a, b) => a.pid - b.pid);
}
