import { KNOWN_TYPES, shortName } from '../events/event-type.js';
import { addCost, addTokens, type Costs, costsJson, NO_TOKENS, type Tokens } from '../events/measures.js';
import type { CallRow, CallTable, EventStats, SlowOperation } from './event-stats.js';

/** The ended calls of one model, tool, MCP operation or agent. */
export interface CallReport {
  readonly name: string;
  readonly ended: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly mean_ms: number | null;
  readonly max_ms: number | null;
}

export interface ModelReport extends CallReport {
  readonly tokens: Tokens;
  /** Amount per currency. */
  readonly cost: Readonly<Record<string, number>>;
  /** Calls without a cost, because their price was unknown. */
  readonly unpriced: number;
}

/** The JSON output of `stats`. */
export interface StatsReport {
  readonly events: number;
  /** Lines that are not events. */
  readonly unreadable_lines: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly types: Readonly<Record<string, number>>;
  readonly coverage: {
    readonly known: number;
    readonly seen: number;
    readonly missing: readonly string[];
    /** Unknown types, possibly of a newer specification. */
    readonly unknown: readonly string[];
  };
  readonly severities: Readonly<Record<string, number>>;
  readonly sessions: { readonly started: number; readonly ended: number };
  /** Spans with a START and no END, by kind. */
  readonly not_ended: Readonly<Record<string, number>>;
  readonly tokens: Tokens;
  readonly cost: Readonly<Record<string, number>>;
  readonly unpriced: number;
  readonly errors: number;
  readonly operations: number;
  readonly failed_operations: number;
  /** Failed operations divided by ended operations, 0 to 1; null if none ended. */
  readonly error_rate: number | null;
  readonly retries: number;
  readonly retry_wait_ms: number;
  readonly models: readonly ModelReport[];
  readonly tools: readonly CallReport[];
  readonly mcp: readonly CallReport[];
  readonly agents: readonly CallReport[];
  readonly slowest: readonly SlowReport[];
}

interface SlowReport {
  readonly kind: string;
  readonly name: string;
  readonly duration_ms: number;
  readonly session_id: string;
  readonly span_id: string;
  readonly file: string;
  readonly line: number;
}

export function statsReport(stats: EventStats, unreadableLines: number): StatsReport {
  const typeCount = (type: string): number => stats.types.rows.get(type)?.count ?? 0;
  const missing = KNOWN_TYPES.filter((type) => typeCount(type) === 0);
  const unknown = [...stats.types.rows.keys()].filter((type) => !KNOWN_TYPES.includes(type)).sort();
  const { tokens, costs, unpriced } = modelTotals(stats.calls.MODEL_INVOCATION);
  return {
    events: stats.events,
    unreadable_lines: unreadableLines,
    first: isoTime(stats.firstTime),
    last: isoTime(stats.lastTime),
    types: Object.fromEntries(
      // In the order of the specification, so that two reports can be compared.
      [...KNOWN_TYPES, ...unknown]
        .map((type): [string, number] => [type, typeCount(type)])
        .filter(([, n]) => n > 0),
    ),
    coverage: { known: KNOWN_TYPES.length, seen: KNOWN_TYPES.length - missing.length, missing, unknown },
    severities: Object.fromEntries(
      stats.severities.sorted(({ count }) => count).map(([name, row]) => [name, row.count]),
    ),
    sessions: { started: typeCount('SESSION_START'), ended: typeCount('SESSION_END') },
    not_ended: Object.fromEntries(
      [...stats.open.notEnded()].map(([family, count]) => [shortName(family), count]),
    ),
    tokens,
    cost: costsJson(costs),
    unpriced,
    errors: typeCount('ERROR'),
    operations: stats.operations,
    failed_operations: stats.failedOperations,
    error_rate: stats.operations === 0 ? null : rounded(stats.failedOperations / stats.operations),
    retries: stats.retries,
    retry_wait_ms: rounded(stats.retryWaitMs),
    models: stats.calls.MODEL_INVOCATION.sorted(byCalls).map(([name, row]) => modelReport(name, row)),
    tools: callReports(stats.calls.TOOL_CALL),
    mcp: callReports(stats.calls.MCP_CALL),
    agents: callReports(stats.calls.AGENT),
    slowest: stats.slowest.operations.map(slowReport),
  };
}

function byCalls({ ended }: CallRow): number {
  return ended;
}

function callReports(table: CallTable<CallRow>): CallReport[] {
  return table.sorted(byCalls).map(([name, row]) => callReport(name, row));
}

function callReport(name: string, { ended, failed, cancelled, timed, totalMs, maxMs }: CallRow): CallReport {
  const mean = timed === 0 ? null : rounded(totalMs / timed);
  return { name, ended, failed, cancelled, mean_ms: mean, max_ms: timed === 0 ? null : rounded(maxMs) };
}

function modelReport(name: string, row: CallRow): ModelReport {
  const { tokens, costs, ended, priced } = row;
  return { ...callReport(name, row), tokens, cost: costsJson(costs), unpriced: ended - priced };
}

function modelTotals(models: CallTable<CallRow>): { tokens: Tokens; costs: Costs; unpriced: number } {
  let tokens = NO_TOKENS;
  let unpriced = 0;
  const costs: Costs = new Map();
  for (const row of models.rows.values()) {
    tokens = addTokens(tokens, row.tokens);
    unpriced += row.ended - row.priced;
    for (const [currency, amount] of row.costs) addCost(costs, { amount, currency });
  }
  return { tokens, costs, unpriced };
}

function slowReport(slow: SlowOperation): SlowReport {
  return {
    kind: slow.kind,
    name: slow.name,
    duration_ms: rounded(slow.durationMs),
    session_id: slow.sessionId,
    span_id: slow.spanId,
    file: slow.input,
    line: slow.line,
  };
}

function isoTime(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

/** Removes the noise of binary fractions. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
