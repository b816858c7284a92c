import type { Combination } from './combinations.d.mts';

/** Whole versions, as the loaded modules themselves tell them. */
export interface LoadedVersions {
  readonly openai: string;
  readonly node: string;
  readonly sdk: string;
}

export function describeLoaded(loaded: LoadedVersions): string;

/**
 * Where the two differ, in words.
 *
 * @param asked - with openai's number and not its tag.
 */
export function differences(asked: Combination, loaded: LoadedVersions | undefined): string[];
