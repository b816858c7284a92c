import { type SpanEdge, spanEdge } from '../../chaukas/event-schema.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { eventSpanName, eventSummary, excerpt } from '../events/event-summary.js';
import { shortName, typeName } from '../events/event-type.js';
import { costOf, durationOf, outcomeOf, timeOf, tokensOf } from '../events/measures.js';
import type { ReadEvent } from '../input/read-events.js';
import type { TreeNode } from './session-tree.js';

/**
 * What is kept of a session until it is shown: a node for each span and each single event, in the order in which they
 * were met, not yet linked. A parent is looked up when all is there, since an event may stand before its parent's.
 */
export class SessionRecord {
  readonly id: string;
  readonly nodes: TreeNode[] = [];
  events = 0;
  /** ERROR events. */
  errors = 0;
  /** RETRY events. */
  retries = 0;
  readonly #spans = new Map<string, TreeNode>();
  #openSessions = 0;
  #systemEvents = 0;
  #otherEvents = 0;

  constructor(id: string) {
    this.id = id;
  }

  /** It tells of the process alone: there is nothing in it but SYSTEM events. */
  get systemOnly(): boolean {
    return this.#systemEvents > 0 && this.#otherEvents === 0;
  }

  /** @returns whether the session has ended with this event. A session that was opened twice ends with both. */
  add(event: ReadEvent): boolean {
    const type = typeName(event);
    const edge = spanEdge(type);
    this.events += 1;
    if (type === 'ERROR') this.errors += 1;
    if (type === 'RETRY') this.retries += 1;
    if (type === 'SYSTEM') this.#systemEvents += 1;
    else if (edge?.family !== 'SESSION') this.#otherEvents += 1;
    if (edge === undefined) {
      this.#addSingle(type, event);
      return false;
    }
    this.#addEdge(edge, event);
    if (edge.family !== 'SESSION') return false;
    this.#openSessions += edge.edge === 'start' ? 1 : -1;
    return edge.edge === 'end' && this.#openSessions <= 0;
  }

  #addSingle(type: string, event: ReadEvent): void {
    const node = newNode(shortName(type), false, event);
    node.summary = eventSummary(event);
    node.startTime = timeOf(event);
    node.startedAt = asNonEmptyString(event.timestamp);
    node.outcome = outcomeOf(event);
    this.nodes.push(node);
    if (type !== 'RETRY') return;
    const call = this.#spans.get(spanKey('MODEL_INVOCATION', event));
    if (call !== undefined) call.retries += 1;
  }

  #addEdge({ family, edge }: SpanEdge, event: ReadEvent): void {
    const key = spanKey(family, event);
    let node = this.#spans.get(key);
    // The second START of a span would be a fault of the writer; it is shown as what it is, another span.
    if (node === undefined || (edge === 'start' && node.startedAt !== undefined)) {
      node = newNode(shortName(family), true, event);
      this.nodes.push(node);
      this.#spans.set(key, node);
    }
    node.name ??= eventSpanName(event);
    if (edge === 'start') {
      node.startedAt = asNonEmptyString(event.timestamp);
      node.startTime = timeOf(event);
    } else {
      end(node, family, event);
    }
  }
}

function end(node: TreeNode, family: string, event: ReadEvent): void {
  node.endTime = timeOf(event);
  node.durationMs = durationOf(event);
  node.outcome = outcomeOf(event);
  if (family === 'MODEL_INVOCATION') {
    node.tokens = tokensOf(event);
    node.cost = costOf(event);
  }
  if (family === 'TOOL_CALL') {
    const message = asNonEmptyString(asRecord(event.tool_response)?.error_message);
    if (message !== undefined) node.summary = `"${excerpt(message)}"`;
  }
}

function newNode(kind: string, span: boolean, event: ReadEvent): TreeNode {
  return {
    kind,
    span,
    spanId: asNonEmptyString(event.span_id),
    parentSpanId: asNonEmptyString(event.parent_span_id),
    name: undefined,
    summary: undefined,
    startedAt: undefined,
    startTime: undefined,
    endTime: undefined,
    durationMs: undefined,
    outcome: 'open',
    tokens: undefined,
    cost: undefined,
    retries: 0,
    children: [],
  };
}

/** An MCP call has the span of the tool that it is; so the family is part of the key. */
function spanKey(family: string, event: ReadEvent): string {
  return `${family} ${asNonEmptyString(event.span_id) ?? ''}`;
}
