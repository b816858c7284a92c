import {
  addCost,
  addTokens,
  type Costs,
  type EventOutcome,
  NO_TOKENS,
  type SessionCost,
  type Tokens,
} from '../events/measures.js';

/** Deeper ones stand beside their parent: nobody reads on there, and JSON cannot be nested without end. */
const MAX_DEPTH = 64;

/**
 * Puts the nodes of a session under their parents, and gives those that have none: its SESSION spans, as a rule. A
 * parent that is not there, or a circle of parents, leads to the SESSION span, so that each node is shown once.
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
    // Nothing that is placed leads to it, so its parents lead back to itself.
    if (placed.has(node)) continue;
    const fallback = fallbacks.get(node);
    if (fallback === undefined) roots.push(node);
    else fallback.children.push(node);
    place(node, fallback === undefined ? 1 : 2, below, placed);
  }
  return roots;
}

/** Adds to `top`, which stands at that depth, what is below it, and all below that. */
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
      // The holder of what is too deep is the last node that may have children.
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

/** The node that stands for a span: of a tool and its MCP call the tool; where no span is told, a single event. */
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

/** A single event is told by the span that it happened in; one with a span of its own has a parent beside it. */
function parentOf(node: TreeNode, owners: ReadonlyMap<string, TreeNode>): TreeNode | undefined {
  const own = node.spanId === undefined ? undefined : owners.get(node.spanId);
  // A single event that stands for a span takes in what happened there, not its like beside it.
  if (own?.span && own !== node) return own;
  const parent = node.parentSpanId === undefined ? undefined : owners.get(node.parentSpanId);
  return parent === node ? undefined : parent;
}

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

/** A row of the tree: a span, made of its START and its END, or a single event. */
export interface TreeNode {
  /** `session`, `agent`, `model`, `tool`, `mcp`; of a single event `input`, `error`, `policy` … */
  readonly kind: string;
  readonly span: boolean;
  readonly spanId: string | undefined;
  parentSpanId: string | undefined;
  name: string | undefined;
  /** What there is to say beyond the name: of single events. */
  summary: string | undefined;
  /** As the event has it, and in milliseconds since the epoch. */
  startedAt: string | undefined;
  startTime: number | undefined;
  endTime: number | undefined;
  /** As the END says itself. */
  durationMs: number | undefined;
  /** Of a single event as of a span; `open` is a span without an END. */
  outcome: EventOutcome | 'open';
  tokens: Tokens | undefined;
  cost: SessionCost | undefined;
  /** RETRY events of the span. */
  retries: number;
  readonly children: TreeNode[];
}

/** How long a span took, in milliseconds. */
export function nodeDuration(node: TreeNode): number | undefined {
  if (node.durationMs !== undefined) return node.durationMs;
  return node.startTime === undefined || node.endTime === undefined
    ? undefined
    : node.endTime - node.startTime;
}
