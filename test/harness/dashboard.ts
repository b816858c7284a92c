/** Grafana's dashboards of examples/grafana, and the metrics that their queries ask for. */
import { readFileSync } from 'node:fs';

export interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

export function dashboardOf(name: string): Dashboard {
  const file = new URL(`../../examples/grafana/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
}

/** One `series{matchers}` of a query, and the labels that it needs. */
export interface Selector {
  readonly series: string;
  readonly labels: readonly string[];
  /** Labels that must have one value: `cache_result="hit"`. */
  readonly values: readonly (readonly [label: string, value: string])[];
}

/** Labels that Prometheus adds, and that of a histogram's buckets. */
const OF_PROMETHEUS = new Set(['job', 'le']);

/** Returns all selectors of a query. */
export function selectorsIn(expr: string): Selector[] {
  const found = expr.matchAll(/(?:\bby \(([^)]+)\) )?\((?:rate\()?(\w+)\{([^}]*)\}/g);
  return [...found].map(([, grouped = '', series = '', matchers = '']) => {
    const parts = [...matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)];
    const labels = [...grouped.split(', '), ...parts.map(([, label = '']) => label)];
    return {
      series,
      labels: [...new Set(labels)].filter((label) => label !== '' && !OF_PROMETHEUS.has(label)),
      values: parts.flatMap(([, label = '', operator, value = '']) =>
        operator === '=' && value !== '' ? [[label, value] as const] : [],
      ),
    };
  });
}

/** Names of the dashboard's variables that a query uses. */
export function variablesIn(expr: string): string[] {
  return [...expr.matchAll(/"\$(\w+)"/g)].map(([, name = '']) => name);
}

/** The labels of each series, with their values. */
export type Served = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** Reads Prometheus' text format. */
export function servedIn(text: string): Served {
  const served = new Map<string, Map<string, Set<string>>>();
  for (const line of text.split('\n')) {
    const [, series, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (series === undefined) continue;
    const known = served.get(series) ?? new Map<string, Set<string>>();
    served.set(series, known);
    for (const [, label = '', value = ''] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      known.set(label, (known.get(label) ?? new Set()).add(value));
    }
  }
  return served;
}

/** Returns what a query asks for that is not served. */
export function missingFrom(served: Served, expr: string): string[] {
  return selectorsIn(expr).flatMap(({ series, labels, values }) => {
    const known = served.get(series);
    if (known === undefined) return [series];
    return [
      ...labels.filter((label) => !known.has(label)).map((label) => `${series}{${label}}`),
      ...values
        .filter(([label, value]) => !known.get(label)?.has(value))
        .map(([label, value]) => `${series}{${label}="${value}"}`),
    ];
  });
}
