import { asNonEmptyString, asRecord } from '../../../json/readers.js';
import { excerpt, jsonExcerpt } from '../../events/event-summary.js';
import type { ReadEvent } from '../../input/read-events.js';
import { SessionRecord } from '../../tree/session-record.js';
import { linkNodes, nodeDuration, type TreeNode } from '../../tree/session-tree.js';
import type { EventIndex } from '../stored/event-index.js';
import { viewTokens } from '../stored/index-batch.js';
import type { SessionEntry } from '../stored/session-entry.js';
import type { SessionDetail, SessionNode, ViewTokens } from '../view-api.js';

const MAX_NODES = 50_000;

/** Trees that are remembered, since the page asks again whenever any event has arrived. */
const MAX_TREES = 4;

/** Length of the texts in the tree. */
const MAX_CHARACTERS = 300;

/** Values of a state in its row; its details have the others. */
const MAX_STATE_VALUES = 20;

/** Facts of a node's events that the tree does not keep. */
interface NodeFacts {
  readonly events: number[];
  traceId: string | undefined;
  tokens: ViewTokens | undefined;
  /** The values of a changed state, instead of its JSON. */
  state: string | undefined;
}

/** The parent that a received span names: empty if it has none, `undefined` if the span was not received. */
export type ParentOfSpan = (traceId: string, spanId: string) => string | undefined;

interface KnownTree {
  /** Number of events that the session had. */
  readonly events: number;
  readonly detail: Promise<SessionDetail>;
}

/** The trees of sessions, depth first. */
export class SessionTrees {
  readonly #index: EventIndex;
  readonly #parentOf: ParentOfSpan;
  readonly #known = new Map<string, KnownTree>();

