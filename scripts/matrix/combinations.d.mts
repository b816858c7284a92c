export interface Combination {
  /** A version, or `latest`. */
  readonly openai: string;
  /** The major version. */
  readonly node: number;
  /** The major version of the OpenTelemetry SDK. */
  readonly sdk: number;
}

export const openaiVersions: readonly string[];
export const sdkMajors: readonly number[];

/** The Node versions that are tested, that which runs this among them. */
export function nodeMajorsWith(runningNode: number): number[];

export function allCombinations(runningNode: number): Combination[];

/**
 * Few, for each change: the newest of each openai major on the Node that is there, and the first of each on the others
 * with the newest SDK that they take.
 */
export function pinnedCombinations(runningNode: number): Combination[];
