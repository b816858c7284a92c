/**
 * The queries of examples/grafana name metrics and labels that exist: those of openai-agents.json in the definitions that
 * this package records by, those of event-pipeline.json in what the delivery of events really serves. The dashboard of the
 * assistant platform is compared with its /metrics in test/examples.
 */
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusText, ScrapeReader } from '../examples/assistant-platform/monitoring/scrape-reader.js';
import { ChaukasSpanProcessor, DeliveryError, type EventSink, recordSystemEvent } from '../src/index.js';
import * as semconv from '../src/semconv/attributes.js';
import * as metrics from '../src/semconv/metrics.js';
import {
  dashboardOf,
  missingFrom,
  type Served,
  selectorsIn,
  servedIn,
  variablesIn,
} from './harness/dashboard.js';

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

const conventions = dashboardOf('openai-agents');
const pipeline = dashboardOf('event-pipeline');

describe.each(conventions.panels)('The panel "$title" of openai-agents.json', ({ targets }) => {
  it.each(targets.map(({ expr }) => expr))('asks for what is recorded: %s', (expr) => {
    const selectors = selectorsIn(expr);
    expect(selectors).not.toEqual([]);
    expect(selectors.map((selector) => selector.series).filter((name) => !SERIES.has(name))).toEqual([]);
    expect(selectors.flatMap(({ labels }) => labels).filter((label) => !LABELS.has(label))).toEqual([]);
  });
});

/** Rejects each batch a first time, and some for good, so that every metric of a delivery has a value. */
class UnreliableSink implements EventSink {
  readonly name = 'unreliable';
  readonly delivery = { maxBatchSize: 1, flushIntervalMillis: 1, retry: { initialDelayMillis: 1 } };
  #attempts = 0;

  async send(): Promise<void> {
    this.#attempts += 1;
    if (this.#attempts === 1) throw new DeliveryError('not now', { outcome: 'retry' });
    if (this.#attempts === 3) throw new DeliveryError('never', { outcome: 'refused' });
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

describe('The dashboard event-pipeline.json', () => {
  const reader = new ScrapeReader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const processor = new ChaukasSpanProcessor({
    sinks: [new UnreliableSink()],
    meterProvider,
    maxQueueSize: 4,
  });
  let served: Served;

  beforeAll(async () => {
    for (let count = 0; count < 20; count += 1) recordSystemEvent({ message: `event ${count}` });
    await processor.forceFlush();
    served = servedIn(prometheusText(await reader.read()));
  });
  afterAll(() => processor.shutdown());

  it.each(pipeline.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)))(
    'asks for what is served: %s',
    (expr) => {
      expect(selectorsIn(expr)).not.toEqual([]);
      expect(missingFrom(served, expr)).toEqual([]);
    },
  );
});

describe.each(['openai-agents', 'event-pipeline', 'assistant-platform'])('The dashboard %s.json', (name) => {
  const dashboard = dashboardOf(name);
  const variables = dashboard.templating.list.map((variable) => variable.name);

  it('uses only variables that it has', () => {
    const used = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => variablesIn(expr)));
    expect(new Set(used)).toEqual(new Set(['job']));
    expect(variables).toContain('job');
  });

  it('lists services by a metric that its panels show', () => {
    const query = dashboard.templating.list.find((variable) => variable.name === 'job')?.query ?? '';
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => selectorsIn(expr)));
    expect(shown.map((selector) => selector.series)).toContain(/\((\w+), job\)/.exec(query)?.[1]);
  });
});
