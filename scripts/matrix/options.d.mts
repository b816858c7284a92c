import type { Combination } from './combinations.d.mjs';

/**
 * Returns the combinations that `--openai`, `--agents`, `--node` and `--sdk` (each a list with commas) and `--pinned`
 * select.
 *
 * @throws Error - naming the option, its value and the accepted values.
 */
export function chooseCombinations(args: readonly string[], runningNode: number): Combination[];
