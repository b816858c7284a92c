import fs from 'node:fs';
import path from 'node:path';
import { readChaukasEnvironment } from '../../environment/chaukas-environment.js';
import { outputProblems } from '../../environment/output-problems.js';
import { showValue } from '../../text/show-value.js';
import type { EnvironmentVariables } from '../output/output.js';
import { type Check, checksOf } from './check.js';

const { ok, warn, wrong } = checksOf('events');

/**
 * Checks the `CHAUKAS_*` variables as `configFromEnv()` does, and whether the file of events can be written. A folder is
 * tried by making an empty folder in it, which is removed at once: permissions alone do not show a read-only disk.
 *
 * @param folder - the folder that the application starts in.
 */
export function eventFileChecks(env: EnvironmentVariables, folder: string): Check[] {
  const environment = readChaukasEnvironment(env);
  const { settings, variables } = environment;
  const problems = [...environment.problems, ...outputProblems(environment, {})];
  if (problems.length > 0) return problems.map((problem) => wrong('variables', problem));
  if (!settings.outputModes.includes('file')) {
    return [ok('event_outputs', `events go to ${settings.outputModes.join(' and ')}`)];
  }
  const file = path.resolve(folder, settings.outputFile);
  const failure = writeFailure(file);
  const named = variables.get('outputFile');
  if (failure === undefined) {
    return [
      ok(
        'event_file',
        `${showValue(file)} can be written${named === undefined ? ' (the default file)' : ''}`,
      ),
    ];
  }
  const text = `events cannot be written to ${showValue(file)}: ${failure}`;
  // Without a variable, the application may have sinks of its own.
  return variables.size === 0
    ? [
        warn(
          'event_file',
          text,
          'set CHAUKAS_OUTPUT_FILE to a file that the application may create and append to',
        ),
      ]
    : [
        wrong(
          'event_file',
          text,
          `set ${named ?? 'CHAUKAS_OUTPUT_FILE'} to a file that may be created and appended to`,
        ),
      ];
}

/** The reason why a file cannot be created or appended to. */
function writeFailure(file: string): string | undefined {
  try {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return tryFolder(path.dirname(file));
    if (!stat.isFile()) return `it is ${stat.isDirectory() ? 'a folder' : 'not a regular file'}`;
    // Neither creates nor changes it.
    fs.closeSync(fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_APPEND));
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** The sink makes the missing folders. */
function tryFolder(folder: string): string | undefined {
  let existing = folder;
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  try {
    fs.rmdirSync(fs.mkdtempSync(path.join(existing, '.agent-events-doctor-')));
    return undefined;
  } catch (error) {
    return `${codeOf(error)} in ${showValue(existing)}`;
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
