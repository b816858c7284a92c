import {
  addCost,
  addTokens,
  type Costs,
  type EventOutcome,
  NO_TOKENS,
  type SessionCost,
  type Tokens,
} from '../events/measures.js';

/** A row of the tree: a span, made of its START and its END, or a single event. */
export interface TreeNode {
  /** `session`, `agent`, `model`, `tool`, `mcp`, or for a single event `input`, `error`, `policy` … */
  readonly kind: string;
  readonly span: boolean;
  readonly spanId: string | undefined;
  parentSpanId: string | undefined;
  name: string | undefined;
  /** The user of a session, if the application named one. */
  user: string | undefined;
  /** The content of a single event, or the error of a tool. */
  summary: string | undefined;
  /** Start as the timestamp of the event, and in milliseconds since the epoch. */
  startedAt: string | undefined;
  startTime: number | undefined;
  endTime: number | undefined;
  /** Duration as recorded in the END. */
  durationMs: number | undefined;
  /** `open` is a span without an END. */
  outcome: EventOutcome | 'open';
  tokens: Tokens | undefined;
  cost: SessionCost | undefined;
  /** Number of RETRY events of the span. */
  retries: number;
  readonly children: TreeNode[];
}

/** Deeper nodes are placed beside their parent: such a tree is unreadable, and JSON cannot be nested without limit. */
const MAX_DEPTH = 64;

/**
 * Puts the nodes of a session under their parents and returns those without a parent, usually its SESSION spans. A node
 * with a missing parent, or in a circle of parents, goes under the SESSION span, so that each node is shown once.
 */
export function linkNodes(nodes: readonly TreeNode[]): TreeNode[] {
  const roots: TreeNode[] = [];
  const fallbacks = new Map<TreeNode, TreeNode | undefined>();
  const below = new Map<TreeNode, TreeNode[]>();
  const owners = ownersBySpan(nodes);
  let session = nodes.find(isSession);
  for (const node of nodes) {
    if (isSession(node)) session = node;
    const parent = isSession(node) ? undefined : (parentOf(node, owners) ?? session);
    if (parent === undefined) roots.push(node);
    else addTo(below, parent, node);
    fallbacks.set(node, session);
  }
  const placed = new Set<TreeNode>();
  for (const root of roots) place(root, 1, below, placed);
  for (const node of nodes) {
    // No placed node leads to this one, so it is part of a circle of parents, or below one.
    if (placed.has(node)) continue;
    const fallback = fallbacks.get(node);
    if (fallback === undefined) roots.push(node);
    else fallback.children.push(node);
    place(node, fallback === undefined ? 1 : 2, below, placed);
  }
  return roots;
}

/** Places all nodes below `top`, which has the given depth. */
function place(
  top: TreeNode,
  topDepth: number,
  below: ReadonlyMap<TreeNode, readonly TreeNode[]>,
  placed: Set<TreeNode>,
): void {
  placed.add(top);
  const open = [{ node: top, holder: top, depth: topDepth }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, holder, depth } = next;
    for (const child of below.get(node) ?? []) {
      if (placed.has(child)) continue;
      placed.add(child);
      holder.children.push(child);
      // Nodes that are too deep are held by the last node that may have children.
      open.push({ node: child, holder: depth < MAX_DEPTH ? child : holder, depth: depth + 1 });
    }
  }
}

function addTo(below: Map<TreeNode, TreeNode[]>, parent: TreeNode, node: TreeNode): void {
  const siblings = below.get(parent);
  if (siblings === undefined) below.set(parent, [node]);
  else siblings.push(node);
}

function isSession({ span, kind }: TreeNode): boolean {
  return span && kind === 'session';
}

/**
 * The node of each span id. For a tool and its MCP call, which share a span, it is the tool. For a span without START and
 * END it is a single event.
 */
function ownersBySpan(nodes: readonly TreeNode[]): Map<string, TreeNode> {
  const owners = new Map<string, TreeNode>();
  for (const node of nodes) {
    if (node.spanId === undefined) continue;
    const owner = owners.get(node.spanId);
    if (owner === undefined || rank(node) > rank(owner)) owners.set(node.spanId, node);
  }
  return owners;
}

function rank({ span, kind }: TreeNode): number {
  if (!span) return 0;
  return kind === 'mcp' ? 1 : 2;
}

/** The parent of a single event is the span that it happened in, if that span is present. */
function parentOf(node: TreeNode, owners: ReadonlyMap<string, TreeNode>): TreeNode | undefined {
  const own = node.spanId === undefined ? undefined : owners.get(node.spanId);
  // A single event can be the parent of the spans below it, but not of other single events of the same span.
  if (own?.span && own !== node) return own;
  const parent = node.parentSpanId === undefined ? undefined : owners.get(node.parentSpanId);
  return parent === node ? undefined : parent;
}

/** Sums over a node and all nodes below it. */
export interface Totals {
  tokens: Tokens;
  readonly costs: Costs;
  /** Number of failed spans. */
  failed: number;
}

/** The totals of the roots and of each node below them. */
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
    const below = add(child, all);
    totals.tokens = addTokens(totals.tokens, below.tokens);
    for (const [currency, amount] of below.costs) addCost(totals.costs, { amount, currency });
    totals.failed += below.failed;
  }
  all.set(node, totals);
  return totals;
}

/** The duration of a span in milliseconds. */
export function nodeDuration(node: TreeNode): number | undefined {
  if (node.durationMs !== undefined) return node.durationMs;
  return node.startTime === undefined || node.endTime === undefined
    ? undefined
    : node.endTime - node.startTime;
}
