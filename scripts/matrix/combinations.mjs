// The versions that are tested, and their combinations.

/** The first and the newest of each major that is supported; `latest` is looked up. */
export const openaiVersions = ['5.0.1', '5.23.2', '6.0.0', '6.49.0', '7.0.0', 'latest'];
/**
 * The oldest version, some in between, and the newest. Two are on either side of 0.14: since then runs and turns have
 * spans, and the spans of a run end while it waits for an approval.
 */
export const agentsVersions = ['0.3.9', '0.8.5', '0.13.5', '0.14.3', 'latest'];
export const sdkMajors = [2, 3];

const nodeMajors = [20, 22, 24, 26];
/** The Agents SDK depends on Node's async storage, which was reimplemented between the two. */
const nodeMajorsOfAgents = [20, 26];

/** @type {typeof import('./combinations.d.mts').nodeMajorsWith} */
export function nodeMajorsWith(runningNode) {
  return [...new Set([...nodeMajors, runningNode])].sort((a, b) => a - b);
}

/** @type {typeof import('./combinations.d.mts').allCombinations} */
export function allCombinations(runningNode) {
  return [
    ...openaiVersions.flatMap((openai) =>
      nodeMajorsWith(runningNode).flatMap((node) => sdkMajorsOn(node).map((sdk) => ({ openai, node, sdk }))),
    ),
    ...agentsVersions.flatMap((agents) => nodeMajorsOfAgents.map((node) => ({ agents, node, sdk: 2 }))),
  ];
}

/** @type {typeof import('./combinations.d.mts').pinnedCombinations} */
export function pinnedCombinations(runningNode) {
  const otherNodes = nodeMajorsWith(runningNode).filter((node) => node !== runningNode);
  return [
    // The newest versions on this Node are those of `npm test`.
    { openai: '5.23.2', node: runningNode, sdk: 2 },
    ...['5.0.1', '6.0.0', '7.0.0'].map((openai, index) => {
      const node = otherNodes[index % otherNodes.length];
      return { openai, node, sdk: sdkMajorsOn(node).at(-1) };
    }),
    { agents: '0.8.5', node: runningNode, sdk: 2 },
  ];
}

/**
 * SDK 3 needs Node 22.15 or newer.
 *
 * @param {number} node
 */
function sdkMajorsOn(node) {
  return node >= 22 ? sdkMajors : [2];
}
