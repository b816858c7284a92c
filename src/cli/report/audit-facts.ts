import { BoundedMap } from '../../bounded-map.js';
import { asArray, asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import { typeName } from '../events/event-type.js';
import {
  addCost,
  addTokens,
  type Costs,
  costOf,
  NO_TOKENS,
  outcomeOf,
  type Tokens,
  tokensOf,
} from '../events/measures.js';
import type { EventLine, ReadEvent } from '../input/read-events.js';
import { CallTable, EventStats } from '../stats/event-stats.js';
import { LimitedRows } from './page.js';
import { idOf, LONGEST_ID, StreamFacts, shortText } from './stream-facts.js';

/** A session of the application. */
export interface SessionFact {
  readonly id: string;
  readonly stream: string;
  readonly started: string;
  ended: string;
  outcome: string;
  readonly agents: Set<string>;
  /** The users that the application named. */
  readonly users: Set<string>;
  events: number;
  modelCalls: number;
  toolCalls: number;
  tokens: Tokens;
  readonly costs: Costs;
  errors: number;
}

/** A decision, and who made it. */
export interface DecisionFact {
  readonly time: string;
  readonly session: string;
  readonly policy: string;
  readonly outcome: string;
  readonly decidedBy: string;
  readonly about: string;
  readonly rationale: string;
}

export interface HandoffFact {
  readonly time: string;
  readonly session: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** The judgement of a user or an evaluator on an answer. */
export interface FeedbackFact {
  readonly time: string;
  readonly session: string;
  readonly user: string;
  readonly name: string;
  readonly value: string;
  readonly label: string;
  readonly comment: string;
}

export interface ErrorFact {
  readonly time: string;
  readonly session: string;
  readonly agent: string;
  readonly code: string;
  readonly message: string;
  readonly recovery: string;
}

/** The accesses to one source of data. */
export interface DataRow {
  accesses: number;
  documents: number;
  readonly categories: Set<string>;
}

export interface CountRow {
  count: number;
}

const LONGEST_TEXT = 400;
const LONGEST_NAME = 100;
const LONGEST_CURRENCY = 10;
/** Names that are listed in one cell. */
const MAX_NAMES = 10;
/** More sessions than are open at once in any process. */
const MAX_OPEN_SESSIONS = 100_000;
const MAX_OPEN_TOOLS = 10_000;

/**
 * The answers to an auditor's questions about a file of events. Each list has a limit, and so has each table of names, so memory does not grow
 * with the input.
 */
export class AuditFacts {
  readonly stats = new EventStats(0);
  readonly streams: StreamFacts;
  /** The first sessions of the input, by id. */
  readonly sessions = new Map<string, SessionFact>();
  /** Number of SESSION_STARTs of sessions that are not listed. */
  otherSessions = 0;
  /** Number of SESSION_STARTs and SESSION_ENDs, without those of streams. A session may be opened again. */
  startedSessions = 0;
  endedSessions = 0;
  readonly decisions: LimitedRows<DecisionFact>;
  /** All decisions, by outcome. */
  readonly outcomes = new CallTable<CountRow>(newCount);
  /** Decisions that name a person. */
  decidedByPerson = 0;
  readonly handoffs: LimitedRows<HandoffFact>;
  readonly feedback: LimitedRows<FeedbackFact>;
  readonly errors: LimitedRows<ErrorFact>;
  readonly retries = new CallTable<CountRow>(newCount);
  readonly data = new CallTable<DataRow>(() => ({ accesses: 0, documents: 0, categories: new Set() }));
  readonly stateKeys = new CallTable<CountRow>(newCount);
  readonly categories = new CallTable<CountRow>(newCount);
  readonly redactedFields = new CallTable<CountRow>(newCount);
  readonly redactionMethods = new CallTable<CountRow>(newCount);
  redactedEvents = 0;
  /** Events that have content of a conversation or a tool. */
  contentEvents = 0;

  readonly #maxRows: number;
  /** The stream of each open session. */
  readonly #streamOf = new BoundedMap<string, string>(MAX_OPEN_SESSIONS);
  /** The tool of each open tool span. */
  readonly #tools = new BoundedMap<string, string>(MAX_OPEN_TOOLS);

  /** @param maxRows - of each list. */
  constructor(maxRows: number) {
    this.#maxRows = maxRows;
    this.streams = new StreamFacts(maxRows);
    this.decisions = new LimitedRows(maxRows);
    this.handoffs = new LimitedRows(maxRows);
    this.feedback = new LimitedRows(maxRows);
    this.errors = new LimitedRows(maxRows);
  }

  add(read: EventLine): void {
    const { event } = read;
    this.stats.add(read);
    const id = idOf(event.session_id);
    const type = typeName(event);
    if (type === 'SESSION_START') this.#sessionStarted(event, id);
    this.streams.count(this.#streamOf.get(id));
    const session = this.sessions.get(id);
    if (session !== undefined) addToSession(session, event, type);
    this.#addType(event, type, id);
    this.#addRedaction(event);
    if (hasContent(event)) this.contentEvents += 1;
    if (type === 'SESSION_END') this.#sessionEnded(event, id, session);
  }

  #sessionStarted(event: ReadEvent, id: string): void {
    const streamId = idOf(asRecord(event.metadata)?.stream_id);
    if (streamId !== '') {
      this.#streamOf.set(id, streamId);
      this.streams.started(event, streamId);
    }
    if (id === streamId) return;
    this.startedSessions += 1;
    if (this.sessions.has(id)) return;
    if (this.sessions.size >= this.#maxRows) {
      this.otherSessions += 1;
      return;
    }
    this.sessions.set(id, {
      id,
      stream: streamId,
      started: shortText(event.timestamp),
      ended: '',
      outcome: 'no end',
      agents: new Set(),
      users: new Set(),
      events: 0,
      modelCalls: 0,
      toolCalls: 0,
      tokens: NO_TOKENS,
      costs: new Map(),
      errors: 0,
    });
  }

  #sessionEnded(event: ReadEvent, id: string, session: SessionFact | undefined): void {
    if (this.#streamOf.get(id) === id) this.streams.ended(event);
    else this.endedSessions += 1;
    this.#streamOf.remove(id);
    if (session === undefined) return;
    session.ended = shortText(event.timestamp);
    session.outcome = outcomeOf(event);
  }

  #addType(event: ReadEvent, type: string, session: string): void {
    if (type === 'SYSTEM') this.#system(event, session);
    else if (type === 'TOOL_CALL_START') {
      this.#tools.set(spanKey(event, session), toolOf(asRecord(event.tool_call) ?? {}));
    } else if (type === 'TOOL_CALL_END') this.#tools.remove(spanKey(event, session));
    else if (type === 'POLICY_DECISION') this.#decision(event, session);
    else if (type === 'AGENT_HANDOFF') this.#handoff(event, session);
    else if (type === 'ERROR') this.#error(event, session);
    else if (type === 'RETRY') this.retries.row(retryReason(event)).count += 1;
    else if (type === 'DATA_ACCESS') this.#dataAccess(event);
    else if (type === 'STATE_UPDATE') {
      this.stateKeys.row(list(Object.keys(asRecord(event.state_update) ?? {}))).count += 1;
    }
  }

  #system(event: ReadEvent, session: string): void {
    this.streams.system(event);
    const metadata = asRecord(event.metadata);
    const said = asRecord(metadata?.feedback);
    if (said === undefined) return;
    const { name, value, label, comment } = said;
    this.feedback.add(() => ({
      time: shortText(event.timestamp),
      session,
      user: shortText(metadata?.user_id),
      name: shortText(name),
      value: typeof value === 'boolean' ? (value ? 'yes' : 'no') : `${asNumber(value) ?? ''}`,
      label: shortText(label),
      comment: shortText(comment, LONGEST_TEXT),
    }));
  }

  #decision(event: ReadEvent, session: string): void {
    const policy = asRecord(event.policy) ?? {};
    const metadata = asRecord(event.metadata) ?? {};
    const outcome = shortText(policy.outcome) || 'not stated';
    this.outcomes.row(outcome).count += 1;
    const approver = asRecord(metadata.approver);
    if (approver !== undefined) this.decidedByPerson += 1;
    this.decisions.add(() => ({
      time: shortText(metadata.occurred_at) || shortText(event.timestamp),
      session,
      policy: shortText(policy.policy_id),
      outcome,
      decidedBy: decidedBy(event, approver, metadata),
      about: this.#subjectOf(event, metadata, session),
      rationale: [shortText(policy.rationale, LONGEST_TEXT), list(asArray(policy.rule_ids))]
        .filter(Boolean)
        .join('; '),
    }));
  }

  /** The tool call that a decision is about, otherwise the agent. */
  #subjectOf(event: ReadEvent, metadata: UnknownRecord, session: string): string {
    const tool = toolOf({
      name: metadata.tool_name,
      id: metadata.tool_call_id ?? metadata.approval_request_id,
    });
    if (tool !== '') return tool;
    const open = this.#tools.get(spanKey(event, session));
    return open ?? (shortText(event.agent_name) && `agent ${shortText(event.agent_name)}`);
  }

  #handoff(event: ReadEvent, session: string): void {
    const handoff = asRecord(event.agent_handoff) ?? {};
    this.handoffs.add(() => ({
      time: shortText(event.timestamp),
      session,
      from: shortText(handoff.from_agent_name) || shortText(handoff.from_agent_id),
      to: shortText(handoff.to_agent_name) || shortText(handoff.to_agent_id),
      reason: shortText(handoff.reason, LONGEST_TEXT),
    }));
  }

  #error(event: ReadEvent, session: string): void {
    const error = asRecord(event.error) ?? {};
    this.errors.add(() => ({
      time: shortText(event.timestamp),
      session,
      agent: shortText(event.agent_name),
      code: shortText(error.error_code),
      message: shortText(error.error_message, LONGEST_TEXT),
      recovery: error.recoverable === true ? shortText(error.recovery_action) || 'recoverable' : '',
    }));
  }

  #dataAccess(event: ReadEvent): void {
    const access = asRecord(event.data_access) ?? {};
    const row = this.data.row(shortText(access.datasource) || '(unnamed)');
    row.accesses += 1;
    row.documents += asArray(access.document_ids).length;
    for (const category of asArray(access.pii_categories)) addName(row.categories, category);
  }

  #addRedaction(event: ReadEvent): void {
    for (const category of asArray(event.pii_categories)) this.categories.row(shortText(category)).count += 1;
    const redaction = asRecord(event.redaction);
    if (redaction === undefined) return;
    this.redactedEvents += 1;
    this.redactionMethods.row(shortText(redaction.method) || 'not stated').count += 1;
    for (const field of asArray(redaction.fields)) {
      // The places of one kind count together, whatever their index is.
      this.redactedFields.row(shortText(field).replace(/\[\d+\]/g, '[]')).count += 1;
    }
  }
}

