/** Versions for the client's tests, or for those of the Agents SDK. */
export type Combination = ClientCombination | AgentsCombination;

interface ClientCombination extends Surroundings {
  /** A version, or `latest`. */
  readonly openai: string;
}

interface AgentsCombination extends Surroundings {
  /** A version, or `latest`. It brings the `openai` that it depends on. */
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

/** Returns the Node versions that are tested, including the one that runs this. */
export function nodeMajorsWith(runningNode: number): number[];

export function allCombinations(runningNode: number): Combination[];

/**
 * Returns a few combinations, for each change: the newest of each openai major on the running Node; the first of each
 * on the other Nodes, with the newest SDK that they support; and two versions of the Agents SDK other than
 * package.json's.
 */
export function pinnedCombinations(runningNode: number): Combination[];
