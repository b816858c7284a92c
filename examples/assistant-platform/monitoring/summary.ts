import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import {
  type Buckets,
  type HistogramPoint,
  histogramsOf,
  mergedBuckets,
  numbersOf,
  quantile,
  sumBy,
  total,
} from './metric-points.js';
import { COUNTING_SINK } from './model-call-sink.js';
import { PLATFORM_METRICS } from './platform-meters.js';
import type { CountRow, FunctionRow, ModelRow, RouteRow, Summary, Totals } from './summary-schema.js';

/** The metrics of this package that the page shows. */
const INFERENCE = 'gen_ai.client.inference.duration';
const INPUT_TOKENS = 'gen_ai.client.inference.usage.input_tokens';
const OUTPUT_TOKENS = 'gen_ai.client.inference.usage.output_tokens';
const EVENTS_EXPORTED = 'chaukas.sdk.exporter.event.exported';
const EVENTS_PROCESSED = 'chaukas.sdk.processor.event.processed';
const EVENTS_WAITING = 'chaukas.sdk.processor.event.queue.size';

/** Returns the sums since the start of the process. */
export function totalsOf(metrics: ResourceMetrics): Totals {
  const http = histogramsOf(metrics, PLATFORM_METRICS.http);
  const inference = histogramsOf(metrics, INFERENCE);
  const functions = histogramsOf(metrics, PLATFORM_METRICS.functions);
  const cache = sumBy(numbersOf(metrics, PLATFORM_METRICS.cache), 'cache.result', ({ value }) => value);
  const sum = (name: string) => total(numbersOf(metrics, name), ({ value }) => value);
  return {
    requests: total(http, count),
    failedRequests: total(http.filter(hasFailed), count),
    modelCalls: total(inference, count),
    failedModelCalls: total(inference.filter(hasFailed), count),
    inputTokens: sum(INPUT_TOKENS),
    outputTokens: sum(OUTPUT_TOKENS),
    costUsd: sum(PLATFORM_METRICS.cost),
    cacheHits: cache.get('hit') ?? 0,
    cacheMisses: cache.get('miss') ?? 0,
    functionCalls: total(functions, count),
    failedFunctionCalls: total(
      functions.filter(({ labels }) => labels['function.outcome'] !== 'success'),
      count,
    ),
    limitedRequests: sum(PLATFORM_METRICS.limited),
    abuseFindings: sum(PLATFORM_METRICS.abuse),
  };
}

/** Returns the state of the platform, from the metrics alone. */
export function summaryOf(metrics: ResourceMetrics): Summary {
  const [phase] = numbersOf(metrics, PLATFORM_METRICS.circuit);
  return {
    totals: totalsOf(metrics),
    responseTime: quantiles(histogramsOf(metrics, PLATFORM_METRICS.http)),
    circuit: (['closed', 'half_open', 'open'] as const)[phase?.value ?? 0] ?? 'closed',
    models: modelRows(metrics),
    functions: functionRows(metrics),
    routes: routeRows(metrics),
    errors: countRows(
      sumBy(histogramsOf(metrics, PLATFORM_METRICS.http).filter(hasFailed), 'error.type', count),
    ),
    upstreamErrors: counts(metrics, PLATFORM_METRICS.errors, 'error.type'),
    limits: counts(metrics, PLATFORM_METRICS.limited, 'limit.policy'),
    abuse: counts(metrics, PLATFORM_METRICS.abuse, 'abuse.pattern'),
    batches: counts(metrics, PLATFORM_METRICS.batches, 'batch.status'),
    events: eventCounts(metrics),
  };
}

/** The distribution of the durations of all requests. */
export function requestBuckets(metrics: ResourceMetrics): Buckets {
  return mergedBuckets(histogramsOf(metrics, PLATFORM_METRICS.http));
}

function modelRows(metrics: ResourceMetrics): ModelRow[] {
  const label = 'gen_ai.request.model';
  const inference = histogramsOf(metrics, INFERENCE);
  const input = sumBy(numbersOf(metrics, INPUT_TOKENS), label, ({ value }) => value);
  const output = sumBy(numbersOf(metrics, OUTPUT_TOKENS), label, ({ value }) => value);
  const cost = sumBy(numbersOf(metrics, PLATFORM_METRICS.cost), label, ({ value }) => value);
  return [...sumBy(inference, label, count)].map(([model, calls]) => {
    const own = inference.filter(({ labels }) => labels[label] === model);
    return {
      model,
      calls,
      failed: total(own.filter(hasFailed), count),
      inputTokens: input.get(model) ?? 0,
      outputTokens: output.get(model) ?? 0,
      costUsd: cost.get(model) ?? 0,
      ...quantiles(own),
    };
  });
}

function functionRows(metrics: ResourceMetrics): FunctionRow[] {
  const points = histogramsOf(metrics, PLATFORM_METRICS.functions);
  return [...sumBy(points, 'function.name', count)].map(([name, calls]) => {
    const own = points.filter(({ labels }) => labels['function.name'] === name);
    return {
      name,
      calls,
      outcomes: Object.fromEntries(sumBy(own, 'function.outcome', count)),
      meanSeconds: total(own, ({ sum }) => sum ?? 0) / calls,
    };
  });
}

function routeRows(metrics: ResourceMetrics): RouteRow[] {
  const points = histogramsOf(metrics, PLATFORM_METRICS.http).map((point) => ({
    ...point,
    labels: {
      ...point.labels,
      shown: `${point.labels['http.request.method']} ${point.labels['http.route']}`,
    },
  }));
  return [...sumBy(points, 'shown', count)].map(([route, requests]) => {
    const own = points.filter(({ labels }) => labels.shown === route);
    return { route, requests, failed: total(own.filter(hasFailed), count), ...quantiles(own) };
  });
}

/** Without the sink that only counts: its events are those of the others. */
function eventCounts(metrics: ResourceMetrics): Summary['events'] {
  const points = (name: string) =>
    numbersOf(metrics, name).filter(({ labels }) => labels['otel.component.name'] !== COUNTING_SINK);
  const hasError = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
    labels['error.type'] !== undefined;
  const exported = points(EVENTS_EXPORTED);
  const lost = [...exported, ...points(EVENTS_PROCESSED)].filter(hasError);
  return {
    exported: total(
      exported.filter((point) => !hasError(point)),
      ({ value }) => value,
    ),
    waiting: total(points(EVENTS_WAITING), ({ value }) => value),
    lost: total(lost, ({ value }) => value),
  };
}

function quantiles(points: readonly HistogramPoint[]): Pick<ModelRow, 'p50Seconds' | 'p95Seconds'> {
  const buckets = mergedBuckets(points);
  return { p50Seconds: quantile(0.5, buckets), p95Seconds: quantile(0.95, buckets) };
}

function counts(metrics: ResourceMetrics, name: string, label: string): CountRow[] {
  return countRows(sumBy(numbersOf(metrics, name), label, ({ value }) => value));
}

function countRows(sums: ReadonlyMap<string, number>): CountRow[] {
  return [...sums].map(([name, sum]) => ({ name, count: sum })).sort((a, b) => b.count - a.count);
}

function count(point: HistogramPoint): number {
  return point.count;
}

function hasFailed({ labels }: HistogramPoint): boolean {
  return labels['error.type'] !== undefined;
}
