// Metrics as plain data, from the loaded version of the SDK.
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

export interface CollectedMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly type: 'histogram' | 'gauge' | 'sum';
  readonly points: readonly MetricPoint[];
}

export interface MetricPoint {
  readonly attributes: Attributes;
  readonly value: number | HistogramValue;
}

export interface HistogramValue {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
}

export interface InMemoryMetrics {
  readonly provider: MeterProvider;
  /** The metrics since the last collection, so that a test does not see those of the test before it. */
  collect(): Promise<CollectedMetric[]>;
}

export function makeMeterProvider(): InMemoryMetrics {
  const reader = new ReaderOnDemand();
  const provider = new MeterProvider({ readers: [reader] });
  return {
    provider,
    async collect() {
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'metrics could not be collected');
      return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics.map(asPlainData));
    },
  };
}

/** A reader without timer and exporter, which collects on demand. */
class ReaderOnDemand extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function asPlainData(metric: MetricData): CollectedMetric {
  const { name, unit, description } = metric.descriptor;
  switch (metric.dataPointType) {
    case DataPointType.HISTOGRAM: {
      const points = metric.dataPoints.map(({ attributes, value }) => {
        const { count, sum, min, max, buckets } = value;
        const { boundaries, counts } = buckets;
        return { attributes, value: { count, sum, min, max, buckets: { boundaries, counts } } };
      });
      return { name, unit, description, type: 'histogram', points };
    }
    case DataPointType.GAUGE:
      return { name, unit, description, type: 'gauge', points: metric.dataPoints.map(numberPoint) };
    case DataPointType.SUM:
      return { name, unit, description, type: 'sum', points: metric.dataPoints.map(numberPoint) };
    default:
      throw new Error(`${name} is an exponential histogram, which only a view makes: read it here as well.`);
  }
}

function numberPoint({ attributes, value }: { attributes: Attributes; value: number }): MetricPoint {
  return { attributes, value };
}
