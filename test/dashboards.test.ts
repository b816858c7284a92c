/** The queries of examples/dashboards/grafana.json name metrics and labels that this package records. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as semconv from '../src/semconv/attributes.js';
import * as metrics from '../src/semconv/metrics.js';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

const dashboard = JSON.parse(
  readFileSync(new URL('../examples/dashboards/grafana.json', import.meta.url), 'utf8'),
) as Dashboard;
const variables = dashboard.templating.list.map(({ name }) => name);

/** The series of a metric, as Prometheus names them: with its unit, and with the parts of a histogram. */
function series({ name, unit, boundaries }: metrics.MetricDefinition): string[] {
  const base = name.replaceAll('.', '_') + (unit === 's' ? '_seconds' : '');
  return boundaries === undefined
    ? [`${base}_total`]
    : ['bucket', 'sum', 'count'].map((part) => `${base}_${part}`);
}

const SERIES = new Set(Object.values(metrics).flatMap(series));
const LABELS = new Set(
  Object.values(semconv)
    .filter((name) => typeof name === 'string')
    .map((name) => name.replaceAll('.', '_')),
);
/** The label of the service, and that of a histogram's buckets. */
const OF_PROMETHEUS = new Set(['job', 'le']);

describe.each(dashboard.panels)('The panel "$title"', ({ targets }) => {
  it.each(targets.map(({ expr }) => expr))('asks for what is recorded: %s', (expr) => {
    const named = [...expr.matchAll(/\b(?:gen_ai|mcp)_\w+(?=\{)/g)].map(([name]) => name);
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !SERIES.has(name))).toEqual([]);
    const grouped = [...expr.matchAll(/(?:\bby|\bon) \(([^)]+)\)/g)].flatMap(([, list = '']) =>
      list.split(', '),
    );
    const matched = [...expr.matchAll(/(\w+)(?:=~|!=)"/g)].map(([, label = '']) => label);
    expect(
      [...grouped, ...matched].filter((label) => !LABELS.has(label) && !OF_PROMETHEUS.has(label)),
    ).toEqual([]);
    const used = [...expr.matchAll(/"\$(\w+)"/g)].map(([, name]) => name);
    expect(used.filter((name) => !variables.includes(name ?? ''))).toEqual([]);
  });
});

it('The list of services asks for a metric that is recorded', () => {
  const query = dashboard.templating.list.find(({ name }) => name === 'job')?.query ?? '';
  expect(SERIES).toContain(/\((\w+), job\)/.exec(query)?.[1]);
});
