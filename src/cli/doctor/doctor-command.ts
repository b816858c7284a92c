import path from 'node:path';
import { type CommandRun, EXIT, type ExitCode } from '../command-run.js';
import type { EnvironmentVariables } from '../output/output.js';
import { counted } from '../output/quantities.js';
import type { Style, TextLine } from '../output/text-line.js';
import { CHECK_TOPICS, type Check, type CheckLevel } from './check.js';
import { environmentChecks, hookChecks } from './environment-checks.js';
import { eventFileChecks } from './event-file-checks.js';
import { exporterChecks } from './exporter-checks.js';
import { readApplication } from './installed-packages.js';
import { nodeCheck, otherChecks, packageChecks, WANTED_PACKAGES } from './package-checks.js';
import { programChecks } from './program-checks.js';
import { runProgram } from './program-run.js';

interface DoctorOptions {
  /** The program to run, with its arguments; empty to look at the folder alone. */
  readonly program: readonly string[];
  readonly env: EnvironmentVariables;
  readonly cwd: string;
  readonly json: boolean;
  readonly stopAfter: number | undefined;
}

/** Prints what is right and what is wrong with the set-up of an application, and the command that mends it. */
export async function doctorCommand(run: CommandRun, options: DoctorOptions): Promise<ExitCode> {
  const { program, env, cwd: folder } = options;
  const application = readApplication(folderOf(program, folder), WANTED_PACKAGES);
  const checks = [
    nodeCheck(process.version),
    ...packageChecks(application),
    ...(application.hidden ? [] : otherChecks(application)),
    // A run shows the hook itself.
    ...(program.length > 0 ? [] : hookChecks(application, env)),
    ...environmentChecks(env, folder),
    ...(await exporterChecks(env)),
    ...eventFileChecks(env, folder),
  ];
  if (program.length > 0) {
    try {
      checks.push(...programChecks(await runProgram(program, env, options.stopAfter)));
    } catch (error) {
      run.messages.print(`cannot start ${program[0]}: ${(error as NodeJS.ErrnoException).code ?? error}`);
      return EXIT.usage;
    }
  }
  const ordered = CHECK_TOPICS.flatMap((topic) => checks.filter((check) => check.topic === topic));
  if (options.json) run.output.json({ ...sums(ordered), checks: ordered });
  else run.output.lines(doctorLines(ordered));
  return sums(ordered).wrong > 0 ? EXIT.findings : EXIT.ok;
}

/** The folder of the program's first file, since it resolves packages from there. */
function folderOf(program: readonly string[], folder: string): string {
  const file = program.slice(1).find((argument) => /\.[cm]?[jt]sx?$/.test(argument));
  return file === undefined ? folder : path.dirname(path.resolve(folder, file));
}

function sums(checks: readonly Check[]): Record<CheckLevel, number> {
  const count = (level: CheckLevel) => checks.filter((check) => check.level === level).length;
  return { ok: count('ok'), warn: count('warn'), wrong: count('wrong') };
}

const STYLES: Readonly<Record<CheckLevel, Style>> = { ok: 'green', warn: 'yellow', wrong: 'red' };

function doctorLines(checks: readonly Check[]): TextLine[] {
  const { wrong, warn } = sums(checks);
  const lines = checks.flatMap(({ level, topic, text, fix }): TextLine[] => [
    [[STYLES[level], level.padEnd(5)], '  ', ['dim', topic.padEnd(11)], '  ', text],
    ...(fix === undefined ? [] : [[' '.repeat(20), ['bold', `→ ${fix}`]] as TextLine]),
  ]);
  const summary =
    wrong === 0 && warn === 0 ? 'all right' : `${counted(wrong, 'problem')}, ${counted(warn, 'warning')}`;
  return [...lines, [], [[STYLES[wrong > 0 ? 'wrong' : warn > 0 ? 'warn' : 'ok'], summary]]];
}
