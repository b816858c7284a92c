import type { Writable } from 'node:stream';
import { cutLine, escapeData, renderLine, type TextLine } from './text-line.js';

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Output is buffered, because one write per line costs more than building the line. */
const BUFFERED_CHARACTERS = 64 * 1024;

/**
 * Standard output. A reader that closes its end (`| head`) is not a failure: {@link Output.closed} is set, and commands stop
 * when they see it.
 */
export class Output {
  /** Whether the reader has closed its end. */
  closed = false;
  /** The error of a failed write, unless the reader closed its end. */
  failure: Error | undefined;
  /** Called before each write. */
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

  /**
   * Adds a line for a person.
   *
   * @param columns - number of characters at which it is cut.
   */
  line(line: TextLine, columns?: number): void {
    this.#buffer += renderLine(columns === undefined ? line : cutLine(line, columns), this.#color);
  }

  lines(lines: Iterable<TextLine>): void {
    for (const line of lines) this.line(line);
  }

  /** Adds data for a program. On a terminal, control characters are escaped. */
  data(text: string): void {
    this.#buffer += this.#terminal ? escapeData(text) : text;
  }

  json(value: unknown): void {
    this.data(`${JSON.stringify(value)}\n`);
  }

  /** Writes the buffer if it is large, and waits for the write, so that memory stays bounded. */
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

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colour: on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. `FORCE_COLOR` overrides both,
 * as in Node: `0` and `false` turn colour off, any other value turns it on.
 */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: EnvironmentVariables): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  // https://no-color.org: present and not empty.
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return stream.isTTY === true && TERM !== 'dumb';
}
