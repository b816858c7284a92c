import { type SpanEdge, spanEdge } from '../../chaukas/event-schema.js';
import { asNonEmptyString, asNumber, asRecord } from '../../json/readers.js';
import { eventSpanName } from '../events/event-summary.js';
import { shortName, typeName } from '../events/event-type.js';
import {
  addCost,
  addTokens,
  type Costs,
  costOf,
  durationOf,
  NO_TOKENS,
  outcomeOf,
  type SessionCost,
  type Tokens,
  timeOf,
  tokensOf,
} from '../events/measures.js';
import type { EventLine, ReadEvent } from '../input/read-events.js';

/** The ended calls of one model, tool, MCP operation or agent. */
export interface CallRow {
  ended: number;
  failed: number;
  cancelled: number;
  /** Number of calls with a known duration, their sum and their maximum. */
  timed: number;
  totalMs: number;
  maxMs: number;
  /** Tokens and cost of model calls. */
  tokens: Tokens;
  readonly costs: Costs;
  /** Number of model calls with a known price. */
  priced: number;
}

const UNNAMED = '(unnamed)';

/** The span families with a table of their own. */
const CALL_FAMILIES = ['AGENT', 'MODEL_INVOCATION', 'TOOL_CALL', 'MCP_CALL'] as const;

type CallFamily = (typeof CALL_FAMILIES)[number];

/** Statistics over all events. Memory depends on the number of open spans, not on the length of the input. */
export class EventStats {
  events = 0;
  firstTime: number | undefined;
  lastTime: number | undefined;
  retries = 0;
  retryWaitMs = 0;
  /** Ended agents, model calls, tools and MCP calls. An MCP call of a tool counts once, as the tool. */
  operations = 0;
  failedOperations = 0;
  readonly types = new CallTable(() => ({ count: 0 }));
  readonly severities = new CallTable(() => ({ count: 0 }));
  readonly calls: Readonly<Record<CallFamily, CallTable<CallRow>>> = {
    AGENT: new CallTable(newCallRow),
    MODEL_INVOCATION: new CallTable(newCallRow),
    TOOL_CALL: new CallTable(newCallRow),
    MCP_CALL: new CallTable(newCallRow),
  };
  readonly open = new StartedSpans();
  readonly slowest: Slowest;

  constructor(slowest: number) {
    this.slowest = new Slowest(slowest);
  }

  add(read: EventLine): void {
    const { event } = read;
    const type = typeName(event);
    this.events += 1;
    this.types.row(type).count += 1;
    this.severities.row(severityName(event.severity)).count += 1;
    const time = timeOf(event);
    if (time !== undefined) {
      if (this.firstTime === undefined || time < this.firstTime) this.firstTime = time;
      if (this.lastTime === undefined || time > this.lastTime) this.lastTime = time;
    }
    if (type === 'RETRY') {
      this.retries += 1;
      this.retryWaitMs += asNumber(asRecord(event.retry)?.backoff_ms) ?? 0;
    }
    if (type === 'DATA_ACCESS') this.#addSettled(event);
    const edge = spanEdge(type);
    if (edge !== undefined) this.#addEdge(edge, time, read);
  }

  /** The access to a response that was made in the background has the tokens and the cost of that model call. */
  #addSettled(event: ReadEvent): void {
    const tokens = tokensOf(event);
    if (tokens === undefined) return;
    const model = asNonEmptyString(asRecord(event.metadata)?.model) ?? UNNAMED;
    addUsage(this.calls.MODEL_INVOCATION.row(model), tokens, costOf(event));
  }

  #addEdge({ family, edge }: SpanEdge, time: number | undefined, { event, input, line }: EventLine): void {
    const spanId = asNonEmptyString(event.span_id) ?? '';
    const sessionId = asNonEmptyString(event.session_id) ?? '';
    const span = `${spanId} ${sessionId}`;
    const key = `${family} ${span}`;
    if (edge === 'start') {
      this.open.start(key, { family, name: eventSpanName(event), startTime: time });
      return;
    }
    const started = this.open.end(key);
    if (!isCallFamily(family)) return;
    const name = eventSpanName(event) ?? started?.name ?? UNNAMED;
    const durationMs = durationOf(event) ?? elapsed(started?.startTime, time);
    const outcome = outcomeOf(event);
    const row = this.calls[family].row(name);
    count(row, outcome, durationMs);
    if (family === 'MODEL_INVOCATION') addUsage(row, tokensOf(event) ?? NO_TOKENS, costOf(event));
    // An MCP call inside a tool: the tool counts instead, when its END comes.
    if (family === 'MCP_CALL' && this.open.has(`TOOL_CALL ${span}`)) return;
    this.operations += 1;
    if (outcome === 'failed') this.failedOperations += 1;
    // Agents are left out, since an agent mostly waits for its calls.
    if (family === 'AGENT' || durationMs === undefined || !this.slowest.takes(durationMs)) return;
    this.slowest.add({
      kind: shortName(family),
      name,
      durationMs,
      sessionId,
      spanId,
      input,
      line: line.number,
    });
  }
}

