import type { OutputStream } from './output.js';
import { formatBytes } from './quantities.js';
import { escapeText, type Piece, renderLine } from './text-line.js';

/** The name that stands before each message, as other commands have it. */
export const COMMAND_NAME = 'agent-events';

/** What is told beside the output, on standard error. */
export class Messages {
  readonly #stream: OutputStream;
  readonly #color: boolean;
  /** Called before each message: a progress line must not stay on the same line. */
  beforeEach: () => void = () => {};

  constructor(stream: OutputStream, color: boolean) {
    this.#stream = stream;
    this.#color = color;
    // A closed standard error leaves nobody to tell.
    stream.on('error', () => {});
  }

  tell(text: string): void {
    this.beforeEach();
    const prefix: Piece = ['bold', `${COMMAND_NAME}:`];
    this.#stream.write(renderLine([prefix, ' ', text], this.#color));
  }
}

/** Nobody needs to be told of what is over by then. */
const QUIET_MS = 1000;
const REPEAT_MS = 200;
/** Moves to the line's beginning and clears it. */
const CLEAR = '\r\u001b[K';

/** How far the reading of a long input is: one line on standard error that is written over, on a terminal only. */
export class Progress {
  readonly #stream: OutputStream;
  readonly #now: () => number;
  #name = '';
  #size: number | undefined;
  #bytes = 0;
  #began = 0;
  #toldAt = 0;
  #visible = false;

  constructor(stream: OutputStream, now: () => number = Date.now) {
    this.#stream = stream;
    this.#now = now;
  }

  begin(name: string, size: number | undefined): void {
    this.#name = name;
    this.#size = size;
    this.#bytes = 0;
    this.#began = this.#now();
  }

  /** Looks at the clock itself: a timer would have to wait for the reading that it tells of. */
  advance(bytes: number): void {
    this.#bytes += bytes;
    if (this.#stream.isTTY !== true) return;
    const now = this.#now();
    if (now - this.#began < QUIET_MS || now - this.#toldAt < REPEAT_MS) return;
    this.#toldAt = now;
    this.#visible = true;
    this.#stream.write(CLEAR + this.#text(now));
  }

  /** Takes the line away, so that something else can be printed. */
  clear(): void {
    if (this.#visible) this.#stream.write(CLEAR);
    this.#visible = false;
  }

  end(): void {
    this.clear();
  }

  #text(now: number): string {
    const speed = `${formatBytes((1000 * this.#bytes) / (now - this.#began))}/s`;
    const read = formatBytes(this.#bytes);
    const size = this.#size;
    // A file may grow while it is read.
    if (size === undefined || size < this.#bytes) return `${escapeText(this.#name)}: ${read}, ${speed}`;
    const percent = Math.floor((100 * this.#bytes) / size);
    return `${escapeText(this.#name)}: ${percent} %, ${read} of ${formatBytes(size)}, ${speed}`;
  }
}
