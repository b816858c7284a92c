import type { Writable } from 'node:stream';
import { escapeData, renderLine, type TextLine } from './text-line.js';

export type OutputStream = Writable & { readonly isTTY?: boolean };

/** A write to a pipe for each line would cost more than making the line. */
const BUFFERED_CHARACTERS = 64 * 1024;

/**
 * Standard output. A reader that goes away (`| head`) is no failure: {@link Output.closed} says so, and whoever makes
 * output stops when it sees that.
 */
export class Output {
  /** Nobody reads any more. */
  closed = false;
  /** Why writing failed, other than that nobody reads. */
  failure: Error | undefined;
  /** Called before something is written. */
  beforeWrite: () => void = () => {};
  readonly #stream: OutputStream;
  readonly #color: boolean;
  readonly #terminal: boolean;
  #buffer = '';

  constructor(stream: OutputStream, color: boolean) {
    this.#stream = stream;
    this.#color = color;
    this.#terminal = stream.isTTY === true;
    stream.on('error', (error) => this.#failed(error));
    stream.on('close', () => {
      this.closed = true;
    });
  }

  /** For a reader. */
  line(line: TextLine): void {
    this.#buffer += renderLine(line, this.#color);
  }

  lines(lines: Iterable<TextLine>): void {
    for (const line of lines) this.line(line);
  }

  /** For a program; on a terminal without what the terminal would obey. */
  data(text: string): void {
    this.#buffer += this.#terminal ? escapeData(text) : text;
  }

  json(value: unknown): void {
    this.data(`${JSON.stringify(value)}\n`);
  }

  /** Hands over what has gathered, if that is much; waits until it is taken, so that memory stays bounded. */
  async flushIfFull(): Promise<void> {
    if (this.#buffer.length >= BUFFERED_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = '';
    if (text === '' || this.closed) return;
    this.beforeWrite();
    await new Promise<void>((resolve) => {
      this.#stream.write(text, (error) => {
        if (error) this.#failed(error);
        resolve();
      });
    });
  }

  #failed(error: NodeJS.ErrnoException): void {
    this.closed = true;
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.failure ??= error;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colour: on a terminal, unless `NO_COLOR` says no or the terminal is a dumb one. `FORCE_COLOR`
 * decides alone where it is set, as in Node itself: `0` and `false` are no, anything else is yes.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  // https://no-color.org: present and not empty.
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return stream.isTTY === true && TERM !== 'dumb';
}
