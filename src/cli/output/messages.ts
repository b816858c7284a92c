import type { OutputStream } from './output.js';
import { type Piece, renderLine } from './text-line.js';

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
