import { DataPointType, type Histogram, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Sum, buckets and labels of one time series. */
export interface HistogramPoint extends Histogram {
  readonly labels: Readonly<Record<string, string>>;
}

interface NumberPoint {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Counters and gauges of a metric; none if nothing was recorded yet. */
export function numbersOf(metrics: ResourceMetrics, name: string): NumberPoint[] {
  return metrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap((metric) =>
      metric.dataPointType === DataPointType.SUM || metric.dataPointType === DataPointType.GAUGE
        ? metric.dataPoints.map(({ value, attributes }) => ({ value, labels: labelsOf(attributes) }))
        : [],
    );
}

export function histogramsOf(metrics: ResourceMetrics, name: string): HistogramPoint[] {
  return metrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap((metric) =>
      metric.dataPointType === DataPointType.HISTOGRAM
        ? metric.dataPoints.map(({ value, attributes }) => ({ ...value, labels: labelsOf(attributes) }))
        : [],
    );
}

function labelsOf(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, String(value)]));
}

/** The values summed up under one label. */
export function sumBy<Point extends { readonly labels: Readonly<Record<string, string>> }>(
  points: readonly Point[],
  label: string,
  amount: (point: Point) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const point of points) {
    const key = point.labels[label] ?? '';
    sums.set(key, (sums.get(key) ?? 0) + amount(point));
  }
  return sums;
}

export function total<Point>(points: readonly Point[], amount: (point: Point) => number): number {
  return points.reduce((sum, point) => sum + amount(point), 0);
}

/** How many values are in each bucket, of several series with the same bounds. */
export interface Buckets {
  readonly boundaries: readonly number[];
  readonly counts: readonly number[];
}

export function mergedBuckets(points: readonly Histogram[]): Buckets {
  const [first] = points;
  if (first === undefined) return { boundaries: [], counts: [] };
  const counts = first.buckets.counts.map((_, index) =>
    total(points, ({ buckets }) => buckets.counts[index] ?? 0),
  );
  return { boundaries: first.buckets.boundaries, counts };
}

/** The values that came since an earlier state of the same buckets. */
export function bucketsSince(now: Buckets, before: Buckets): Buckets {
  return {
    boundaries: now.boundaries,
    counts: now.counts.map((count, index) => count - (before.counts[index] ?? 0)),
  };
}

/** Estimates a quantile as Prometheus does, evenly within the bucket; `null` if there are no values. */
export function quantile(share: number, { boundaries, counts }: Buckets): number | null {
  const all = total(counts, (count) => count);
  if (all === 0) return null;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= share * all) {
      const lower = boundaries[index - 1] ?? 0;
      const upper = boundaries[index];
      // The last bucket has no end.
      return upper === undefined ? lower : lower + ((upper - lower) * (share * all - below)) / count;
    }
    below += count;
  }
  return null;
}
