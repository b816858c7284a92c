import { CHARTS, Chart, element, fillTable } from './charts.js';
import * as format from './format.js';

const byId = (id) => document.getElementById(id);
const charts = CHARTS.map((definition) => new Chart(definition));
const tablesByTitle = new Map();
let latest;
let timer;
let paused = false;

/** Name, value, what it consists of, and whether that is good or bad. */
function tiles({ totals, responseTime, circuit, events }) {
  const lookups = totals.cacheHits + totals.cacheMisses;
  const done = totals.functionCalls - totals.failedFunctionCalls;
  return [
    [
      'Requests',
      format.count(totals.requests),
      `${format.share(totals.failedRequests, totals.requests)} failed`,
    ],
    [
      'Response time',
      format.duration(responseTime.p50Seconds),
      `median; 95 % within ${format.duration(responseTime.p95Seconds)}`,
    ],
    ['Model calls', format.count(totals.modelCalls), `${format.count(totals.failedModelCalls)} failed`],
    [
      'Tokens',
      format.count(totals.inputTokens + totals.outputTokens),
      `${format.count(totals.inputTokens)} in, ${format.count(totals.outputTokens)} out`,
    ],
    ['Cost', format.dollars(totals.costUsd), 'from the audit events'],
    ['Cache hits', format.share(totals.cacheHits, lookups), `of ${format.count(lookups)} look-ups`],
    [
      'Functions',
      format.share(done, totals.functionCalls),
      `of ${format.count(totals.functionCalls)} succeeded`,
    ],
    [
      'Over a limit',
      format.count(totals.limitedRequests),
      `abuse found: ${format.count(totals.abuseFindings)}`,
    ],
    [
      'Circuit',
      { closed: 'Closed', half_open: 'Testing', open: 'Open' }[circuit],
      circuit === 'closed' ? 'the model answers' : 'the model fails',
      circuit === 'closed' ? 'good' : 'bad',
    ],
    [
      'Audit events',
      format.count(events.exported),
      events.lost > 0 ? `${format.count(events.lost)} lost` : 'none lost',
      events.lost > 0 ? 'bad' : 'good',
    ],
  ];
}

function tables(data) {
  const counts = (rows) => rows.map(({ name, count }) => [name, format.count(count)]);
  return [
    {
      title: 'Models',
      headings: ['Model', 'Calls', 'Failed', 'Tokens in', 'Tokens out', 'Cost', 'Median', '95 %'],
      rows: data.models.map((row) => [
        row.model,
        format.count(row.calls),
        format.count(row.failed),
        format.count(row.inputTokens),
        format.count(row.outputTokens),
        format.dollars(row.costUsd),
        format.duration(row.p50Seconds),
        format.duration(row.p95Seconds),
      ]),
    },
    {
      title: 'Functions',
      headings: ['Function', 'Calls', 'Succeeded', 'Failed as', 'Mean time'],
      rows: data.functions.map(({ name, calls, outcomes, meanSeconds }) => [
        name,
        format.count(calls),
        format.share(outcomes.success ?? 0, calls),
        Object.entries(outcomes)
          .filter(([outcome]) => outcome !== 'success')
          .map(([outcome, times]) => `${times} ${outcome}`)
          .join(', ') || '–',
        format.duration(meanSeconds),
      ]),
    },
    {
      title: 'Routes',
      headings: ['Route', 'Requests', 'Failed', 'Median', '95 %'],
      rows: data.routes.map(({ route, requests, failed, p50Seconds, p95Seconds }) => [
        route,
        format.count(requests),
        format.count(failed),
        format.duration(p50Seconds),
        format.duration(p95Seconds),
      ]),
    },
    { title: 'Failed requests', headings: ['Code', 'Requests'], rows: counts(data.errors) },
    {
      title: 'Failures of the model endpoint',
      headings: ['Code', 'Times'],
      rows: counts(data.upstreamErrors),
    },
    { title: 'Over a limit', headings: ['Limit', 'Requests'], rows: counts(data.limits) },
    { title: 'Patterns of abuse', headings: ['Pattern', 'Findings'], rows: counts(data.abuse) },
    { title: 'Batches', headings: ['Status', 'Batches'], rows: counts(data.batches) },
  ].filter(({ rows }) => rows.length > 0);
}

/** Returns the table with a title. It stays when its rows change, so that the keyboard stays in it. */
function tableOf(title) {
  const known = tablesByTitle.get(title);
  if (known) return known;
  const box = Object.assign(document.createElement('div'), { className: 'table', tabIndex: 0 });
  // A table that is wider than its box can be scrolled with the keyboard.
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', title);
  const table = document.createElement('table');
  box.append(table);
  byId('tables').append(box);
  tablesByTitle.set(title, table);
  return table;
}

function show(data) {
  latest = data;
  byId('since').textContent =
    `Running since ${new Date(data.started_at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' })}`;
  byId('totals').replaceChildren(
    ...tiles(data).map(([name, value, more, state = '']) => {
      const tile = document.createElement('div');
      tile.append(
        element('dt', name),
        Object.assign(element('dd', value), { className: `value ${state}` }),
        Object.assign(element('dd', more), { className: 'more' }),
      );
      return tile;
    }),
  );
  byId('empty').hidden = data.history.length > 0;
  if (data.history.length > 0) {
    if (!byId('charts').hasChildNodes()) byId('charts').append(...charts.map((chart) => chart.element));
    for (const chart of charts) chart.draw(data.history, data.interval_seconds);
  }
  for (const { title, headings, rows } of tables(data)) fillTable(tableOf(title), title, headings, rows);
}

async function refresh() {
  clearTimeout(timer);
  try {
    const response = await fetch('/monitoring.json');
    if (!response.ok) throw new Error(`status ${response.status}`);
    show(await response.json());
    byId('status').textContent = '';
  } catch {
    byId('status').textContent = 'The service does not answer. The numbers are the last that came.';
  }
  if (!paused) timer = setTimeout(refresh, (latest?.interval_seconds ?? 5) * 1_000);
}

byId('pause').addEventListener('click', () => {
  paused = !paused;
  byId('pause').textContent = paused ? 'Continue updates' : 'Pause updates';
  if (paused) clearTimeout(timer);
  else refresh();
});

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts) chart.restyle();
  if (latest) show(latest);
});

refresh();
