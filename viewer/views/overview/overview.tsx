/** Cost, tokens, latency and failures of the selected sessions, over time and by name. */
import { useMemo } from 'preact/hooks';
import type { Overview, OverviewCall, OverviewRow, SessionPage } from '../../../src/cli/view/view-api.ts';
import { kindClass, Time } from '../../parts/facts.tsx';
import {
  formatCost,
  formatCosts,
  formatCount,
  formatDuration,
  formatLarge,
  formatPercent,
  plural,
} from '../../parts/format.ts';
import { Menu } from '../../parts/menu.tsx';
import { ScrolledTable } from '../../parts/scrolled-table.tsx';
import { Empty, Failed, Waiting } from '../../parts/states.tsx';
import { Inert } from '../../parts/text.tsx';
import type { ViewProps } from '../../routes.ts';
import { useAnswer } from '../../shell/api.ts';
import { useKeys } from '../../shell/keyboard.ts';
import { hrefOf } from '../../shell/route.ts';
import { FilterBar } from '../sessions/filter-bar.tsx';
import { isFiltered, requestQuery, withoutFilters } from '../sessions/session-query.ts';
import { Chart, type ChartSeries } from './chart.tsx';
import './overview.css';

export function OverviewView({ route: { query }, state }: ViewProps) {
  const request = requestQuery(query);
  const { data, problem, retry } = useAnswer<Overview>(`/api/overview?${request}`, state.generation);
  const choices = useAnswer<SessionPage>('/api/sessions?limit=1', state.generation).data?.choices;
  useKeys('Overview', [
    {
      keys: ['/'],
      help: 'Search in all texts',
      run: () => document.querySelector<HTMLElement>('.search')?.focus(),
    },
  ]);
  return (
    <div class="overview">
      <h1 class="visually-hidden">Overview</h1>
      <FilterBar query={query} choices={choices} view="overview" />
      {problem && !data && <Failed problem={problem} onRetry={retry} />}
      {!data && !problem && <Waiting label="Adding up the calls" />}
      {data && data.buckets.length === 0 && (
        <Empty title={isFiltered(query) ? 'No call fits' : 'There are no calls yet'}>
          {isFiltered(query) ? (
            <a class="button" href={hrefOf(['overview'], withoutFilters(query))}>
              Show everything
            </a>
          ) : (
            <p>Calls of agents, models and tools appear here when they end.</p>
          )}
        </Empty>
      )}
      {data && data.buckets.length > 0 && <OverviewBody overview={data} request={request} />}
    </div>
  );
}

function OverviewBody({ overview, request }: { readonly overview: Overview; readonly request: string }) {
  const { agents, models, tools, slowest, mostExpensive } = overview;
  return (
    <>
      <Totals overview={overview} request={request} />
      <Charts overview={overview} />
      <BucketTable overview={overview} />
      <div class="overview-tables">
        <NameRows title="Models" kind="model" rows={models} usage />
        <NameRows title="Agents" kind="agent" rows={agents} usage />
        <NameRows title="Tools" kind="tool" rows={tools} />
        <CallRows title="Slowest" calls={slowest} />
        <CallRows title="Most expensive" calls={mostExpensive} />
      </div>
    </>
  );
}

