import type { MessageWriter } from '../output/messages.js';

/** Further lines are only counted, because a file of another format would fill the screen. */
const MAX_SHOWN_PER_INPUT = 10;

/** Prints which parts of the input cannot be read, and counts them. */
export class InputReport {
  /** Number of lines that are not events. */
  lines = 0;
  /** Number of inputs that could not be read to their end. */
  inputs = 0;
  readonly #messages: MessageWriter;
  readonly #linesByInput = new Map<string, number>();

  constructor(messages: MessageWriter) {
    this.#messages = messages;
  }

  /** Whether everything was read. */
  get complete(): boolean {
    return this.lines === 0 && this.inputs === 0;
  }

  line(input: string, lineNumber: number, problem: string): void {
    this.lines += 1;
    const count = (this.#linesByInput.get(input) ?? 0) + 1;
    this.#linesByInput.set(input, count);
    if (count <= MAX_SHOWN_PER_INPUT) this.#messages.print(`${input}:${lineNumber}: ${problem}`);
  }

  input(input: string, problem: string): void {
    this.inputs += 1;
    this.#messages.print(`${input}: ${problem}`);
  }

  /** Prints something that is not a failure. */
  notice(input: string, text: string): void {
    this.#messages.print(`${input}: ${text}`);
  }

  /** Prints how many lines of an input were only counted. Called when the input has been read. */
  closed(input: string): void {
    const more = (this.#linesByInput.get(input) ?? 0) - MAX_SHOWN_PER_INPUT;
    this.#linesByInput.delete(input);
    if (more > 0) {
      this.#messages.print(
        `${input}: ${more} more ${more === 1 ? 'line is not an event' : 'lines are not events'}`,
      );
    }
  }
}

/**
 * The reason why a file cannot be read to its end, for a message.
 *
 * @param path - path of a file of events.
 */
export function readFailure(error: unknown, path?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EISDIR':
      return path === undefined
        ? 'is a directory'
        : `is a directory; name the files in it, such as ${path.replace(/\/+$/, '')}/*.jsonl`;
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read the file';
    // Node uses this code for any data that ends early.
    case 'Z_BUF_ERROR':
      return 'the gzip data ends early; the part before the end was read';
    default:
      return code?.startsWith('Z_')
        ? `the gzip data is damaged (${message}); the part before the damage was read`
        : message;
  }
}
