import { fileInput, type Input, type InputStream, standardInput } from './input/input.js';
import { InputReport } from './input/input-report.js';
import { Messages, Progress } from './output/messages.js';
import { type Environment, Output, type OutputStream, wantsColor } from './output/output.js';

/** The process as a command sees it. */
export interface Surroundings {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Environment;
}

/** What every command works with. */
export class CommandRun {
  readonly output: Output;
  readonly messages: Messages;
  readonly report: InputReport;
  readonly progress: Progress;
  readonly #stdin: InputStream;

  constructor({ stdin, stdout, stderr, env }: Surroundings) {
    this.#stdin = stdin;
    this.output = new Output(stdout, wantsColor(stdout, env));
    this.messages = new Messages(stderr, wantsColor(stderr, env));
    this.report = new InputReport(this.messages);
    this.progress = new Progress(stderr);
    this.messages.beforeEach = () => this.progress.clear();
    // On a terminal both go to the same place.
    this.output.beforeWrite = () => this.progress.clear();
  }

  /** The inputs that the arguments name; `-` or nothing is standard input. */
  inputs(files: readonly string[]): Input[] {
    const names = files.length === 0 ? ['-'] : files;
    return names.map((name) => (name === '-' ? standardInput(this.#stdin) : fileInput(name)));
  }

  /** Whether standard input would be read although nobody has given it anything: a person waits at a terminal. */
  waitsForTerminal(files: readonly string[]): boolean {
    return files.length === 0 && this.#stdin.isTTY === true;
  }
}

/** What the process says of itself when it ends; docs/agent-events.md explains each. */
export const EXIT = {
  ok: 0,
  /** `verify` found something wrong. */
  findings: 1,
  /** The command line itself is wrong; nothing was read. */
  usage: 2,
  /** Some of the input could not be read; the rest was. */
  input: 3,
  /** The output could not be written, or the fault is ours. */
  failure: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
