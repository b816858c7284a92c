import { asNumber, asRecord, asText } from '../../foreign/read.js';
import { spanName } from '../events/event-summary.js';
import { type SpanEdge, shortName, spanEdge, typeName } from '../events/event-type.js';
import {
  addCost,
  addTokens,
  type Costs,
  costOf,
  durationOf,
  NO_TOKENS,
  outcomeOf,
  type Tokens,
  timeOf,
  tokensOf,
} from '../events/measures.js';
import type { EventLine } from '../input/read-lines.js';
import { BoundedTable } from './bounded-table.js';
import { OpenSpans } from './open-spans.js';
import { Slowest } from './slowest.js';

/** Calls of one model, tool, MCP operation or agent that ended. */
export interface CallRow {
  ended: number;
  failed: number;
  cancelled: number;
  /** Of those whose duration is known. */
  timed: number;
  totalMs: number;
  maxMs: number;
  /** Of models. */
  tokens: Tokens;
  readonly costs: Costs;
  /** Model calls whose price is known. */
  priced: number;
}

const UNNAMED = '(unnamed)';

/** The families of spans that have a table of their own. */
export const CALL_FAMILIES = ['AGENT', 'MODEL_INVOCATION', 'TOOL_CALL', 'MCP_CALL'] as const;

type CallFamily = (typeof CALL_FAMILIES)[number];

/** Numbers over all events, in memory that depends on how many spans are open at once and not on the input's length. */
export class EventStats {
  events = 0;
  firstTime: number | undefined;
  lastTime: number | undefined;
  retries = 0;
  retryWaitMs = 0;
  /** What ended of agents, model calls, tools and MCP calls, and what of it failed; an MCP tool is one. */
  operations = 0;
  failedOperations = 0;
  readonly types = new BoundedTable(() => ({ count: 0 }));
  readonly severities = new BoundedTable(() => ({ count: 0 }));
  readonly calls: Readonly<Record<CallFamily, BoundedTable<CallRow>>> = {
    AGENT: new BoundedTable(newCallRow),
    MODEL_INVOCATION: new BoundedTable(newCallRow),
    TOOL_CALL: new BoundedTable(newCallRow),
    MCP_CALL: new BoundedTable(newCallRow),
  };
  readonly open = new OpenSpans();
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
    const edge = spanEdge(type);
    if (edge !== undefined) this.#addEdge(edge, time, read);
  }

  #addEdge({ family, edge }: SpanEdge, time: number | undefined, { event, input, line }: EventLine): void {
    const spanId = asText(event.span_id) ?? '';
    const sessionId = asText(event.session_id) ?? '';
    const span = `${spanId} ${sessionId}`;
    const key = `${family} ${span}`;
    if (edge === 'start') {
      this.open.start(key, { family, name: spanName(event), startTime: time });
      return;
    }
    const started = this.open.end(key);
    if (!isCallFamily(family)) return;
    const name = spanName(event) ?? started?.name ?? UNNAMED;
    const durationMs = durationOf(event) ?? elapsed(started?.startTime, time);
    const outcome = outcomeOf(event);
    const row = this.calls[family].row(name);
    count(row, outcome, durationMs);
    if (family === 'MODEL_INVOCATION') {
      row.tokens = addTokens(row.tokens, tokensOf(event) ?? NO_TOKENS);
      const cost = costOf(event);
      if (cost !== undefined) {
        addCost(row.costs, cost);
        row.priced += 1;
      }
    }
    // The MCP call of a tool is that tool's, whose END comes after it.
    if (family === 'MCP_CALL' && this.open.has(`TOOL_CALL ${span}`)) return;
    this.operations += 1;
    if (outcome === 'failed') this.failedOperations += 1;
    // An agent is as slow as what it waits for.
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
