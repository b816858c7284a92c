import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type NamePattern, namePattern } from '../text/name-pattern.js';
import { PACKAGE_VERSION } from '../version.js';
import { CommandRun, EXIT, type ExitCode, type Surroundings } from './command-run.js';
import { convertCommand, FORMAT_NAMES, type FormatName } from './convert.js';
import { SEVERITIES } from './events/event-type.js';
import { COMMAND_NAME } from './output/messages.js';
import { statsCommand } from './stats/stats-command.js';
import { typesNamed } from './tail/event-filter.js';
import { tailCommand } from './tail/tail-command.js';
import { treeCommand } from './tree/tree-command.js';
import { verifyCommand } from './verify.js';

const FILES = 'files of events, .gz too; "-" or none is standard input';

/**
 * Runs one command line.
 *
 * @param args - what stands after the command's name.
 * @returns the exit code. Never rejects: a fault of ours is told, and is {@link EXIT.failure}.
 */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const run = new CommandRun(surroundings);
  let code: ExitCode = EXIT.ok;
  try {
    await commands(run, surroundings, (result) => {
      code = result;
    }).parseAsync(args, { from: 'user' });
    await run.output.flush();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    run.messages.tell(
      `this is a fault of ${COMMAND_NAME}: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return EXIT.failure;
  }
  const { failure } = run.output;
  if (failure === undefined) return code;
  run.messages.tell(`the output cannot be written: ${failure.message}`);
  return EXIT.failure;
}

type Ended = (code: ExitCode) => void;

type WithJson<Flags> = Flags & { readonly json?: boolean };

interface TailFlags {
  readonly lines: number;
  readonly follow?: boolean;
  readonly type: string[];
  readonly agent: NamePattern[];
  readonly session: NamePattern[];
  /** As its place among the severities. */
  readonly severity: number;
}

function commands(run: CommandRun, { stdout, stderr }: Surroundings, ended: Ended): Command {
  const program = new Command(COMMAND_NAME)
    .description(
      'Reads files of audit events: what happened, what it cost, and whether it was changed since.',
    )
    .version(PACKAGE_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well, 1 verify found something, 2 wrong usage, 3 some input could not be read,\n' +
        '4 the output could not be written.',
    );

  /** Commands have what the program has set up. */
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('[files...]', FILES)
      .hook('preAction', (_, action) => {
        if (run.waitsForTerminal(action.args)) {
          action.error(
            `error: nothing to read: name a file, or hand events over: ${COMMAND_NAME} ${name} < FILE`,
          );
        }
      });

  command('tree', 'Shows sessions as trees, with time, tokens, cost and errors.')
    .addOption(names('--session <id>', 'only this session; * stands for anything; may be repeated'))
    .option('--json', 'one object a session, one a line')
    .action(async (files: string[], { session, json = false }: WithJson<{ session: NamePattern[] }>) => {
      ended(await treeCommand(run, { files, json, sessions: session }));
    });

  command('stats', 'Counts events, types, models, tools, tokens, cost, errors and retries.')
    .option('--slowest <n>', 'how many of the slowest calls to show', wholeNumber, 5)
    .option('--json', 'one object')
    .action(async (files: string[], { slowest, json = false }: WithJson<{ slowest: number }>) => {
      ended(await statsCommand(run, { files, json, slowest }));
    });

  command('verify', 'Finds out whether events were changed, removed, added or put in another order.')
    .addOption(
      new Option('--public-key <file>', 'Ed25519 key (PEM) of who may have signed; may be repeated')
        .argParser(repeated)
        .default([], 'signatures are not checked'),
    )
    .option('--strict', 'warnings, too, make the exit code 1')
    .option('--json', 'one object')
    .action(
      async (
        files: string[],
        { publicKey, strict = false, json = false }: WithJson<{ publicKey: string[]; strict?: boolean }>,
      ) => {
        ended(await verifyCommand(run, { files, json, strict, publicKeys: publicKey }));
      },
    );

  command('tail', 'Shows the last events, one a line, and with -f those that come.')
    .option('-n, --lines <n>', 'how many of each file', wholeNumber, 10)
    .option('-f, --follow', 'go on with what is appended, also when the file is replaced')
    .addOption(
      new Option('--type <types>', 'only these, separated by commas; TOOL_CALL is both of its pair')
        .argParser(types)
        .default([], 'all of them'),
    )
    .addOption(names('--agent <name>', 'only of this agent; * stands for anything; may be repeated'))
    .addOption(names('--session <id>', 'only of this session; * stands for anything; may be repeated'))
    .addOption(
      new Option('--severity <level>', 'only of this severity or above')
        .argParser(severity)
        .default(0, 'all of them'),
    )
    .option('--json', 'the lines as they stand in the file')
    .action(
      async (files: string[], { lines, follow = false, json = false, ...only }: WithJson<TailFlags>) => {
        const filter = {
          types: only.type,
          agents: only.agent,
          sessions: only.session,
          minSeverity: only.severity,
        };
        ended(await tailCommand(run, { files, json, last: lines, follow, filter }));
      },
    );

  command('convert', 'Writes the events in another form.')
    .addOption(new Option('--to <form>', 'the form').choices(FORMAT_NAMES))
    .option('--json', 'the same as --to jsonl')
    .action(async (files: string[], { to, json = false }: WithJson<{ to?: FormatName }>, action: Command) => {
      if (to === undefined && !json) {
        action.error(`error: convert needs --to, one of ${FORMAT_NAMES.join(', ')}`);
      }
      if (to === 'csv' && json) action.error('error: --to csv and --json exclude each other; leave one out');
      ended(await convertCommand(run, { files, to: to ?? 'jsonl' }));
    });

  return program;
}

function names(flags: string, description: string): Option {
  const parse = (value: string, before: readonly NamePattern[]): NamePattern[] => [
    ...before,
    namePattern(value),
  ];
  return new Option(flags, description).argParser(parse).default([], 'all of them');
}

function repeated(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function types(value: string, before: readonly string[]): string[] {
  try {
    return [...before, ...value.split(',').flatMap(typesNamed)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function severity(value: string): number {
  const given = value.toUpperCase().replace(/^SEVERITY_/, '');
  // As other tools spell it.
  const name = given === 'WARNING' ? 'WARN' : given;
  const rank = (SEVERITIES as readonly string[]).indexOf(name);
  if (rank === -1) throw new InvalidArgumentError(`It must be one of ${SEVERITIES.join(', ')}.`);
  return rank;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return number;
}
