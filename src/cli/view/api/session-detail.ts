import { asNonEmptyString } from '../../../json/readers.js';
import { SessionRecord } from '../../tree/session-record.js';
import { linkNodes, nodeDuration, type TreeNode } from '../../tree/session-tree.js';
import type { EventIndex } from '../stored/event-index.js';
import { type SessionEntry, viewTokens } from '../stored/session-entry.js';
import type { SessionDetail, SessionNode, ViewTokens } from '../view-api.js';

const MAX_NODES = 50_000;

/** Events of one session that are read for its tree. A larger session shows its beginning. */
const MAX_EVENTS = 200_000;

/** Length of the texts in the tree. */
const MAX_CHARACTERS = 300;

/** What the events of a node add to what the tree knows. */
interface NodeFacts {
  readonly events: number[];
  traceId: string | undefined;
  tokens: ViewTokens | undefined;
}

/** The tree of a session, depth first. */
export async function sessionDetail(index: EventIndex, session: SessionEntry): Promise<SessionDetail> {
  const record = new SessionRecord(session.id, MAX_CHARACTERS);
  const facts = new Map<TreeNode, NodeFacts>();
  const numbers = index.eventsOf(session);
  let read = 0;
  for await (const events of index.readAll(numbers.subarray(0, MAX_EVENTS))) {
    for (const { event, number } of events) {
      record.add(event);
      read += 1;
      const node = record.newest;
      if (node === undefined) continue;
      const known = facts.get(node) ?? { events: [], traceId: undefined, tokens: undefined };
      known.events.push(number);
      known.traceId ??= asNonEmptyString(event.trace_id);
      if (node.tokens !== undefined) known.tokens ??= viewTokens(event);
      facts.set(node, known);
    }
    if (record.nodes.length > 2 * MAX_NODES) break;
  }
  const nodes = flat(linkNodes(record.nodes), facts);
  // The rest of the events was not read, and would be nodes of its own.
  const unread = Math.max(0, Math.min(numbers.length, session.events) - Math.max(read, 0));
  const omitted = record.nodes.length - nodes.length + (nodes.length >= MAX_NODES || unread > 0 ? unread : 0);
  return { summary: session.summary(index.names), nodes, omitted };
}

function flat(roots: readonly TreeNode[], facts: ReadonlyMap<TreeNode, NodeFacts>): SessionNode[] {
  const nodes: SessionNode[] = [];
  const open = roots.map((node) => ({ node, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined && nodes.length < MAX_NODES; next = open.pop()) {
    const { node, depth } = next;
    nodes.push(sessionNode(node, depth, facts.get(node)));
    for (const child of node.children.toReversed()) open.push({ node: child, depth: depth + 1 });
  }
  return nodes;
}

function sessionNode(node: TreeNode, depth: number, facts: NodeFacts | undefined): SessionNode {
  const { kind, span, spanId, name, summary, startTime, endTime, outcome, cost, retries } = node;
  const durationMs = span ? nodeDuration(node) : undefined;
  return {
    kind,
    span,
    depth,
    ...(spanId !== undefined && { spanId }),
    ...(facts?.traceId !== undefined && { traceId: facts.traceId }),
    ...(name !== undefined && { name }),
    ...(summary !== undefined && { summary }),
    ...(startTime !== undefined && { startTime }),
    ...(endTime !== undefined && { endTime }),
    ...(durationMs !== undefined && { durationMs }),
    outcome,
    ...(facts?.tokens !== undefined && { tokens: facts.tokens }),
    ...(cost !== undefined && { cost }),
    retries,
    events: facts?.events ?? [],
  };
}
