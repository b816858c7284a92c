import type { OutputStream } from './output.js';
import { formatBytes } from './quantities.js';
import { escapeText, type Piece, renderLine } from './text-line.js';

/** The prefix of each message, as in other commands. */
export const COMMAND_NAME = 'agent-events';

/** Messages on standard error. */
export class MessageWriter {
  readonly #stream: OutputStream;
  readonly #color: boolean;
  /** Called before each message, so that a progress line can be cleared. */
  beforeEach: () => void = () => {};

  constructor(stream: OutputStream, color: boolean) {
    this.#stream = stream;
    this.#color = color;
    // If standard error is closed, messages are lost. That must not end the command.
    stream.on('error', () => {});
  }

  print(text: string): void {
    this.beforeEach();
    const prefix: Piece = ['bold', `${COMMAND_NAME}:`];
    this.#stream.write(renderLine([prefix, ' ', text], this.#color));
  }
}

/** Inputs that are read within this time show no progress. */
const QUIET_MS = 1000;
const REPEAT_MS = 200;
/** Moves to the line's beginning and clears it. */
const CLEAR = '\r\u001b[K';

/** Shows the progress through a long input: one line on standard error, overwritten in place, only on a terminal. */
export class Progress {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  #name = '';
  #size: number | undefined;
  #bytes = 0;
  #startedAt = 0;
  #shownAt = 0;
  #visible = false;

  constructor(stream: OutputStream, now: () => number = Date.now) {
    this.#stream = stream;
    this.#now = now;
  }

  begin(name: string, size: number | undefined): void {
    this.#name = name;
    this.#size = size;
    this.#bytes = 0;
    this.#startedAt = this.#now();
  }

  /** Counts bytes and shows the progress. Checks the clock itself, because a timer would wait for the reading to pause. */
  advance(bytes: number): void {
    this.#bytes += bytes;
    if (this.#stream.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#startedAt < QUIET_MS || now - this.#shownAt < REPEAT_MS) return;
    this.#shownAt = now;
    this.#visible = true;
    this.#stream.write(CLEAR + this.#text(now));
  }

  /** Clears the line, so that something else can be printed. */
  clear(): void {
    if (this.#visible) this.#stream.write(CLEAR);
    this.#visible = false;
  }

  end(): void {
    this.clear();
  }

  #text(now: number): string {
    const speed = `${formatBytes((1000 * this.#bytes) / (now - this.#startedAt))}/s`;
    const read = formatBytes(this.#bytes);
    const size = this.#size;
    // The file may have grown since its size was read.
    if (size === undefined || size < this.#bytes) return `${escapeText(this.#name)}: ${read}, ${speed}`;
    const percent = Math.floor((100 * this.#bytes) / size);
    return `${escapeText(this.#name)}: ${percent} %, ${read} of ${formatBytes(size)}, ${speed}`;
  }
}
