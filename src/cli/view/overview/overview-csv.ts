import { csvCell } from '../../convert/csv.js';
import type { Overview, OverviewCall, ViewTokens } from '../view-api.js';

type CsvRow = Readonly<Record<string, unknown>>;

const COLUMNS = [
  'section',
  'name',
  'time',
  'session',
  'event',
  'calls',
  'failed',
  'model_calls',
  'retries',
  'duration_ms',
  'p50_ms',
  'p95_ms',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cached_tokens',
];

/**
 * The overview as one table, whose column `section` says what a row is: `total`, `time` for a bucket, `agent`, `model`,
 * `tool`, `slowest` or `most expensive`. Each currency has a column at the end.
 */
export function overviewCsv(overview: Overview): string {
  const rows = sections(overview);
  const known = new Set(COLUMNS);
  const costColumns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((key) => !known.has(key));
  const columns = [...COLUMNS, ...costColumns.sort()];
  const lines = rows.map((row) => columns.map((column) => csvCell(row[column])).join(','));
  return [columns.map(csvCell).join(','), ...lines, ''].join('\r\n');
}

function sections(overview: Overview): CsvRow[] {
  const { tokens, costs, errors, retries, buckets, agents, models, tools, slowest, mostExpensive } = overview;
  const tables = { agent: agents, model: models, tool: tools };
  return [
    { section: 'total', failed: errors, retries, ...tokenCells(tokens), ...costCells(costs) },
    ...buckets.map((bucket) => ({
      section: 'time',
      time: new Date(bucket.time).toISOString(),
      calls: bucket.operations,
      failed: bucket.failed,
      model_calls: bucket.modelCalls,
      retries: bucket.retries,
      p50_ms: bucket.p50,
      p95_ms: bucket.p95,
      ...tokenCells(bucket.tokens),
      ...costCells(bucket.costs),
    })),
    ...Object.entries(tables).flatMap(([section, table]) =>
      table.map((row) => ({
        section,
        name: row.name,
        calls: row.calls,
        failed: row.failed,
        p50_ms: row.p50,
        p95_ms: row.p95,
        ...tokenCells(row.tokens),
        ...costCells(row.costs),
      })),
    ),
    ...slowest.map((call) => callCells('slowest', call)),
    ...mostExpensive.map((call) => callCells('most expensive', call)),
  ];
}

function tokenCells({ input, output, total, cached }: ViewTokens): CsvRow {
  return { input_tokens: input, output_tokens: output, total_tokens: total, cached_tokens: cached };
}

function costCells(costs: Readonly<Record<string, number>>): CsvRow {
  return Object.fromEntries(Object.entries(costs).map(([currency, amount]) => [`cost ${currency}`, amount]));
}

function callCells(section: string, { session, event, name, durationMs, cost }: OverviewCall): CsvRow {
  const costs = cost === undefined ? {} : costCells({ [cost.currency]: cost.amount });
  return { section, name, session, event, duration_ms: durationMs, ...costs };
}