function newCallRow(): CallRow {
  return {
    ended: 0,
    failed: 0,
    cancelled: 0,
    timed: 0,
    totalMs: 0,
    maxMs: 0,
    tokens: NO_TOKENS,
    costs: new Map(),
    priced: 0,
  };
}

function addUsage(row: CallRow, tokens: Tokens, cost: SessionCost | undefined): void {
  row.tokens = addTokens(row.tokens, tokens);
  if (cost === undefined) return;
  addCost(row.costs, cost);
  row.priced += 1;
}

function count(row: CallRow, outcome: string, durationMs: number | undefined): void {
  row.ended += 1;
  if (outcome === 'failed') row.failed += 1;
  if (outcome === 'cancelled') row.cancelled += 1;
  if (durationMs === undefined) return;
  row.timed += 1;
  row.totalMs += durationMs;
  row.maxMs = Math.max(row.maxMs, durationMs);
}

function isCallFamily(family: string): family is CallFamily {
  return (CALL_FAMILIES as readonly string[]).includes(family);
}

function elapsed(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

function severityName(severity: unknown): string {
  return typeof severity === 'string' ? severity.replace(/^SEVERITY_/, '') : 'UNSPECIFIED';
}

/** Maximum number of rows. A file may have a new name in every line, so further names share one row. */
const MAX_ROWS = 1000;

const OTHER_ROWS = '(others)';

/** One row per name, up to a maximum number of rows. */
export class CallTable<Row> {
  readonly rows = new Map<string, Row>();
  readonly #newRow: () => Row;
  readonly #maxRows: number;

  constructor(newRow: () => Row, maxRows = MAX_ROWS) {
    this.#newRow = newRow;
    this.#maxRows = maxRows;
  }

  row(name: string): Row {
    const found = this.rows.get(name);
    if (found !== undefined) return found;
    if (this.rows.size >= this.#maxRows && name !== OTHER_ROWS) return this.row(OTHER_ROWS);
    const row = this.#newRow();
    this.rows.set(name, row);
    return row;
  }

  /** Rows by descending measure, then by name, so that the same input gives the same order. */
  sorted(measure: (row: Row) => number): [string, Row][] {
    return [...this.rows].sort(([a, left], [b, right]) => measure(right) - measure(left) || (a < b ? -1 : 1));
  }
}

/** Facts from a START that the END does not repeat. */
interface StartedSpan {
  readonly family: string;
  readonly name: string | undefined;
  readonly startTime: number | undefined;
}

/** More spans than any process has open at once. The oldest were left open by a crash. */
const MAX_OPEN = 200_000;

/** Spans with a START and no END so far. */
export class StartedSpans {
  readonly #open = new Map<string, StartedSpan>();
  readonly #forgotten = new Map<string, number>();
  readonly #max: number;

  constructor(max = MAX_OPEN) {
    this.#max = max;
  }

  start(key: string, span: StartedSpan): void {
    const replaced = this.#open.get(key);
    if (replaced !== undefined) this.#forget(key, replaced);
    this.#open.set(key, span);
    if (this.#open.size <= this.#max) return;
    for (const [oldest, forgotten] of this.#open) {
      this.#forget(oldest, forgotten);
      break;
    }
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  end(key: string): StartedSpan | undefined {
    const span = this.#open.get(key);
    this.#open.delete(key);
    return span;
  }

  /** The number of spans that never ended, by family. */
  notEnded(): Map<string, number> {
    const counts = new Map(this.#forgotten);
    for (const { family } of this.#open.values()) counts.set(family, (counts.get(family) ?? 0) + 1);
    return counts;
  }

  #forget(key: string, { family }: StartedSpan): void {
    this.#open.delete(key);
    this.#forgotten.set(family, (this.#forgotten.get(family) ?? 0) + 1);
  }
}

/** One slow model call, tool or MCP call. */
export interface SlowOperation {
  readonly kind: string;
  readonly name: string;
  readonly durationMs: number;
  readonly sessionId: string;
  readonly spanId: string;
  /** Input and line of its END. */
  readonly input: string;
  readonly line: number;
}

/** The operations that took longest. */
export class Slowest {
  readonly operations: SlowOperation[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether an operation is among the slowest. Checked before one is built, since nearly all are not. */
  takes(durationMs: number): boolean {
    const last = this.operations.at(-1);
    return this.#size > 0 && (this.operations.length < this.#size || (last?.durationMs ?? 0) < durationMs);
  }

  add(operation: SlowOperation): void {
    const at = this.operations.findIndex(({ durationMs }) => durationMs < operation.durationMs);
    this.operations.splice(at === -1 ? this.operations.length : at, 0, operation);
    if (this.operations.length > this.#size) this.operations.pop();
  }
}
