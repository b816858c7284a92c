import { addCost, addTokens, type Costs, costsJson, NO_TOKENS, type Tokens } from '../events/measures.js';
import { counted, formatCost, formatDuration } from '../output/quantities.js';
import type { Piece, TextLine } from '../output/text-line.js';
import type { SessionRecord } from './session-record.js';
import { linkNodes, nodeDuration, type Totals, type TreeNode, totalsOf } from './session-tree.js';

const NOT_ENDED: Piece = ['yellow', 'not ended'];
const WIDTH_OF_TIME = 12;

/** A session as lines: the time of day (UTC) on the left, then the tree, then the details of each row. */
export function sessionLines(record: SessionRecord): TextLine[] {
  const roots = linkNodes(record.nodes);
  const totals = totalsOf(roots);
  if (record.systemOnly) return [systemLine(record, roots)];
  const lines: TextLine[] = [];
  const sessions = roots.filter(({ kind, span }) => span && kind === 'session');
  const strays = roots.filter((root) => !sessions.includes(root));
  for (const session of sessions) {
    lines.push(header(record, session, totals.get(session), session === sessions[0]));
    addChildren(lines, session.children, '', totals);
  }
  if (strays.length > 0) {
    // The SESSION_START is in another file or was lost: the rest of the session is shown anyway.
    lines.push(headerOfStrays(record, strays, totals));
    addChildren(lines, strays, '', totals);
  }
  return lines;
}

function header(record: SessionRecord, node: TreeNode, totals: Totals | undefined, first: boolean): TextLine {
  return [
    ...time(node),
    ['bold', `session ${record.id}`],
    ...spaced([
      node.name === undefined ? undefined : ['cyan', node.name],
      node.user === undefined ? undefined : `user ${node.user}`,
      node.startedAt === undefined ? ['yellow', 'no SESSION_START'] : ['dim', day(node)],
      ...duration(node),
      ...amounts(totals),
      // Counted once for the session, not once per SESSION_START.
      ...(first ? troubles(record, totals) : []),
    ]),
  ];
}

function headerOfStrays(
  record: SessionRecord,
  strays: readonly TreeNode[],
  totals: ReadonlyMap<TreeNode, Totals>,
): TextLine {
  const [first] = strays;
  return [
    ...(first === undefined ? [] : time(first)),
    ['bold', `session ${record.id}`],
    ...spaced([
      ['yellow', 'no SESSION_START'],
      first === undefined ? undefined : ['dim', day(first)],
      ...strays.flatMap((stray) => (strays.length === 1 ? amounts(totals.get(stray)) : [])),
      ...troubles(record, undefined),
    ]),
  ];
}

/** The SYSTEM events of a process in one line. */
function systemLine(record: SessionRecord, roots: readonly TreeNode[]): TextLine {
  const events = record.nodes.filter(({ span }) => !span);
  const [root] = roots;
  return [
    ...(root === undefined ? [] : time(root)),
    ['dim', 'system'],
    ...spaced([
      ['dim', events.map(({ summary }) => summary).join(', ')],
      root === undefined ? undefined : ['dim', day(root)],
      ...(root?.span && root.outcome === 'open' ? [NOT_ENDED] : []),
    ]),
  ];
}

function addChildren(
  lines: TextLine[],
  nodes: readonly TreeNode[],
  indent: string,
  totals: ReadonlyMap<TreeNode, Totals>,
): void {
  nodes.forEach((node, index) => {
    const last = index === nodes.length - 1;
    lines.push([...time(node), ['dim', indent + (last ? '└─ ' : '├─ ')], ...row(node, totals.get(node))]);
    addChildren(lines, node.children, indent + (last ? '   ' : '│  '), totals);
  });
}

function row(node: TreeNode, totals: Totals | undefined): TextLine {
  if (!node.span) return single(node);
  return [
    `${node.kind} `,
    ['bold', node.name ?? node.spanId ?? ''],
    ...spaced([
      ...duration(node),
      ...amounts(totals),
      node.retries === 0 ? undefined : ['yellow', counted(node.retries, 'retry', 'retries')],
      node.summary === undefined ? undefined : ['red', node.summary],
    ]),
  ];
}

function single(node: TreeNode): TextLine {
  const summary = node.summary ?? '';
  if (node.outcome === 'failed') return [['red', node.kind], ' ', ['red', summary]];
  return [[node.kind === 'retry' ? 'yellow' : 'dim', node.kind], ' ', summary];
}

function duration(node: TreeNode): Piece[] {
  const taken = nodeDuration(node);
  const pieces: Piece[] = taken === undefined ? [] : [formatDuration(taken)];
  if (node.outcome === 'open') pieces.push(NOT_ENDED);
  if (node.outcome === 'failed') pieces.push(['red', 'failed']);
  if (node.outcome === 'cancelled') pieces.push(['yellow', 'cancelled']);
  return pieces;
}

function amounts(totals: Totals | undefined): Piece[] {
  if (totals === undefined) return [];
  const pieces: Piece[] = totals.tokens.total > 0 ? [counted(totals.tokens.total, 'token')] : [];
  pieces.push(...costPieces(totals.costs));
  return pieces;
}

function costPieces(costs: Costs): Piece[] {
  return [...costs].map(([currency, amount]): Piece => ['green', formatCost(amount, currency)]);
}

function troubles(record: SessionRecord, totals: Totals | undefined): Piece[] {
  const pieces: Piece[] = [];
  if (record.errors > 0) pieces.push(['red', counted(record.errors, 'error')]);
  else if ((totals?.failed ?? 0) > 0) pieces.push(['red', 'something failed']);
  if (record.retries > 0) pieces.push(['yellow', counted(record.retries, 'retry', 'retries')]);
  return pieces;
}

function spaced(pieces: readonly (Piece | undefined)[]): Piece[] {
  return pieces.flatMap((piece) => (piece === undefined ? [] : ['  ', piece]));
}

/** `18:06:19.704` and two spaces; blank if the event has no readable time. */
function time({ startTime, endTime }: TreeNode): Piece[] {
  const when = startTime ?? endTime;
  const text = when === undefined ? '' : new Date(when).toISOString().slice(11, 23);
  return [['dim', text.padEnd(WIDTH_OF_TIME)], '  '];
}

function day({ startTime, endTime }: TreeNode): string {
  const when = startTime ?? endTime;
  return when === undefined ? '' : new Date(when).toISOString().slice(0, 10);
}

/** A session as one object, with its spans and single events nested in it. */
export function sessionJson(record: SessionRecord): Record<string, unknown> {
  const roots = linkNodes(record.nodes);
  const totals = totalsOf(roots);
  let tokens: Tokens = NO_TOKENS;
  const costs: Costs = new Map();
  let failed = 0;
  for (const root of roots) {
    const sums = totals.get(root);
    if (sums === undefined) continue;
    tokens = addTokens(tokens, sums.tokens);
    for (const [currency, amount] of sums.costs) addCost(costs, { amount, currency });
    failed += sums.failed;
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
  const { kind, name, user, summary, spanId, startedAt, outcome, tokens, cost, retries } = node;
  // JSON leaves out members that are `undefined`.
  return {
    kind,
    name,
    user,
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
