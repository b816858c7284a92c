import type { Messages } from '../output/messages.js';

/** Further ones are counted: a file of another format would fill the screen. */
const MAX_SHOWN_PER_INPUT = 10;

/** Tells what of the input could not be read, as it is met, and remembers that there was something. */
export class InputReport {
  /** Lines that are no events. */
  lines = 0;
  /** Inputs that could not be read, or not to their end. */
  inputs = 0;
  readonly #messages: Messages;
  readonly #ofInput = new Map<string, number>();

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  /** Whether all was read. */
  get complete(): boolean {
    return this.lines === 0 && this.inputs === 0;
  }

  line(input: string, lineNumber: number, problem: string): void {
    this.lines += 1;
    const count = (this.#ofInput.get(input) ?? 0) + 1;
    this.#ofInput.set(input, count);
    if (count <= MAX_SHOWN_PER_INPUT) this.#messages.tell(`${input}:${lineNumber}: ${problem}`);
  }

  input(input: string, problem: string): void {
    this.inputs += 1;
    this.#messages.tell(`${input}: ${problem}`);
  }

  /** Not a failure: what was read is all there is. */
  notice(input: string, text: string): void {
    this.#messages.tell(`${input}: ${text}`);
  }

  /** Tells how many lines of an input were not shown, when it is read. */
  closed(input: string): void {
    const more = (this.#ofInput.get(input) ?? 0) - MAX_SHOWN_PER_INPUT;
    this.#ofInput.delete(input);
    if (more > 0) {
      this.#messages.tell(
        `${input}: ${more} more ${more === 1 ? 'line is no event' : 'lines are no events'}`,
      );
    }
  }
}

/**
 * Why something cannot be read, or not to its end, as a message says it.
 *
 * @param path - of a file of events.
 */
export function readFailure(error: unknown, path?: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return path === undefined
        ? 'is a directory'
        : `is a directory; name the files in it, such as ${path.replace(/\/+$/, '')}/*.jsonl`;
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    // Node has this code for any data that ends early.
    case 'Z_BUF_ERROR':
      return 'the gzip data ends early; what came before was read';
    default:
      return code?.startsWith('Z_')
        ? `the gzip data is damaged (${message}); what came before was read`
        : message;
  }
}
