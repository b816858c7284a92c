import { counted, formatCost, formatCount, formatDuration, formatPercent } from '../output/quantities.js';
import { columns, type Piece, type TextLine } from '../output/text-line.js';
import type { CallReport, ModelReport, StatsReport } from './stats-report.js';

/** The report as lines for a person: an overview of events, cost and failures, followed by tables. */
export function statsLines(report: StatsReport): TextLine[] {
  return [
    ...overview(report),
    ...table('types', typeRows(report), [1]),
    ...table('models', modelRows(report.models), [1, 2, 3, 4, 5, 6, 7]),
    ...table('agents', callRows('agent', report.agents), [1, 2, 3, 4]),
    ...table('tools', callRows('tool', report.tools), [1, 2, 3, 4]),
    ...table('mcp', callRows('operation', report.mcp), [1, 2, 3, 4]),
    ...table('slowest', slowRows(report), [2]),
  ];
}

function overview(report: StatsReport): TextLine[] {
  const { coverage, tokens } = report;
  const rows: Piece[][] = [
    [heading('events'), formatCount(report.events)],
    ...(report.first === null ? [] : [[heading('from'), `${report.first} to ${report.last}`]]),
    [
      heading('sessions'),
      `${formatCount(report.sessions.started)} started, ${formatCount(report.sessions.ended)} ended`,
    ],
    [
      heading('tokens'),
      `${formatCount(tokens.total)} (${formatCount(tokens.input)} in, ${formatCount(tokens.output)} out)`,
    ],
    [heading('cost'), costText(report)],
    [heading('errors'), errorText(report)],
    [heading('retries'), retryText(report)],
    [heading('coverage'), `${coverage.seen} of ${coverage.known} types`],
    ...(coverage.missing.length === 0 ? [] : [[heading('missing'), coverage.missing.join(', ')]]),
    ...(coverage.unknown.length === 0 ? [] : [[heading('unknown'), coverage.unknown.join(', ')]]),
  ];
  const notEnded = Object.entries(report.not_ended);
  if (notEnded.length > 0) {
    rows.push([
      heading('not ended'),
      ['yellow', notEnded.map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ')],
    ]);
  }
  if (report.unreadable_lines > 0) {
    rows.push([heading('unreadable'), ['red', counted(report.unreadable_lines, 'line')]]);
  }
  return columns(rows);
}

function costText({ cost, unpriced }: StatsReport): Piece {
  const amounts = Object.entries(cost).map(([currency, amount]) => formatCost(amount, currency));
  const known = amounts.length === 0 ? 'unknown' : amounts.join(' + ');
  return unpriced === 0 || amounts.length === 0
    ? known
    : `${known}, without ${counted(unpriced, 'call')} of unknown price`;
}

function errorText({ errors, failed_operations, operations }: StatsReport): Piece {
  const rate = `${formatCount(failed_operations)} of ${counted(operations, 'operation')} failed (${formatPercent(failed_operations, operations)})`;
  const text = `${counted(errors, 'ERROR event')}; ${rate}`;
  return errors > 0 || failed_operations > 0 ? ['red', text] : text;
}

function retryText({ retries, retry_wait_ms }: StatsReport): Piece {
  if (retries === 0) return '0';
  return ['yellow', `${formatCount(retries)}, ${formatDuration(retry_wait_ms)} of waiting`];
}

function typeRows({ types }: StatsReport): Piece[][] {
  return Object.entries(types).map(([type, count]) => [type, formatCount(count)]);
}

function modelRows(models: readonly ModelReport[]): Piece[][] {
  if (models.length === 0) return [];
  return [
    ['model', 'calls', 'failed', 'mean', 'max', 'in', 'out', 'cost'].map(heading),
    ...models.map((model): Piece[] => [
      model.name,
      formatCount(model.ended),
      failures(model),
      ...times(model),
      formatCount(model.tokens.input),
      formatCount(model.tokens.output),
      Object.entries(model.cost)
        .map(([currency, amount]) => formatCost(amount, currency))
        .join(' + ') || '-',
    ]),
  ];
}

function callRows(title: string, calls: readonly CallReport[]): Piece[][] {
  if (calls.length === 0) return [];
  return [
    [title, 'calls', 'failed', 'mean', 'max'].map(heading),
    ...calls.map((call): Piece[] => [call.name, formatCount(call.ended), failures(call), ...times(call)]),
  ];
}

function slowRows({ slowest }: StatsReport): Piece[][] {
  return slowest.map(({ kind, name, duration_ms, session_id, file, line }): Piece[] => [
    kind,
    name,
    formatDuration(duration_ms),
    `session ${session_id}`,
    ['dim', `${file}:${line}`],
  ]);
}

function table(title: string, rows: readonly Piece[][], right: readonly number[]): TextLine[] {
  return rows.length === 0
    ? []
    : [[], [['bold', title]], ...columns(rows, right).map((line) => ['  ', ...line])];
}

function heading(text: string): Piece {
  return ['dim', text];
}

function failures({ failed }: CallReport): Piece {
  return failed === 0 ? '0' : ['red', formatCount(failed)];
}

function times({ mean_ms, max_ms }: CallReport): Piece[] {
  return [mean_ms, max_ms].map((time) => (time === null ? '-' : formatDuration(time)));
}
