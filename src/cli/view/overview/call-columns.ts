/**
 * The rows that the overview is computed from, as columns of typed arrays: about 60 bytes a row, so that the calls of a
 * million events take some 30 MB and a pass over them takes milliseconds. Rows are added at the end.
 */
import type { ViewOutcome, ViewTokens } from '../view-api.js';

/**
 * The subject of a row: an ended agent, model call, tool or MCP call; tokens that arrived after their model call had ended
 * (`usage`); an ERROR or a RETRY event.
 */
export const ROW_KINDS = ['agent', 'model', 'tool', 'mcp', 'usage', 'error', 'retry'] as const;

export type CallRowKind = (typeof ROW_KINDS)[number];

/** The number of a kind in the column `kind`. */
export const KIND = Object.fromEntries(ROW_KINDS.map((kind, number) => [kind, number])) as Readonly<
  Record<CallRowKind, number>
>;

const OUTCOMES: readonly ViewOutcome[] = ['completed', 'failed', 'cancelled', 'open'];

export const FAILED = OUTCOMES.indexOf('failed');

export interface CallEntry {
  readonly kind: CallRowKind;
  readonly outcome: ViewOutcome;
  readonly session: number;
  readonly event: number;
  readonly name?: string | undefined;
  readonly agent?: string | undefined;
  readonly time?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly tokens?: ViewTokens | undefined;
  readonly cost?: { readonly amount: number; readonly currency: string } | undefined;
}

const ROWS_PER_CHUNK = 16_384;

/** Numbers that are absent are NaN. */
export class CallChunk {
  rows = 0;
  readonly kind = new Uint8Array(ROWS_PER_CHUNK);
  readonly outcome = new Uint8Array(ROWS_PER_CHUNK);
  readonly currency = new Uint8Array(ROWS_PER_CHUNK);
  /** Number of the session in the index. */
  readonly session = new Uint32Array(ROWS_PER_CHUNK);
  /** Number of the event that ended the call. A file may have more than 2^32 events in its life. */
  readonly event = new Float64Array(ROWS_PER_CHUNK);
  readonly name = new Uint16Array(ROWS_PER_CHUNK);
  readonly agent = new Uint16Array(ROWS_PER_CHUNK);
  readonly time = new Float64Array(ROWS_PER_CHUNK);
  readonly duration = new Float64Array(ROWS_PER_CHUNK);
  readonly cost = new Float64Array(ROWS_PER_CHUNK);
  readonly input = new Uint32Array(ROWS_PER_CHUNK);
  readonly output = new Uint32Array(ROWS_PER_CHUNK);
  readonly total = new Uint32Array(ROWS_PER_CHUNK);
  readonly cached = new Uint32Array(ROWS_PER_CHUNK);
}

/** A file may have a new name in every event, so further names share one. */
const MAX_NAMES = 10_000;
const MAX_CURRENCIES = 32;

export class CallColumns {
  readonly names: NameNumbers;
  readonly currencies: NameNumbers;
  readonly #chunks: CallChunk[] = [];

  constructor(maxNames = MAX_NAMES, maxCurrencies = MAX_CURRENCIES) {
    this.names = new NameNumbers(maxNames);
    this.currencies = new NameNumbers(maxCurrencies);
  }

  get chunks(): readonly CallChunk[] {
    return this.#chunks;
  }

  add(entry: CallEntry): void {
    const chunk = this.#openChunk();
    const row = chunk.rows;
    chunk.rows += 1;
    chunk.kind[row] = KIND[entry.kind];
    chunk.outcome[row] = OUTCOMES.indexOf(entry.outcome);
    chunk.session[row] = entry.session;
    chunk.event[row] = entry.event;
    chunk.name[row] = this.names.numberOf(entry.name);
    chunk.agent[row] = this.names.numberOf(entry.agent);
    chunk.time[row] = entry.time ?? Number.NaN;
    chunk.duration[row] = entry.durationMs ?? Number.NaN;
    chunk.cost[row] = entry.cost?.amount ?? Number.NaN;
    chunk.currency[row] = this.currencies.numberOf(entry.cost?.currency);
    chunk.input[row] = tokenCount(entry.tokens?.input);
    chunk.output[row] = tokenCount(entry.tokens?.output);
    chunk.total[row] = tokenCount(entry.tokens?.total);
    chunk.cached[row] = tokenCount(entry.tokens?.cached);
  }

  /** Removes the rows of events that were removed, and moves the others together. */
  forget(isRemoved: (event: number) => boolean): void {
    let [at, row] = [0, 0];
    for (const chunk of this.#chunks) {
      for (let from = 0; from < chunk.rows; from += 1) {
        if (isRemoved(chunk.event[from] ?? 0)) continue;
        if (row === ROWS_PER_CHUNK) [at, row] = [at + 1, 0];
        const target = this.#chunks[at];
        if (target !== undefined && (target !== chunk || row !== from)) copyRow(chunk, from, target, row);
        row += 1;
      }
    }
    this.#chunks.length = row === 0 ? 0 : at + 1;
    for (const chunk of this.#chunks) chunk.rows = ROWS_PER_CHUNK;
    const last = this.#chunks.at(-1);
    if (last !== undefined) last.rows = row;
  }

  #openChunk(): CallChunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.rows < ROWS_PER_CHUNK) return last;
    const chunk = new CallChunk();
    this.#chunks.push(chunk);
    return chunk;
  }
}

const COLUMNS = [
  'kind',
  'outcome',
  'currency',
  'session',
  'event',
  'name',
  'agent',
  'time',
  'duration',
  'cost',
  'input',
  'output',
  'total',
  'cached',
] as const satisfies readonly Exclude<keyof CallChunk, 'rows'>[];

function copyRow(from: CallChunk, row: number, to: CallChunk, target: number): void {
  for (const column of COLUMNS) to[column][target] = from[column][row] ?? 0;
}

/** A foreign count may be negative or larger than the column, where it would wrap around. */
function tokenCount(count = 0): number {
  return Math.min(Math.max(Math.round(count), 0), 0xffff_ffff);
}

export const OTHER_NAMES = '(others)';

const OTHERS = 1;

/** Numbers for names, up to a limit. Number 0 is an absent name, and number 1 is all names beyond the limit. */
export class NameNumbers {
  readonly #names: string[] = ['', OTHER_NAMES];
  readonly #numbers = new Map<string, number>([[OTHER_NAMES, OTHERS]]);
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** One more than the largest number. */
  get size(): number {
    return this.#names.length;
  }

  numberOf(name: string | undefined): number {
    if (name === undefined || name === '') return 0;
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    if (this.#names.length >= this.#max) return OTHERS;
    this.#numbers.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(number: number): string {
    return this.#names[number] || '(unnamed)';
  }
}
