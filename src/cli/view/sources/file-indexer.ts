import { parseEvent } from '../../input/read-events.js';
import type { EventIndex } from '../stored/event-index.js';
import { type LineRange, LineRanges, MAX_VIEWED_LINE } from '../stored/line-ranges.js';
import type { StoredFile } from '../stored/stored-file.js';

const MAX_NOTICES = 20;
/** Further lines are only counted. */
const MAX_LINES = 10;

/** The last few messages about a source: what is wrong with it, and what happened to it. */
export class Notices {
  readonly #texts: string[] = [];
  #lines = 0;

  get texts(): readonly string[] {
    const more = this.#lines - MAX_LINES;
    if (more <= 0) return this.#texts;
    return [...this.#texts, `${more} more ${more === 1 ? 'line is not an event' : 'lines are not events'}`];
  }

  add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > MAX_NOTICES) this.#texts.shift();
  }

  line(number: number, problem: string): void {
    this.#lines += 1;
    if (this.#lines <= MAX_LINES) this.add(`line ${number}: ${problem}`);
  }
}

const LINE_TOO_LONG = `longer than ${MAX_VIEWED_LINE / 1024 / 1024} MiB; skipped`;

/** Adds the lines of one file to the index, as its bytes come. */
export class FileIndexer {
  readonly file: StoredFile;
  readonly #index: EventIndex;
  readonly #notices: Notices;
  readonly #fileIndex: number;
  readonly #ranges = new LineRanges((line) => this.#add(line));

  constructor(index: EventIndex, file: StoredFile, notices: Notices) {
    this.#index = index;
    this.file = file;
    this.#notices = notices;
    this.#fileIndex = index.addFile(file);
  }

  /** @param bytes - the next bytes of the file. They must already be in it. */
  push(bytes: Buffer): void {
    this.file.bytes += bytes.length;
    this.#ranges.push(bytes);
  }

  /** Called when no more bytes come. The last line may have no line end. */
  end(): void {
    this.#ranges.end();
  }

  #add({ number, offset, length, text, torn }: LineRange): void {
    if (text === undefined) {
      this.#notices.line(number, LINE_TOO_LONG);
      return;
    }
    if (!/\S/.test(text)) return;
    const parsed = parseEvent(torn ? { number, text, torn } : { number, text });
    if ('event' in parsed)
      this.#index.add(parsed.event, { file: this.#fileIndex, offset, length, line: number });
    else this.#notices.line(number, parsed.problem);
  }
}