function Totals({ overview, request }: { readonly overview: Overview; readonly request: string }) {
  const { sessions, tokens, costs, errors, retries, buckets } = overview;
  const operations = sum(buckets.map((bucket) => bucket.operations));
  const failed = sum(buckets.map((bucket) => bucket.failed));
  const facts: readonly (readonly [string, string, string?])[] = [
    ['Sessions', formatCount(sessions)],
    ['Cost', formatCosts(costs) || '–'],
    [
      'Tokens',
      formatLarge(tokens.total),
      `${formatLarge(tokens.input)} in, ${formatLarge(tokens.output)} out`,
    ],
    ['From cache', formatPercent(tokens.input === 0 ? 0 : tokens.cached / tokens.input), 'of input tokens'],
    [
      'Failed',
      formatPercent(operations === 0 ? 0 : failed / operations),
      `${formatCount(failed)} of ${plural(operations, 'call')}`,
    ],
    ['Errors', formatCount(errors)],
    ['Retries', formatCount(retries)],
  ];
  const address = (format: string) =>
    `/api/export/overview?${request === '' ? '' : `${request}&`}format=${format}`;
  return (
    <div class="overview-head">
      <dl class="overview-totals">
        {facts.map(([name, value, more]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <strong>{value}</strong>
              {more !== undefined && <span class="muted"> {more}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <Menu label="Export" end>
        <a href={address('csv')} download="overview.csv">
          CSV
        </a>
        <a href={address('json')} download="overview.json">
          JSON
        </a>
      </Menu>
    </div>
  );
}

const CURRENCY_COLORS = ['--kind-policy', '--kind-tool', '--kind-handoff'];
const percent = (value: number) => `${Number(value.toFixed(value < 10 ? 1 : 0))} %`;

function Charts({ overview }: { readonly overview: Overview }) {
  const { buckets, bucketMs, tokens, costs } = overview;
  const charts = useMemo(() => {
    const of = (label: string, color: string, value: (at: (typeof buckets)[number]) => number | undefined) =>
      ({ label, color, values: buckets.map(value) }) satisfies ChartSeries;
    // A chart with more currencies than colours would not be read.
    const currencies = Object.keys(costs).slice(0, CURRENCY_COLORS.length);
    return {
      times: buckets.map(({ time }) => time),
      cost: currencies.map((currency, i) => ({
        ...of(currency, CURRENCY_COLORS[i] ?? '--text', (bucket) => bucket.costs[currency] ?? 0),
        bars: true,
      })),
      money: (value: number) =>
        formatCost(value, currencies.length === 1 ? (currencies[0] ?? '') : '').trim(),
      tokens: [
        of('Input', '--kind-model', (bucket) => bucket.tokens.input),
        { ...of('Output', '--kind-agent', (bucket) => bucket.tokens.output), dash: [6, 3] },
        { ...of('From cache', '--kind-tool', (bucket) => bucket.tokens.cached), dash: [2, 3] },
      ],
      latency: [
        of('Median', '--kind-model', (bucket) => bucket.p50),
        { ...of('95th percentile', '--kind-agent', (bucket) => bucket.p95), dash: [6, 3] },
      ],
      failures: [
        of('Failed calls', '--bad', ({ operations, failed }) =>
          operations === 0 ? undefined : (100 * failed) / operations,
        ),
        {
          // A retry and the end of its call may be in different buckets.
          ...of('Retries per model call', '--kind-retry', ({ modelCalls, retries }) =>
            modelCalls + retries === 0 ? undefined : (100 * retries) / Math.max(modelCalls, 1),
          ),
          dash: [6, 3],
        },
      ],
    };
  }, [overview]);
  const shared = { times: charts.times, width: bucketMs };
  const slowest = Math.max(0, ...buckets.map(({ p95 }) => p95 ?? 0));
  const every = `by ${formatDuration(bucketMs)}`;
  return (
    <div class="charts">
      <Chart
        {...shared}
        title="Cost"
        summary={`${formatCosts(costs) || 'No prices'}, ${every}`}
        series={charts.cost}
        format={charts.money}
      />
      <Chart
        {...shared}
        title="Tokens"
        summary={`${formatLarge(tokens.total)}, ${every}`}
        series={charts.tokens}
        format={formatLarge}
      />
      <Chart
        {...shared}
        title="Time of model calls"
        summary={`95th percentile at most ${formatDuration(slowest)}`}
        series={charts.latency}
        format={formatDuration}
      />
      <Chart
        {...shared}
        title="Failures and retries"
        summary={`${plural(sum(buckets.map(({ failed }) => failed)), 'failed call')}, ${plural(overview.retries, 'retry', 'retries')}`}
        series={charts.failures}
        format={percent}
      />
    </div>
  );
}

const BUCKET_HEADS = [
  'Time',
  'Calls',
  'Failed',
  'Model calls',
  'Retries',
  'Median',
  '95th percentile',
  'Tokens in',
  'Cached',
  'Tokens out',
  'Cost',
];

function BucketTable({ overview: { buckets } }: { readonly overview: Overview }) {
  return (
    <details class="bucket-table">
      <summary>The charts as a table</summary>
      <ScrolledTable label="Numbers of the charts" heads={BUCKET_HEADS}>
        {buckets
          .filter(({ operations, retries, tokens }) => operations + retries + tokens.total > 0)
          .map((bucket) => (
            <tr key={bucket.time}>
              <th scope="row">
                <Time time={bucket.time} millis />
              </th>
              <td>{formatCount(bucket.operations)}</td>
              <td>{formatCount(bucket.failed)}</td>
              <td>{formatCount(bucket.modelCalls)}</td>
              <td>{formatCount(bucket.retries)}</td>
              <td>{formatDuration(bucket.p50)}</td>
              <td>{formatDuration(bucket.p95)}</td>
              <td>{formatCount(bucket.tokens.input)}</td>
              <td>{formatCount(bucket.tokens.cached)}</td>
              <td>{formatCount(bucket.tokens.output)}</td>
              <td>{formatCosts(bucket.costs)}</td>
            </tr>
          ))}
      </ScrolledTable>
    </details>
  );
}

const NAME_HEADS = ['Name', 'Calls', 'Failed', 'Median', 'p95'];

interface NameRowsProps {
  readonly title: string;
  readonly kind: 'agent' | 'model' | 'tool';
  readonly rows: readonly OverviewRow[];
  readonly usage?: boolean;
}

/** Names lead to the sessions that have them. */
function NameRows({ title, kind, rows, usage = false }: NameRowsProps) {
  if (rows.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ScrolledTable label={title} heads={usage ? [...NAME_HEADS, 'Tokens', 'Cached', 'Cost'] : NAME_HEADS}>
        {rows.map(({ name, calls, failed, p50, p95, tokens, costs }) => (
          <tr key={name}>
            <th scope="row">
              {/^\(.*\)$/.test(name) || name.includes('*') ? (
                <Inert text={name} max={80} />
              ) : (
                <a href={hrefOf(['sessions'], { [kind]: name })}>
                  <Inert text={name} max={80} />
                </a>
              )}
            </th>
            <td>{formatCount(calls)}</td>
            <td class={failed > 0 ? 'bad' : 'muted'}>{failed > 0 ? formatCount(failed) : '–'}</td>
            <td>{formatDuration(p50)}</td>
            <td>{formatDuration(p95)}</td>
            {usage && <td>{formatLarge(tokens.total)}</td>}
            {usage && <td>{formatPercent(tokens.input === 0 ? 0 : tokens.cached / tokens.input)}</td>}
            {usage && <td>{formatCosts(costs)}</td>}
          </tr>
        ))}
      </ScrolledTable>
    </section>
  );
}

/** Calls lead to their event in its session. */
function CallRows({ title, calls }: { readonly title: string; readonly calls: readonly OverviewCall[] }) {
  if (calls.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <ScrolledTable label={title} heads={['Call', 'Time', 'Cost', 'Session']}>
        {calls.map(({ event, kind, name, durationMs, cost, session }) => (
          <tr key={event}>
            <th scope="row" class={kindClass(kind)}>
              <span class="kind-dot" aria-hidden="true" /> <span class="muted">{kind}</span>{' '}
              <a href={hrefOf(['event', String(event)])}>
                <Inert text={name} max={80} />
              </a>
            </th>
            <td>{formatDuration(durationMs)}</td>
            <td>{cost && formatCost(cost.amount, cost.currency)}</td>
            <td class="call-session">
              <Inert text={session} max={60} />
            </td>
          </tr>
        ))}
      </ScrolledTable>
    </section>
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