function newCount(): CountRow {
  return { count: 0 };
}

function addToSession(session: SessionFact, event: ReadEvent, type: string): void {
  session.events += 1;
  addName(session.agents, event.agent_name);
  addName(session.users, asRecord(event.metadata)?.user_id);
  if (type === 'ERROR') session.errors += 1;
  if (type === 'TOOL_CALL_END') session.toolCalls += 1;
  if (type === 'MODEL_INVOCATION_END') session.modelCalls += 1;
  if (type !== 'MODEL_INVOCATION_END' && type !== 'DATA_ACCESS') return;
  session.tokens = addTokens(session.tokens, tokensOf(event) ?? NO_TOKENS);
  const cost = costOf(event);
  if (cost === undefined) return;
  // A hostile file may have another currency in every event.
  const currency = session.costs.size < MAX_NAMES ? shortText(cost.currency, LONGEST_CURRENCY) : 'other';
  addCost(session.costs, { amount: cost.amount, currency });
}

function addName(names: Set<string>, name: unknown): void {
  const short = shortText(name, LONGEST_NAME);
  if (short !== '' && names.size <= MAX_NAMES) names.add(short);
}

/** Names in one cell: the first of them, and how many more there are. */
export function list(names: Iterable<unknown>): string {
  const all = [...names];
  const shown = all.slice(0, MAX_NAMES).map((name) => shortText(name, LONGEST_NAME));
  return all.length > MAX_NAMES ? `${shown.join(', ')} and more` : shown.join(', ');
}

