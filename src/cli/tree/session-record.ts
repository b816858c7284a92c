import { type SpanEdge, spanEdge } from '../../chaukas/event-schema.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { EXCERPT_CHARACTERS, eventSpanName, eventSummary, excerpt } from '../events/event-summary.js';
import { shortName, typeName } from '../events/event-type.js';
import { costOf, durationOf, outcomeOf, timeOf, tokensOf } from '../events/measures.js';
import type { ReadEvent } from '../input/read-events.js';
import type { TreeNode } from './session-tree.js';

/**
 * A session until it is shown: one node per span and per single event, in the order of the input and not yet linked.
 * Parents are looked up at the end, because an event may come before the events of its parent.
 */
export class SessionRecord {
  readonly id: string;
  readonly nodes: TreeNode[] = [];
  events = 0;
  /** Number of ERROR events. */
  errors = 0;
  /** Number of RETRY events. */
  retries = 0;
  /** The node that shows the event that was added last. */
  newest: TreeNode | undefined;
  readonly #spans = new Map<string, TreeNode>();
  readonly #maxCharacters: number;
  #openSessions = 0;
  #systemEvents = 0;
  #otherEvents = 0;

  /** @param maxCharacters - length of the texts in it. */
  constructor(id: string, maxCharacters = EXCERPT_CHARACTERS) {
    this.id = id;
    this.#maxCharacters = maxCharacters;
  }

  /** Whether the session is about the process only: it has nothing but SYSTEM events. */
  get systemOnly(): boolean {
    return this.#systemEvents > 0 && this.#otherEvents === 0;
  }

  /** @returns whether the session ended with this event. A session that was opened twice must end twice. */
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
    node.summary = eventSummary(event, this.#maxCharacters);
    node.startTime = timeOf(event);
    node.startedAt = asNonEmptyString(event.timestamp);
    node.outcome = outcomeOf(event);
    this.nodes.push(node);
    this.newest = node;
    if (type !== 'RETRY') return;
    const call = this.#spans.get(spanKey('MODEL_INVOCATION', event));
    if (call !== undefined) call.retries += 1;
  }

  #addEdge({ family, edge }: SpanEdge, event: ReadEvent): void {
    const key = spanKey(family, event);
    let node = this.#spans.get(key);
    // A second START of a span is an error of the writer. It is shown as another span.
    if (node === undefined || (edge === 'start' && node.startedAt !== undefined)) {
      node = newNode(shortName(family), true, event);
      this.nodes.push(node);
      this.#spans.set(key, node);
    }
    this.newest = node;
    node.name ??= eventSpanName(event, this.#maxCharacters);
    if (family === 'SESSION') node.user ??= userOf(event, this.#maxCharacters);
    if (edge === 'start') {
      node.startedAt = asNonEmptyString(event.timestamp);
      node.startTime = timeOf(event);
    } else {
      end(node, family, event, this.#maxCharacters);
    }
  }
}

function end(node: TreeNode, family: string, event: ReadEvent, maxCharacters: number): void {
  node.endTime = timeOf(event);
  node.durationMs = durationOf(event);
  node.outcome = outcomeOf(event);
  if (family === 'MODEL_INVOCATION') {
    node.tokens = tokensOf(event);
    node.cost = costOf(event);
  }
  if (family === 'TOOL_CALL') {
    const message = asNonEmptyString(asRecord(event.tool_response)?.error_message);
    if (message !== undefined) node.summary = `"${excerpt(message, maxCharacters)}"`;
  }
}

function newNode(kind: string, span: boolean, event: ReadEvent): TreeNode {
  return {
    kind,
    span,
    spanId: asNonEmptyString(event.span_id),
    parentSpanId: asNonEmptyString(event.parent_span_id),
    name: undefined,
    user: undefined,
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

function userOf(event: ReadEvent, maxCharacters: number): string | undefined {
  const user = asNonEmptyString(asRecord(event.metadata)?.user_id);
  return user && excerpt(user, maxCharacters);
}

/** The family is part of the key, because a tool and its MCP call share one span. */
function spanKey(family: string, event: ReadEvent): string {
  return `${family} ${asNonEmptyString(event.span_id) ?? ''}`;
}
