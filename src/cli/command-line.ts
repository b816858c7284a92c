import { availableParallelism } from 'node:os';
import { Argument, Command, CommanderError, Option } from 'commander';
import type { NamePattern } from '../text/name-pattern.js';
import { PACKAGE_VERSION } from '../version.js';
import {
  anchors,
  jobs,
  KNOWN_VALUES,
  names,
  portNumber,
  publicKeys,
  type SelectionFlags,
  selectionOf,
  severity,
  traceLink,
  types,
  wholeNumber,
  withSelection,
  witnessKeys,
} from './command-options.js';
import { type CommandHost, CommandRun, EXIT, type ExitCode } from './command-run.js';
import { completionScript, SHELLS, type ShellName } from './completion/completion-script.js';
import {
  convertCommand,
  FORMAT_NAMES,
  type FormatName,
  SOURCE_NAMES,
  type SourceName,
} from './convert/convert-command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { COMMAND_NAME } from './output/messages.js';
import { proveCommand } from './prove/prove-command.js';
import { verifyProofCommand } from './prove/verify-proof.js';
import { REPORT_FORMATS, reportCommand } from './report/report-command.js';
import { showCommand } from './show/show-command.js';
import { statsCommand } from './stats/stats-command.js';
import { tailCommand } from './tail/tail-command.js';
import { treeCommand } from './tree/tree-command.js';
import { verifyCommand } from './verify/verify-command.js';
import type { ViewFlags } from './view/view-command.js';

const FILES = 'files of events, also .gz; standard input if none or "-"';

/**
 * Runs one command line.
 *
 * @param args - the arguments after the name of the command.
 * @returns the exit code. Never rejects: an internal error is printed, and the code is {@link EXIT.failure}.
 */
