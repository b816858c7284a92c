/** For the client's tests, or for those of the Agents SDK. */
export type Combination = ClientCombination | AgentsCombination;

interface ClientCombination extends Surroundings {
  /** A version, or `latest`. */
  readonly openai: string;
}

interface AgentsCombination extends Surroundings {
  /** A version, or `latest`. It brings the `openai` that it wants. */
  readonly agents: string;
}

interface Surroundings {
  /** The major version. */
  readonly node: number;
  /** The major version of the OpenTelemetry SDK. */
  readonly sdk: number;
}

export const openaiVersions: readonly string[];
export const agentsVersions: readonly string[];
export const sdkMajors: readonly number[];

/** The Node versions that are tested, that which runs this among them. */
export function nodeMajorsWith(runningNode: number): number[];

export function allCombinations(runningNode: number): Combination[];

/**
 * Few, for each change: the newest of each openai major on the Node that is there, and the first of each on the others
 * with the newest SDK that they take; two versions of the Agents SDK that are not package.json's.
 */
export function pinnedCombinations(runningNode: number): Combination[];
