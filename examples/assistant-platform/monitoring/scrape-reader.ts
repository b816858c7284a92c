import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type MetricData, MetricReader } from '@opentelemetry/sdk-metrics';

/** A reader of metrics that is asked, and sends nothing by itself. */
export class ScrapeReader extends MetricReader {
  /** The metrics of the process since its start. */
  async read(): Promise<ResourceMetrics> {
    return (await this.collect()).resourceMetrics;
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

/**
 * Metrics in Prometheus' text format, with the names that a Prometheus gives them if it takes them over OTLP, so that the
 * same dashboards work: the serializer of OpenTelemetry (0.223) leaves out the unit.
 */
export function prometheusText(metrics: ResourceMetrics): string {
  const scopeMetrics = metrics.scopeMetrics.map((scope) => ({
    ...scope,
    metrics: scope.metrics.map(withUnit),
  }));
  return `${serializer.serialize({ ...metrics, scopeMetrics }).trimEnd()}\n`;
}

const SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' };

function withUnit(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const suffix = SUFFIXES[unit];
  if (suffix === undefined || name.endsWith(suffix)) return metric;
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}.${suffix}` } };
}
