import { addCost, addTokens, type Costs, costsJson, NO_TOKENS, type Tokens } from '../events/measures.js';
import { linkNodes } from './link-nodes.js';
import type { SessionRecord } from './session-record.js';
import { totalsOf } from './session-totals.js';
import { nodeDuration, type TreeNode } from './tree-node.js';

/** A session as one object, its spans and single events nested in it. */
export function sessionJson(record: SessionRecord): Record<string, unknown> {
  const roots = linkNodes(record.nodes);
  const totals = totalsOf(roots);
  let tokens: Tokens = NO_TOKENS;
  const costs: Costs = new Map();
  let failed = 0;
  for (const root of roots) {
    const of = totals.get(root);
    if (of === undefined) continue;
    tokens = addTokens(tokens, of.tokens);
    for (const [currency, amount] of of.costs) addCost(costs, { amount, currency });
    failed += of.failed;
  }
  return {
    session_id: record.id,
    events: record.events,
    errors: record.errors,
    failed_spans: failed,
    retries: record.retries,
    tokens,
    cost: costsJson(costs),
    children: roots.map(nodeJson),
  };
}

function nodeJson(node: TreeNode): Record<string, unknown> {
  const { kind, name, summary, spanId, startedAt, outcome, tokens, cost, retries } = node;
  // `undefined` is left out when it becomes JSON.
  return {
    kind,
    name,
    summary,
    span_id: spanId,
    started_at: startedAt,
    duration_ms: node.span ? nodeDuration(node) : undefined,
    outcome,
    tokens,
    cost: cost && { [cost.currency]: cost.amount },
    retries: retries === 0 ? undefined : retries,
    children: node.children.length === 0 ? undefined : node.children.map(nodeJson),
  };
}
