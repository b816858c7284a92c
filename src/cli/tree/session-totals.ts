import { addCost, addTokens, type Costs, NO_TOKENS, type Tokens } from '../events/measures.js';
import type { TreeNode } from './tree-node.js';

/** What a node and all beneath it add up to. */
export interface Totals {
  tokens: Tokens;
  readonly costs: Costs;
  /** Spans that failed. */
  failed: number;
}

/** Of each node beneath `roots`, and of the roots. */
export function totalsOf(roots: readonly TreeNode[]): Map<TreeNode, Totals> {
  const all = new Map<TreeNode, Totals>();
  for (const root of roots) add(root, all);
  return all;
}

function add(node: TreeNode, all: Map<TreeNode, Totals>): Totals {
  const totals: Totals = {
    tokens: node.tokens ?? NO_TOKENS,
    costs: new Map(),
    failed: node.span && node.outcome === 'failed' ? 1 : 0,
  };
  if (node.cost !== undefined) addCost(totals.costs, node.cost);
  for (const child of node.children) {
    const of = add(child, all);
    totals.tokens = addTokens(totals.tokens, of.tokens);
    for (const [currency, amount] of of.costs) addCost(totals.costs, { amount, currency });
    totals.failed += of.failed;
  }
  all.set(node, totals);
  return totals;
}
