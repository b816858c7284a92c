import type { Combination } from './combinations.d.mjs';
import type { AskedVersions, LoadedVersions } from './loaded-versions.d.mjs';

export interface SuiteResult {
  readonly asked: AskedVersions;
  /** Nothing where the run did not come so far. */
  readonly loaded: LoadedVersions | undefined;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** What is wrong, in words; empty where all is well. */
  readonly problems: readonly string[];
  readonly output: string;
}

/**
 * Runs the tests of the client or of the Agents SDK on one combination, with what that needs installed first where it is
 * missing.
 */
export function runSuite(combination: Combination): SuiteResult;