export async function runCommandLine(args: readonly string[], host: CommandHost): Promise<ExitCode> {
  const run = new CommandRun(host);
  let code: ExitCode = EXIT.ok;
  try {
    await commands(run, host, (result) => {
      code = result;
    }).parseAsync(args, { from: 'user' });
    await run.output.flush();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    run.messages.print(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
    return EXIT.failure;
  }
  const { failure } = run.output;
  if (failure === undefined) return code;
  run.messages.print(`cannot write the output: ${failure.message}`);
  return EXIT.failure;
}

/** A day of a busy application. */
const DEFAULT_RECEIVED_BYTES = 1024 ** 3;

type Ended = (code: ExitCode) => void;

type WithJson<Flags> = Flags & { readonly json?: boolean };

interface VerifyFlags {
  readonly publicKey: string[];
  readonly witnessKey: string[];
  readonly anchor: string[];
  readonly proof?: string;
  readonly strict?: boolean;
  readonly jobs?: number;
}

interface TreeFlags extends SelectionFlags {
  readonly session: NamePattern[];
  readonly full?: boolean;
}

interface ConvertFlags extends SelectionFlags {
  readonly to?: FormatName;
  readonly from?: SourceName;
  readonly source?: string;
  readonly keepRedacted?: boolean;
}

interface TailFlags extends SelectionFlags {
  readonly lines: number;
  readonly follow?: boolean;
  readonly full?: boolean;
  readonly type: string[];
  readonly agent: NamePattern[];
  readonly session: NamePattern[];
  /** Index in the list of severities. */
  readonly severity: number;
}

interface ReportFlags {
  readonly format?: (typeof REPORT_FORMATS)[number];
  readonly output?: string;
  readonly rows: number;
  readonly publicKey: string[];
  readonly witnessKey: string[];
  readonly anchor: string[];
}

function commands(run: CommandRun, { stdout, stderr, env, cwd }: CommandHost, ended: Ended): Command {
  const program = new Command(COMMAND_NAME)
    .description(
      'Reads files of audit events: what happened, what it cost, and whether the file was changed.',
    )
    .version(PACKAGE_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 success, 1 verify or doctor found a problem or prove no proof, 2 wrong usage,\n' +
        '3 some input could not be read, 4 the output could not be written.',
    );

  /** Adds a command with the arguments and checks that all commands share. */
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('[files...]', FILES)
      .hook('preAction', (_, action) => {
        const needsNoFile = action.opts<{ proof?: string }>().proof !== undefined;
        if (!needsNoFile && run.waitsForTerminal(action.args)) {
          action.error(`error: nothing to read; name a file or redirect one: ${COMMAND_NAME} ${name} < FILE`);
        }
      });

  withSelection(
    command('tree', 'Show sessions as trees, with time, tokens, cost and errors.').addOption(
      names('--session <id>', 'show only this session; * matches anything; may be repeated'),
    ),
    'show only sessions with an event',
  )
    .option('--full', 'cut no text')
    .option('--json', 'print one JSON object per session and line')
    .action(async (files: string[], flags: WithJson<TreeFlags>) => {
      const { session: sessions, full = false, json = false } = flags;
      ended(await treeCommand(run, { files, full, json, sessions, selection: selectionOf(flags) }));
    });

  withSelection(
    command('stats', 'Count events, types, models, tools, tokens, cost, errors and retries.'),
    'count only events',
  )
    .option('--slowest <n>', 'number of slowest calls to show', wholeNumber, 5)
    .option('--json', 'print one JSON object')
    .action(async (files: string[], flags: WithJson<SelectionFlags & { slowest: number }>) => {
      const { slowest, json = false } = flags;
      ended(await statsCommand(run, { files, json, slowest, selection: selectionOf(flags) }));
    });

  command('verify', 'Check whether events were changed, removed, added or reordered.')
    .addOption(publicKeys())
    .addOption(anchors())
    .option('--strict', 'exit with code 1 for warnings, too')
    .option('--proof <file>', 'check this proof of one event, and read no files of events')
    .addOption(witnessKeys())
    .addOption(jobs())
    .option('--json', 'print one JSON object')
    .action(async (files: string[], flags: WithJson<VerifyFlags>, action: Command) => {
      const { publicKey: publicKeys, witnessKey: witnessKeys, anchor: anchors, proof, json = false } = flags;
      if (proof === undefined) {
        const { strict = false, jobs: asked } = flags;
        const jobs = { count: asked ?? availableParallelism(), isAsked: asked !== undefined };
        ended(await verifyCommand(run, { files, json, strict, jobs, publicKeys, witnessKeys, anchors }));
        return;
      }
      if (anchors.length > 0) action.error('error: --proof and --anchor cannot be combined');
      if (files.length > 0) action.error('error: --proof and files of events cannot be combined');
      ended(await verifyProofCommand(run, { proof, publicKeys, witnessKeys, json }));
    });

  program
    .command('prove')
    .description('Print a proof that an event is in its signed stream, to show it to a third party alone.')
    .argument('<files-and-event-id...>', `${FILES}; last the event_id`)
    .usage('[options] [files...] <event-id>')
    .action(async (args: string[], _flags: object, action: Command) => {
      const files = args.slice(0, -1);
      if (run.waitsForTerminal(files)) {
        action.error(
          `error: nothing to read; name a file before the event_id: ${COMMAND_NAME} prove FILE EVENT_ID`,
        );
      }
      ended(await proveCommand(run, { files, eventId: args.at(-1) ?? '' }));
    });

  command('report', 'Explain the events to an auditor on one page, with the result of the verification.')
    .addOption(
      new Option(
        '--format <format>',
        'format of the page; html if the output ends in .html, otherwise markdown',
      ).choices(REPORT_FORMATS),
    )
    .option('-o, --output <file>', 'file to write the page to; standard output if absent')
    .option('--rows <n>', 'number of rows that a table may have', wholeNumber, 200)
    .addOption(publicKeys())
    .addOption(witnessKeys())
    .addOption(anchors())
    .action(async (files: string[], { publicKey, witnessKey, anchor, ...options }: ReportFlags) => {
      const evidence = { publicKeys: publicKey, witnessKeys: witnessKey, anchors: anchor };
      ended(await reportCommand(run, { ...options, ...evidence, files }));
    });

  withSelection(
    command('tail', 'Show the last events, one per line, and with -f new ones as they arrive.'),
    'show only events',
  )
    .option('-n, --lines <n>', 'number of events to show per file', wholeNumber, 10)
    .option('-f, --follow', 'show events as they are appended, also after log rotation')
    .addOption(
      new Option(
        '--type <types>',
        'show only these types, separated by commas; TOOL_CALL means its START and END',
      )
        .argParser(types)
        .default([], 'all'),
    )
    .addOption(names('--agent <name>', 'show only events of this agent; * matches anything; may be repeated'))
    .addOption(
      names('--session <id>', 'show only events of this session; * matches anything; may be repeated'),
    )
    .addOption(
      new Option('--severity <level>', 'show only events of this severity or above')
        .argParser(severity)
        .default(0, 'all'),
    )
    .option('--full', 'cut no text')
    .option('--json', 'print the lines unchanged')
    .action(
      async (
        files: string[],
        { lines, follow = false, full = false, json = false, ...only }: WithJson<TailFlags>,
      ) => {
        const selection = selectionOf(only, {
          types: only.type,
          agents: only.agent,
          sessions: only.session,
          minSeverity: only.severity,
        });
        ended(await tailCommand(run, { files, full, json, last: lines, follow, selection }));
      },
    );

  withSelection(command('convert', 'Write the events in another format.'), 'write only events')
    .addOption(new Option('--to <format>', 'output format').choices(FORMAT_NAMES))
    .addOption(new Option('--from <format>', 'input format').choices(SOURCE_NAMES).default('jsonl'))
    .option('--source <uri>', 'in cloudevents, the source of each event')
    .option('--keep-redacted', 'in openai-evals and chat-jsonl, write calls with redacted content, too')
    .option('--json', 'same as --to jsonl')
    .action(async (files: string[], flags: WithJson<ConvertFlags>, action: Command) => {
      const { to, from = 'jsonl', source, json = false, keepRedacted = false } = flags;
      if (to === undefined && !json) {
        action.error(`error: --to is missing; use one of ${FORMAT_NAMES.join(', ')}`);
      }
      if (source !== undefined && (to !== 'cloudevents' || source === '')) {
        action.error('error: --source is for --to cloudevents, and must not be empty');
      }
      if (to === 'csv' && json)
        action.error('error: --to csv and --json cannot be combined; use one of them');
      const selection = selectionOf(flags);
      ended(await convertCommand(run, { files, from, to: to ?? 'jsonl', source, keepRedacted, selection }));
    });

  command('view', 'Look at events in the browser: sessions, conversations, cost, evidence.')
    .option('--no-follow', 'do not wait for more events')
    .option('--no-open', 'only print the URL; do not open the browser')
    .option('--port <n>', 'port of the page; a free one if absent', portNumber)
    .option(
      '--listen [port]',
      'receive OTLP and events as well, on this port (4319 if none), with the page',
      portNumber,
    )
    .addOption(
      new Option('--max-size <bytes>', 'how much of received events to keep')
        .argParser(wholeNumber)
        .default(DEFAULT_RECEIVED_BYTES, '1 GiB'),
    )
    .option(
      '--host <address>',
      'address of this machine to listen on; other machines can read the events there',
      '127.0.0.1',
    )
    .addOption(
      new Option(
        '--trace-link <url>',
        'where to look at a trace, with {trace_id} and {span_id} in it',
      ).argParser(traceLink),
    )
    .addOption(publicKeys())
    .addOption(witnessKeys())
    .addOption(anchors())
    .action(async (files: string[], flags: ViewFlags, action: Command) => {
      if (flags.listen !== undefined && flags.port !== undefined) {
        action.error('error: --listen has the port of the page as well; leave out --port');
      }
      // The server is loaded for this command alone.
      const { viewCommand } = await import('./view/view-command.js');
      ended(await viewCommand(run, files, flags));
    });

  program
    .command('show')
    .description('Show one event whole, with its place in the chain and whether its hash is right.')
    .argument('<event-id>', 'the event_id')
    .argument('[files...]', FILES)
    .option('--json', 'print one JSON object')
    .action(async (eventId: string, files: string[], { json = false }: WithJson<object>, action: Command) => {
      if (run.waitsForTerminal(files)) {
        action.error(
          `error: nothing to read; name a file after the event_id: ${COMMAND_NAME} show EVENT_ID FILE`,
        );
      }
      ended(await showCommand(run, { files, eventId, json }));
    });

  program
    .command('doctor')
    .description('Check the set-up of the application in this folder, or of a program that is run for it.')
    .argument('[program...]', 'program to run and watch, after --: node app.js')
    .usage('[options] [-- program...]')
    .option('--stop-after <seconds>', 'end the program after this time', wholeNumber)
    .option('--json', 'print one JSON object')
    .action(async (command: string[], { json = false, stopAfter }: WithJson<{ stopAfter?: number }>) => {
      ended(await doctorCommand(run, { program: command, env, cwd, json, stopAfter }));
    });

  program
    .command('completion')
    .description('Print a script by which a shell completes this command.')
    .addArgument(new Argument('<shell>', 'the shell that evaluates the script').choices(SHELLS))
    .action((shell: ShellName) => {
      run.output.data(completionScript(shell, program, KNOWN_VALUES));
    });

  return program;
}
