import { stat } from 'node:fs/promises';
import { type CommandRun, EXIT, type ExitCode, type TextRoom } from '../command-run.js';
import type { EventSelection } from '../events/event-filter.js';
import { eventRow } from '../events/event-row.js';
import { type Input, isGzipFile } from '../input/input.js';
import { readFailure } from '../input/input-report.js';
import type { Line } from '../input/line-splitter.js';
import { type EventLine, eventsOf, isBlank, parseEvent, readLines } from '../input/read-events.js';
import { followFile } from './follow-file.js';

interface TailOptions {
  readonly files: readonly string[];
  readonly json: boolean;
  /** Whether no text is cut. */
  readonly full: boolean;
  /** Number of passing events to show of each input. */
  readonly last: number;
  readonly follow: boolean;
  readonly selection: EventSelection;
}

/** Shows the last events of each input and, with `follow`, new ones until the process ends. */
export async function tailCommand(run: CommandRun, options: TailOptions): Promise<ExitCode> {
  const inputs = run.inputs(options.files);
  if (options.follow) {
    const stop = new AbortController();
    await Promise.all(inputs.map((input) => new Tail(run, options, input).follow(stop)));
  } else {
    for (const input of inputs) await new Tail(run, options, input).once();
  }
  return run.report.complete ? EXIT.ok : EXIT.input;
}

/** Lines that are not events, among the last lines, that are tolerated before fewer events are shown than requested. */
const MAX_OTHER_LINES = 1000;

/** Shows the events of one input. */
class Tail {
  readonly #run: CommandRun;
  readonly #options: TailOptions;
  readonly #input: Input;
  readonly #room: TextRoom;
  readonly #last: LastItems<Line>;
  /** Whether lines are kept unparsed: without a filter, only shown lines are parsed, which is fast for a long file. */
  readonly #unparsed: boolean;

  constructor(run: CommandRun, options: TailOptions, input: Input) {
    this.#run = run;
    this.#options = options;
    this.#input = input;
    this.#room = run.room(options);
    this.#unparsed = options.selection.all;
    this.#last = new LastItems(options.last + (this.#unparsed ? MAX_OTHER_LINES : 0));
  }

  async once(): Promise<void> {
    const { report, progress } = this.#run;
    for await (const lines of readLines(this.#input, report, progress)) this.#keep(lines);
    await this.#showLast();
  }

  /** @param stop - aborted when the output is closed, by the first input that notices. */
  async follow(stop: AbortController): Promise<void> {
    const { path } = this.#input;
    if (path === undefined || (await isPipe(path))) return this.#pipe();
    try {
      if (await startsAsGzip(path)) {
        await this.once();
        this.#run.report.notice(this.#input.name, 'is gzip and is not followed');
        return;
      }
      let caughtUp = false;
      for await (const followed of followFile(path, stop.signal)) {
        if (followed.kind === 'notice') {
          this.#run.report.notice(this.#input.name, followed.text);
        } else if (followed.kind === 'caught-up') {
          caughtUp = true;
          await this.#showLast();
        } else if (caughtUp) {
          await this.#show(followed.lines);
        } else {
          this.#keep(followed.lines.filter((line) => !isBlank(line)));
        }
        if (this.#run.output.closed) stop.abort();
      }
    } catch (error) {
      this.#run.report.input(this.#input.name, readFailure(error, path));
    }
  }

  /** Everything from a pipe is new, so it is shown as it arrives. */
  async #pipe(): Promise<void> {
    for await (const lines of readLines(this.#input, this.#run.report)) {
      await this.#show(lines);
      if (this.#run.output.closed) return;
    }
  }

  #keep(lines: readonly Line[]): void {
    if (this.#unparsed) {
      for (const line of lines) this.#last.add(line);
      return;
    }
    for (const { line } of this.#passing(lines)) this.#last.add(line);
  }

  async #showLast(): Promise<void> {
    const lines = this.#last.take();
    let from = lines.length;
    for (let events = 0; from > 0 && events < this.#options.last; ) {
      from -= 1;
      const line = lines[from];
      if (line !== undefined && 'event' in parseEvent(line)) events += 1;
    }
    await this.#show(lines.slice(from));
  }

  async #show(lines: readonly Line[]): Promise<void> {
    for (const read of this.#passing(lines)) this.#print(read);
    this.#run.report.closed(this.#input.name);
    await this.#run.output.flush();
  }

  #passing(lines: readonly Line[]): EventLine[] {
    const filled = lines.filter((line) => !isBlank(line));
    return eventsOf(filled, this.#input.name, this.#run.report).filter(({ event }) =>
      this.#options.selection.passes(event),
    );
  }

  #print({ event, line }: EventLine): void {
    const { output } = this.#run;
    if (this.#options.json) output.data(`${line.text.trim()}\n`);
    else output.line(eventRow(event, this.#room.text), this.#room.line);
  }
}

/** `false` for a file that does not exist yet. Other problems show when the file is read. */
async function startsAsGzip(path: string): Promise<boolean> {
  try {
    return await isGzipFile(path);
  } catch {
    return false;
  }
}

/** Whether a path is a pipe, which can be read only once, such as `<(command)` in a shell. */
async function isPipe(path: string): Promise<boolean> {
  try {
    const stats = await stat(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    return false;
  }
}

/** The last few of many items, in their order. */
class LastItems<Item> {
  readonly #size: number;
  #items: Item[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(item: Item): void {
    this.#items.push(item);
    // Trimming for each item would be slow.
    if (this.#items.length > 2 * this.#size + 1000) this.#items = this.#last();
  }

  take(): Item[] {
    const last = this.#last();
    this.#items = [];
    return last;
  }

  #last(): Item[] {
    return this.#size === 0 ? [] : this.#items.slice(-this.#size);
  }
}
