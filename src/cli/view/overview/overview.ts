import type { Overview, OverviewBucket, OverviewCall, OverviewRow, ViewTokens } from '../view-api.js';
import {
  type CallChunk,
  type CallColumns,
  type CallRowKind,
  FAILED,
  KIND,
  type NameNumbers,
  OTHER_NAMES,
  ROW_KINDS,
} from './call-columns.js';
import { DurationGroups } from './duration-groups.js';

/** Which rows an overview is about. */
export interface OverviewScope {
  /** How many sessions were selected. */
  readonly sessions: number;
  /** A 1 for each selected session, by its number; all if absent. Sessions beyond its end are not selected. */
  readonly selected?: Uint8Array | undefined;
  /** Milliseconds since the epoch; calls that ended before `since`, or not before `until`, are left out. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly sessionId: (session: number) => string;
}

/** A chart cannot show more, and a table of them stays readable. */
export const MAX_BUCKETS = 96;

/** Rows of a table of agents, models or tools. Further names share the last one. */
export const MAX_OVERVIEW_ROWS = 100;

/** Calls in a list of the slowest or most expensive. */
const TOP_CALLS = 20;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Widths that people read without counting. */
const BUCKET_WIDTHS = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY),
];

/** The smallest width that covers a range of time with at most {@link MAX_BUCKETS} buckets. */
export function bucketWidth(first: number, last: number): number {
  const fits = (width: number): boolean => Math.floor(last / width) - Math.floor(first / width) < MAX_BUCKETS;
  const listed = BUCKET_WIDTHS.find(fits);
  if (listed !== undefined) return listed;
  let years = 2;
  while (!fits(years * 364 * DAY)) years *= 2;
  return years * 364 * DAY;
}

/** Computes an overview in two passes over the columns: the first finds the range of time, the second sums. */
export function computeOverview(columns: CallColumns, scope: OverviewScope): Overview {
  const extent = new Extent();
  forRows(columns, scope, (chunk, row) => extent.add(chunk, row));
  const sums = new OverviewSums(columns, extent);
  forRows(columns, scope, (chunk, row) => sums.add(chunk, row));
  return sums.overview(scope);
}

function forRows(
  columns: CallColumns,
  { selected, since, until }: OverviewScope,
  visit: (chunk: CallChunk, row: number) => void,
): void {
  const always = since === undefined && until === undefined;
  const from = since ?? Number.NEGATIVE_INFINITY;
  const to = until ?? Number.POSITIVE_INFINITY;
  for (const chunk of columns.chunks) {
    for (let row = 0; row < chunk.rows; row += 1) {
      if (selected !== undefined && selected[chunk.session[row] ?? 0] !== 1) continue;
      const time = chunk.time[row] ?? Number.NaN;
      if (always || (time >= from && time < to)) visit(chunk, row);
    }
  }
}

/** The range of time of the rows, and their number by kind. */
class Extent {
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  readonly rows = new Uint32Array(ROW_KINDS.length);

  add(chunk: CallChunk, row: number): void {
    const kind = chunk.kind[row] ?? 0;
    this.rows[kind] = (this.rows[kind] ?? 0) + 1;
    const time = chunk.time[row] ?? Number.NaN;
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }

  get timeless(): boolean {
    return this.first > this.last;
  }

  rowsOf(...kinds: readonly CallRowKind[]): number {
    return kinds.reduce((sum, kind) => sum + (this.rows[KIND[kind]] ?? 0), 0);
  }
}

/** Calls, tokens and costs of a bucket, of a row of a table, or of everything. */
class CallSums {
  calls = 0;
  failed = 0;
  modelCalls = 0;
  errors = 0;
  retries = 0;
  #input = 0;
  #output = 0;
  #total = 0;
  #cached = 0;
  /** Amounts by the number of the currency. */
  readonly #costs = new Map<number, number>();

  addCall(failed: boolean): void {
    this.calls += 1;
    if (failed) this.failed += 1;
  }

  addUsage(chunk: CallChunk, row: number): void {
    this.#input += chunk.input[row] ?? 0;
    this.#output += chunk.output[row] ?? 0;
    this.#total += chunk.total[row] ?? 0;
    this.#cached += chunk.cached[row] ?? 0;
    const amount = chunk.cost[row] ?? Number.NaN;
    if (!Number.isNaN(amount)) this.#addCost(chunk.currency[row] ?? 0, amount);
  }

