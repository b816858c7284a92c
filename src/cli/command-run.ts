import { EXCERPT_CHARACTERS } from './events/event-summary.js';
import { fileInput, type Input, type InputStream, standardInput } from './input/input.js';
import { InputReport } from './input/input-report.js';
import { MessageWriter, Progress } from './output/messages.js';
import { type EnvironmentVariables, Output, type OutputStream, wantsColor } from './output/output.js';

/** The streams and the environment that a command runs with. */
export interface CommandHost {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: EnvironmentVariables;
  /** The folder that the command runs in. */
  readonly cwd: string;
}

/** The room for the texts of events. */
export interface TextRoom {
  /** Number of characters of one text. */
  readonly text: number;
  /** Number of characters of a line; `undefined` if lines are not cut. */
  readonly line: number | undefined;
}

/** The width of a terminal that does not say its own. */
const USUAL_COLUMNS = 80;

/** One run of a command: its inputs, its output, its messages and the report on unreadable input. */
export class CommandRun {
  readonly output: Output;
  readonly messages: MessageWriter;
  readonly report: InputReport;
  readonly progress: Progress;
  readonly #stdin: InputStream;

  readonly #columns: number | undefined;

  constructor({ stdin, stdout, stderr, env }: CommandHost) {
    this.#stdin = stdin;
    this.#columns = stdout.isTTY === true ? columnsOf(stdout, env) : undefined;
    this.output = new Output(stdout, wantsColor(stdout, env));
    this.messages = new MessageWriter(stderr, wantsColor(stderr, env));
    this.report = new InputReport(this.messages);
    this.progress = new Progress(stderr);
    this.messages.beforeEach = () => this.progress.clear();
    // On a terminal, output and progress share the screen.
    this.output.beforeWrite = () => this.progress.clear();
  }

  /** The inputs that the arguments name; standard input for `-` or no argument. */
  inputs(files: readonly string[]): Input[] {
    const names = files.length === 0 ? ['-'] : files;
    return names.map((name) => (name === '-' ? standardInput(this.#stdin) : fileInput(name)));
  }

  /**
   * A line on a terminal is cut to its width. Elsewhere lines may have any length and each text has the same room, so that
   * two outputs can be compared. The texts in JSON do not depend on where it goes.
   */
  room({ full, json }: { readonly full: boolean; readonly json: boolean }): TextRoom {
    if (full) return { text: Number.POSITIVE_INFINITY, line: undefined };
    if (json || this.#columns === undefined) return { text: EXCERPT_CHARACTERS, line: undefined };
    return { text: this.#columns, line: this.#columns };
  }

  /** Whether the command would read from a terminal, where the user has not redirected any input. */
  waitsForTerminal(files: readonly string[]): boolean {
    return files.length === 0 && this.#stdin.isTTY === true;
  }
}

function columnsOf({ columns }: OutputStream, { COLUMNS = '' }: EnvironmentVariables): number {
  const named = /^\d{1,5}$/.test(COLUMNS) ? Number(COLUMNS) : 0;
  return columns !== undefined && columns > 0 ? columns : named > 0 ? named : USUAL_COLUMNS;
}

/** The exit codes, which docs/agent-events.md explains. */
export const EXIT = {
  ok: 0,
  /** `verify` found a problem. */
  findings: 1,
  /** The command line is wrong; nothing was read. */
  usage: 2,
  /** Some of the input could not be read; the rest was. */
  input: 3,
  /** The output could not be written, or the command itself failed. */
  failure: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