  constructor(index: EventIndex, parentOf: ParentOfSpan) {
    this.#index = index;
    this.#parentOf = parentOf;
    index.observe({ onRemoved: () => this.#known.clear() });
  }

  of(session: SessionEntry): Promise<SessionDetail> {
    const known = this.#known.get(session.id);
    if (known?.events === session.events) return known.detail;
    const tree = { events: session.events, detail: sessionDetail(this.#index, session, this.#parentOf) };
    this.#known.delete(session.id);
    this.#known.set(session.id, tree);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_TREES) break;
      this.#known.delete(oldest);
    }
    // One that could not be read is not remembered.
    tree.detail.catch(() => this.#known.delete(session.id));
    return tree.detail;
  }
}

/** Reads the tree of a session. */
async function sessionDetail(
  index: EventIndex,
  session: SessionEntry,
  parentOf: ParentOfSpan,
): Promise<SessionDetail> {
  const record = new SessionRecord(session.id, MAX_CHARACTERS);
  const facts = new Map<TreeNode, NodeFacts>();
  const numbers = index.eventsOf(session);
  let read = 0;
  for await (const events of index.readAll(numbers)) {
    for (const { event, number } of events) {
      record.add(event);
      read += 1;
      if (record.newest !== undefined) addFacts(facts, record.newest, event, number);
    }
    if (record.nodes.length > MAX_NODES) break;
  }
  const receivedParent = (node: TreeNode, spanId: string) => {
    const traceId = facts.get(node)?.traceId;
    return traceId === undefined ? undefined : parentOf(traceId, spanId);
  };
  const shown = withOneSession(record.nodes, facts, (node) => receivedParent(node, node.spanId ?? ''));
  const adopted = adopt(shown, (node, spanId) => receivedParent(node, spanId) || undefined);
  const roots = linkNodes(shown);
  // They came after their siblings, which may be younger.
  for (const { children } of adopted) children.sort((a, b) => (a.startTime ?? 0) - (b.startTime ?? 0));
  const nodes = flat(roots, facts);
  // An event that was not read counts as a node.
  const omitted = shown.length - nodes.length + numbers.length - read;
  return { summary: session.summary(index.names), nodes, omitted };
}

/**
 * Spans of a trace that come when its others are events already open its session again. Such a session, which is no span
 * of the sender, is the same as the first one of the trace.
 *
 * @param parentOf - returns `undefined` for a node that is no received span.
 */
function withOneSession(
  nodes: readonly TreeNode[],
  facts: ReadonlyMap<TreeNode, NodeFacts>,
  parentOf: (node: TreeNode) => string | undefined,
): readonly TreeNode[] {
  const sessions = nodes.filter(({ span, kind }) => span && kind === 'session');
  if (sessions.length < 2) return nodes;
  const traceOf = (node: TreeNode) => facts.get(node)?.traceId;
  const received = new Set(nodes.filter((node) => parentOf(node) !== undefined).map(traceOf));
  const firsts = new Map<string | undefined, TreeNode>();
  /** Sessions that are the same as another one. */
  const same = new Map<TreeNode, TreeNode>();
  for (const session of sessions) {
    const first = firsts.get(traceOf(session));
    if (first === undefined) firsts.set(traceOf(session), session);
    else if (received.has(traceOf(session)) && parentOf(session) === undefined) same.set(session, first);
  }
  const spans = new Map([...same].map(([{ spanId }, { spanId: first }]) => [spanId, first]));
  for (const node of nodes) {
    const first = spans.get(node.parentSpanId);
    if (first !== undefined) node.parentSpanId = first;
  }
  for (const [session, first] of same) {
    joinSessions(first, session);
    facts.get(first)?.events.push(...(facts.get(session)?.events ?? []));
  }
  return nodes.filter((node) => !same.has(node));
}

/** Adds to a session what came later of it. Its times are those of all spans. */
function joinSessions(first: TreeNode, later: TreeNode): void {
  first.name ??= later.name;
  first.user ??= later.user;
  if ((later.startTime ?? Number.POSITIVE_INFINITY) < (first.startTime ?? Number.POSITIVE_INFINITY)) {
    first.startTime = later.startTime;
    first.startedAt = later.startedAt;
  }
  if ((later.endTime ?? 0) > (first.endTime ?? 0)) first.endTime = later.endTime;
  first.durationMs = undefined;
  if (first.outcome !== 'failed') first.outcome = later.outcome;
}

/** Spans around one that has no node of its own: those of HTTP requests, for instance. */
const MAX_SPANS_BETWEEN = 64;

/**
 * Gives a span that its events have beneath the session the parent that `parentOf` names, or the next one around it that
 * has a node: a span that was received after its parent had become events.
 *
 * @returns the parents.
 */
function adopt(
  nodes: readonly TreeNode[],
  parentOf: (node: TreeNode, spanId: string) => string | undefined,
): ReadonlySet<TreeNode> {
  const spans = new Map<string, TreeNode>();
  for (const node of nodes) if (node.span && node.spanId !== undefined) spans.set(node.spanId, node);
  const adopted = new Set<TreeNode>();
  for (const node of nodes) {
    if (!node.span || node.kind === 'session' || node.spanId === undefined) continue;
    const known = node.parentSpanId === undefined ? undefined : spans.get(node.parentSpanId);
    if (known !== undefined && known.kind !== 'session') continue;
    let around = parentOf(node, node.spanId);
    for (let hops = 0; around !== undefined && hops < MAX_SPANS_BETWEEN; hops += 1) {
      const parent = spans.get(around);
      if (parent !== undefined && parent !== known) {
        node.parentSpanId = around;
        adopted.add(parent);
      }
      if (parent !== undefined) break;
      around = parentOf(node, around);
    }
  }
  return adopted;
}

function addFacts(facts: Map<TreeNode, NodeFacts>, node: TreeNode, event: ReadEvent, number: number): void {
  const known = facts.get(node) ?? {
    events: [],
    traceId: undefined,
    tokens: undefined,
    state: undefined,
  };
  known.events.push(number);
  known.traceId ??= asNonEmptyString(event.trace_id);
  if (node.tokens !== undefined) known.tokens ??= viewTokens(event);
  if (node.kind === 'state') known.state ??= stateText(asRecord(event.state_update) ?? {});
  facts.set(node, known);
}

/** `refund by_bank, items 3`. */
function stateText(state: Readonly<Record<string, unknown>>): string | undefined {
  const values = Object.entries(state).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : jsonExcerpt(value, MAX_CHARACTERS)}`,
  );
  return values.length === 0
    ? undefined
    : excerpt(values.slice(0, MAX_STATE_VALUES).join(', '), MAX_CHARACTERS);
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
  const { kind, span, spanId, name, startTime, endTime, outcome, cost, retries } = node;
  const summary = facts?.state ?? node.summary;
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
