import { fileInput, type Input, type InputStream, standardInput } from './input/input.js';
import { InputReport } from './input/input-report.js';
import { type Environment, wantsColor } from './output/color.js';
import { Messages } from './output/messages.js';
import { Output, type OutputStream } from './output/output.js';
import { Progress } from './output/progress.js';

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