  /** Adds what a row of a table shows. */
  addRow(row: CallSums): void {
    this.calls += row.calls;
    this.failed += row.failed;
    this.#input += row.#input;
    this.#output += row.#output;
    this.#total += row.#total;
    this.#cached += row.#cached;
    for (const [currency, amount] of row.#costs) this.#addCost(currency, amount);
  }

  get tokens(): ViewTokens {
    return { input: this.#input, output: this.#output, total: this.#total, cached: this.#cached };
  }

  costs(currencies: NameNumbers): Record<string, number> {
    return Object.fromEntries(
      [...this.#costs].map(([currency, amount]) => [currencies.nameOf(currency), rounded(amount)]),
    );
  }

  #addCost(currency: number, amount: number): void {
    this.#costs.set(currency, (this.#costs.get(currency) ?? 0) + amount);
  }
}

/** A sum of binary fractions without its noise. */
function rounded(amount: number): number {
  return Number(amount.toPrecision(12));
}

/** The second pass. */
class OverviewSums {
  readonly #columns: CallColumns;
  readonly #all = new CallSums();
  readonly #width: number;
  /** Number of the first bucket since the epoch. */
  readonly #firstBucket: number;
  readonly #buckets: readonly CallSums[];
  readonly #modelDurations: DurationGroups;
  readonly #agents: CallsByName;
  readonly #models: CallsByName;
  readonly #tools: CallsByName;
  readonly #slowest = new TopCalls();
  /** By the number of the currency, since amounts of different currencies cannot be compared. */
  readonly #mostExpensive = new Map<number, TopCalls>();

  constructor(columns: CallColumns, extent: Extent) {
    const { first, last, timeless } = extent;
    this.#columns = columns;
    this.#width = timeless ? MINUTE : bucketWidth(first, last);
    this.#firstBucket = timeless ? 0 : Math.floor(first / this.#width);
    const buckets = timeless ? 0 : Math.floor(last / this.#width) - this.#firstBucket + 1;
    this.#buckets = Array.from({ length: buckets }, () => new CallSums());
    this.#modelDurations = new DurationGroups(extent.rowsOf('model'));
    this.#agents = new CallsByName(columns, extent.rowsOf('agent'));
    this.#models = new CallsByName(columns, extent.rowsOf('model'));
    this.#tools = new CallsByName(columns, extent.rowsOf('tool', 'mcp'));
  }

  add(chunk: CallChunk, row: number): void {
    const time = chunk.time[row] ?? Number.NaN;
    const bucketNumber = Number.isNaN(time) ? -1 : Math.floor(time / this.#width) - this.#firstBucket;
    const bucket = this.#buckets[bucketNumber];
    const kind = chunk.kind[row] ?? 0;
    if (kind === KIND.error || kind === KIND.retry) {
      for (const sums of [this.#all, bucket]) {
        if (sums !== undefined) sums[kind === KIND.error ? 'errors' : 'retries'] += 1;
      }
      return;
    }
    if (kind === KIND.model || kind === KIND.usage) this.#addUsage(chunk, row, bucket);
    if (kind === KIND.usage) return;
    this.#tableOf(kind).addCall(chunk, row);
    bucket?.addCall(chunk.outcome[row] === FAILED);
    const duration = chunk.duration[row] ?? Number.NaN;
    if (kind === KIND.model && bucket !== undefined) {
      bucket.modelCalls += 1;
      this.#modelDurations.add(bucketNumber, duration);
    }
    // Agents are left out, since an agent mostly waits for its calls.
    if (kind !== KIND.agent && !Number.isNaN(duration)) this.#slowest.offer(duration, chunk, row);
  }

  #tableOf(kind: number): CallsByName {
    if (kind === KIND.agent) return this.#agents;
    return kind === KIND.model ? this.#models : this.#tools;
  }

  #addUsage(chunk: CallChunk, row: number, bucket: CallSums | undefined): void {
    this.#all.addUsage(chunk, row);
    bucket?.addUsage(chunk, row);
    this.#models.sumsOf(chunk.name[row] ?? 0).addUsage(chunk, row);
    const agent = chunk.agent[row] ?? 0;
    if (agent !== 0) this.#agents.sumsOf(agent).addUsage(chunk, row);
    const cost = chunk.cost[row] ?? Number.NaN;
    if (!(cost > 0)) return;
    const currency = chunk.currency[row] ?? 0;
    memberOf(this.#mostExpensive, currency, () => new TopCalls()).offer(cost, chunk, row);
  }

  overview({ sessions, sessionId }: OverviewScope): Overview {
    const { names, currencies } = this.#columns;
    const percentiles = this.#modelDurations.percentiles(this.#buckets.length);
    const call = (chunk: CallChunk, row: number): OverviewCall => {
      const duration = chunk.duration[row] ?? Number.NaN;
      const amount = chunk.cost[row] ?? Number.NaN;
      return {
        session: sessionId(chunk.session[row] ?? 0),
        event: chunk.event[row] ?? 0,
        kind: ROW_KINDS[chunk.kind[row] ?? 0] ?? '',
        name: names.nameOf(chunk.name[row] ?? 0),
        ...(!Number.isNaN(duration) && { durationMs: duration }),
        ...(!Number.isNaN(amount) && {
          cost: { amount, currency: currencies.nameOf(chunk.currency[row] ?? 0) },
        }),
      };
    };
    const byUse = [...this.#mostExpensive.values()].sort((a, b) => b.offers - a.offers);
    return {
      sessions,
      tokens: this.#all.tokens,
      costs: this.#all.costs(currencies),
      errors: this.#all.errors,
      retries: this.#all.retries,
      bucketMs: this.#width,
      buckets: this.#buckets.map(
        (bucket, i): OverviewBucket => ({
          time: (this.#firstBucket + i) * this.#width,
          modelCalls: bucket.modelCalls,
          operations: bucket.calls,
          failed: bucket.failed,
          retries: bucket.retries,
          tokens: bucket.tokens,
          costs: bucket.costs(currencies),
          ...percentiles[i],
        }),
      ),
      agents: this.#agents.rows(),
      models: this.#models.rows(),
      tools: this.#tools.rows(),
      slowest: this.#slowest.calls(call),
      mostExpensive: byUse.flatMap((top) => top.calls(call)).slice(0, TOP_CALLS),
    };
  }
}

function memberOf<Value>(map: Map<number, Value>, key: number, create: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}

/** Sums by name. */
class CallsByName {
  readonly #columns: CallColumns;
  readonly #sums = new Map<number, CallSums>();
  readonly #durations: DurationGroups;

  constructor(columns: CallColumns, capacity: number) {
    this.#columns = columns;
    this.#durations = new DurationGroups(capacity);
  }

  sumsOf(name: number): CallSums {
    return memberOf(this.#sums, name, () => new CallSums());
  }

  addCall(chunk: CallChunk, row: number): void {
    const name = chunk.name[row] ?? 0;
    this.sumsOf(name).addCall(chunk.outcome[row] === FAILED);
    this.#durations.add(name, chunk.duration[row] ?? Number.NaN);
  }

  /** The most frequent names first; equal ones by name, so that the same input gives the same order. */
  rows(): OverviewRow[] {
    const { names, currencies } = this.#columns;
    const sorted = [...this.#sums]
      .map(([number, sums]) => ({ number, name: names.nameOf(number), sums }))
      .sort((a, b) => b.sums.calls - a.sums.calls || (a.name < b.name ? -1 : 1));
    const places = new Map(sorted.map(({ number }, i) => [number, Math.min(i, MAX_OVERVIEW_ROWS - 1)]));
    const shown = sorted.slice(0, MAX_OVERVIEW_ROWS);
    const last = shown.at(-1);
    const rest = sorted.slice(MAX_OVERVIEW_ROWS);
    if (last !== undefined && rest.length > 0) {
      for (const { sums } of rest) last.sums.addRow(sums);
      last.name = OTHER_NAMES;
    }
    const percentiles = this.#durations.percentiles(shown.length, (name) => places.get(name) ?? 0);
    return shown.map(({ name, sums }, i) => ({
      name,
      calls: sums.calls,
      failed: sums.failed,
      ...percentiles[i],
      tokens: sums.tokens,
      costs: sums.costs(currencies),
    }));
  }
}

/** The rows with the largest measure; the earlier one among equals. */
class TopCalls {
  offers = 0;
  readonly #top: { readonly measure: number; readonly chunk: CallChunk; readonly row: number }[] = [];

  offer(measure: number, chunk: CallChunk, row: number): void {
    this.offers += 1;
    if (this.#top.length === TOP_CALLS && measure <= (this.#top.at(-1)?.measure ?? 0)) return;
    const at = this.#top.findIndex((other) => other.measure < measure);
    this.#top.splice(at === -1 ? this.#top.length : at, 0, { measure, chunk, row });
    if (this.#top.length > TOP_CALLS) this.#top.pop();
  }

  calls(call: (chunk: CallChunk, row: number) => OverviewCall): OverviewCall[] {
    return this.#top.map(({ chunk, row }) => call(chunk, row));
  }
}
