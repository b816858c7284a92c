import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME } from '../../version.js';

/** Thrown for a string, an object or bytes that are not an event, and for an event that a form cannot carry. */
export class EventFormatError extends TypeError {
  override readonly name = 'EventFormatError';
  /** The place of the problem: `event.llm_invocation.prompt_tokens`, `batch.events[3].type`. */
  readonly path: string;
  /** The problem at that place. */
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${PACKAGE_NAME}: ${path} ${problem}`);
    this.path = path;
    this.problem = problem;
  }
}

export function wrongValue(value: unknown, accepted: string): EventFormatError {
  return new EventFormatError('', `is ${showValue(value)}; it must be ${accepted}`);
}

/**
 * Returns the error with one more step at the front of its path. The path is built while the error is thrown upward, so
 * that valid events do not pay for it.
 *
 * @param step - the name of a member, or `[3]` for an item.
 */
export function within(step: string, error: unknown): EventFormatError {
  if (!(error instanceof EventFormatError)) {
    // The reader of protobuf's wire format throws errors of its own, such as `premature EOF`.
    return new EventFormatError(step, `cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const separator = error.path === '' || error.path.startsWith('[') ? '' : '.';
  return new EventFormatError(step + separator + error.path, error.problem);
}
