import type { Combination } from './combinations.d.mts';
import type { LoadedVersions } from './loaded-versions.d.mts';

export interface ClientSuiteResult {
  /** With openai's number where a tag was asked for. */
  readonly asked: Combination;
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

/** Runs the client's tests on one combination, with what that needs installed first where it is missing. */
export function runClientSuite(combination: Combination): ClientSuiteResult;
