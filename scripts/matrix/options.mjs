// Reads the command line of the matrix.
import { parseArgs } from 'node:util';
import {
  agentsVersions,
  allCombinations,
  nodeMajorsWith,
  openaiVersions,
  pinnedCombinations,
  sdkMajors,
} from './combinations.mjs';

/** @type {typeof import('./options.d.mts').chooseCombinations} */
export function chooseCombinations(args, runningNode) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      openai: { type: 'string' },
      agents: { type: 'string' },
      node: { type: 'string' },
      sdk: { type: 'string' },
      pinned: { type: 'boolean', default: false },
    },
  });
  // A user who names versions of one package does not want the other.
  const openai = choice('--openai', values.openai, openaiVersions, values.agents === undefined);
  const agents = choice('--agents', values.agents, agentsVersions, values.openai === undefined);
  const node = choice('--node', values.node, nodeMajorsWith(runningNode).map(String));
  const sdk = choice('--sdk', values.sdk, sdkMajors.map(String));
  const offered = values.pinned ? pinnedCombinations(runningNode) : allCombinations(runningNode);
  const chosen = offered.filter(
    (combination) =>
      ('agents' in combination ? agents.includes(combination.agents) : openai.includes(combination.openai)) &&
      node.includes(String(combination.node)) &&
      sdk.includes(String(combination.sdk)),
  );
  if (chosen.length === 0) {
    throw new Error(
      `No combination is left by ${args.join(' ')}: leave out one of them (SDK 3 runs on Node 22 and newer only; agents are tested with SDK 2, on Node 20 and 26).`,
    );
  }
  return chosen;
}

/**
 * @param {string} option
 * @param {string | undefined} value
 * @param {readonly string[]} known
 * @param {boolean} allByDefault
 */
function choice(option, value, known, allByDefault = true) {
  if (value === undefined) return allByDefault ? known : [];
  const chosen = value.split(',').map((entry) => entry.trim());
  const unknown = chosen.filter((entry) => !known.includes(entry));
  if (unknown.length > 0) {
    throw new Error(`${option} has no "${unknown.join('", "')}": choose from ${known.join(', ')}.`);
  }
  return chosen;
}
