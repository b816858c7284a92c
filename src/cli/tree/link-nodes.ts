import type { TreeNode } from './tree-node.js';

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
