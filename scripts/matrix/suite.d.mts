import type { Combination } from './combinations.d.mjs';
import type { AskedVersions, LoadedVersions } from './loaded-versions.d.mjs';

export interface SuiteResult {
  readonly asked: AskedVersions;
  /** `undefined` if the run ended before it could report them. */
  readonly loaded: LoadedVersions | undefined;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Problems in words; empty if there are none. */
  readonly problems: readonly string[];
  readonly output: string;
}

/**
 * Runs the tests of the client or of the Agents SDK on one combination, after installing what that needs and is
 * missing.
 */
export function runSuite(combination: Combination): SuiteResult;
