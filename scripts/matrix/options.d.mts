import type { Combination } from './combinations.d.mjs';

/**
 * The combinations that are left by `--openai`, `--agents`, `--node` and `--sdk` (each a list with commas) and `--pinned`.
 *
 * @throws Error - naming the option, its value and what it may be.
 */
export function chooseCombinations(args: readonly string[], runningNode: number): Combination[];
