import { EventFormatError } from '../../../src/chaukas/index.js';

/** The message of the error that an action throws: the place and the problem. */
export function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EventFormatError) return `${error.path} ${error.problem}`;
    throw error;
  }
  throw new Error('did not throw');
}
