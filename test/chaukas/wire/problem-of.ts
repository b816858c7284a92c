import { EventFormatError } from '../../../src/chaukas/index.js';

/** What the action says in its error: where, and what. */
export function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof EventFormatError) return `${error.path} ${error.problem}`;
    throw error;
  }
  throw new Error('did not throw');
}