function toolOf({ name, function_name: otherName, id }: UnknownRecord): string {
  const tool = shortText(name) || shortText(otherName);
  const call = shortText(id, LONGEST_ID);
  return call === '' ? tool : `${tool} (${call})`.trimStart();
}

function spanKey(event: ReadEvent, session: string): string {
  return `${idOf(event.span_id)} ${session}`;
}

/** The author, and the person if the application named one. */
function decidedBy(event: ReadEvent, approver: UnknownRecord | undefined, metadata: UnknownRecord): string {
  const author = shortText(event.author)
    .replace(/^AUTHOR_/, '')
    .toLowerCase();
  const person =
    approver && list([approver.name, approver.id, approver.role, approver.channel].filter(Boolean));
  const elsewhere = metadata.made_elsewhere === true ? ', in another process' : '';
  return (person ? `${author}: ${person}` : author) + elsewhere;
}

function retryReason(event: ReadEvent): string {
  const { http_status: status, error_type: error } = asRecord(event.metadata) ?? {};
  if (asNumber(status) !== undefined) return `HTTP ${status}`;
  return asNonEmptyString(error) === undefined ? 'not stated' : shortText(error);
}

const CONTENT = ['message', 'tool_call', 'tool_response', 'llm_invocation', 'mcp_call'] as const;
const CONTENT_MEMBERS = ['text', 'arguments', 'output', 'response', 'request'] as const;

/** Whether an event says what was asked, answered or returned, and not only that it was. */
function hasContent(event: ReadEvent): boolean {
  return CONTENT.some((name) => {
    const content = asRecord(event[name]);
    if (content === undefined) return false;
    if (name === 'llm_invocation') {
      return ['request', 'response'].some((part) => asRecord(content[part])?.messages !== undefined);
    }
    return CONTENT_MEMBERS.some((member) => content[member] !== undefined);
  });
}
