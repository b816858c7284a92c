import { showValue } from '../../text/show-value.js';
import { PACKAGE_NAME } from '../../version.js';

/** A text, an object or bytes that are no event, or an event that a form cannot carry. */
export class EventFormatError extends TypeError {
  override readonly name = 'EventFormatError';
  /** Where in it: `event.llm_invocation.prompt_tokens`, `batch.events[3].type`. */
  readonly path: string;
  /** What is wrong there. */
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
 * The error as seen from one level further out. The path is put together on an error's way up, so that no event pays
 * for the path of an error that it does not have.
 *
 * @param step - the name of a member, or `[3]` of an item.
 */
export function within(step: string, error: unknown): EventFormatError {
  if (!(error instanceof EventFormatError)) {
    // The reader of protobuf's wire format has errors of its own: `premature EOF`.
    return new EventFormatError(step, `cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  const separator = error.path === '' || error.path.startsWith('[') ? '' : '.';
  return new EventFormatError(step + separator + error.path, error.problem);
}
