/**
 * Metrics of the delivery itself, in the shape of those of OpenTelemetry's SDKs (`otel.sdk.*`, semantic conventions 1.43):
 * a queue is a processor, and its destination is an exporter. An item is exported once, with the outcome of its last
 * attempt, and an operation lasts from its first attempt to its last, pauses included.
 */
import {
  type Attributes,
  type BatchObservableCallback,
  type Counter,
  createNoopMeter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableUpDownCounter,
} from '@opentelemetry/api';
import { isRecord } from '../json/readers.js';
import { rule } from '../options/option-rules.js';
import { PACKAGE_NAME, PACKAGE_VERSION } from '../version.js';

/** The rule for an option `meterProvider`. */
export const METER_PROVIDER_RULE = rule(
  'a meter provider',
  (value) => isRecord(value) && typeof value.getMeter === 'function',
);

/** Values that the meter reads when metrics are collected. */
export interface QueueGauges {
  /** Items in the queue, without those that are being delivered. */
  readonly size: number;
  readonly capacity: number;
  /** Items that were passed to the destination and are neither delivered nor given up. */
  readonly inFlight: number;
}

interface DeliveryInstruments {
  readonly processed: Counter;
  readonly exported: Counter;
  readonly retried: Counter;
  readonly duration: Histogram;
  readonly stop: () => void;
}

/** Bounds in seconds: a file takes milliseconds, an endpoint that recovers minutes. */
const DURATION_BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1_800];

/** The number of queues that had the same name before. */
const namesakes = new Map<string, number>();

/** Takes what a queue counts. */
export interface DeliveryRecorder {
  /** Items were passed to the destination for the first time. */
  passedOn(count: number): void;
  /** Items were dropped before they were passed to the destination. */
  rejected(count: number, reason: string): void;
  retried(count: number): void;
  /** Items were delivered, or given up if there is an `errorType`. */
  exported(count: number, seconds: number, errorType?: string): void;
  /** Stops the observation of the queue. Counts can still be added. */
  stop(): void;
}

/**
 * The metrics of one queue. They are recorded with the meter provider of the moment, so that one counts that the
 * application registers late. Without a provider nothing is recorded.
 */
export class DeliveryMetrics implements DeliveryRecorder {
  readonly #provider: () => MeterProvider;
  readonly #gauges: () => QueueGauges;
  readonly #processor: Attributes;
  readonly #exporter: Attributes;
  #current: MeterProvider | undefined;
  #instruments: DeliveryInstruments | undefined;

  /** @param provider - the provider to use, else the global one. */
  constructor(destination: string, provider: MeterProvider | undefined, gauges: () => QueueGauges) {
    const earlier = namesakes.get(destination) ?? 0;
    if (earlier > 0 || namesakes.size < MAX_NAMES) namesakes.set(destination, earlier + 1);
    const name = earlier === 0 ? destination : `${destination}/${earlier}`;
    this.#provider = () => provider ?? metrics.getMeterProvider();
    this.#gauges = gauges;
    this.#processor = attributes(name, 'chaukas_event_queue');
    this.#exporter = attributes(name, 'chaukas_event_sink');
  }

  /** Looks whether there is a provider by now. */
  refresh(): void {
    this.#get();
  }

  passedOn(count: number): void {
    this.#get()?.processed.add(count, this.#processor);
  }

  rejected(count: number, reason: string): void {
    this.#get()?.processed.add(count, { ...this.#processor, 'error.type': reason });
  }

  retried(count: number): void {
    this.#get()?.retried.add(count, this.#exporter);
  }

  exported(count: number, seconds: number, errorType?: string): void {
    const instruments = this.#get();
    if (instruments === undefined) return;
    const described =
      errorType === undefined ? this.#exporter : { ...this.#exporter, 'error.type': errorType };
    instruments.exported.add(count, described);
    instruments.duration.record(seconds, described);
  }

  stop(): void {
    this.#instruments?.stop();
  }

  #get(): DeliveryInstruments | undefined {
    const provider = this.#provider();
    if (provider !== this.#current) {
      this.#instruments?.stop();
      this.#current = provider;
      const meter = provider.getMeter(PACKAGE_NAME, PACKAGE_VERSION);
      this.#instruments = meter === createNoopMeter() ? undefined : this.#create(meter);
    }
    return this.#instruments;
  }

  #create(meter: Meter): DeliveryInstruments {
    const gauge = (name: string, description: string) =>
      meter.createObservableUpDownCounter(name, { unit: '{event}', description });
    const counter = (name: string, description: string) =>
      meter.createCounter(name, { unit: '{event}', description });
    const size = gauge('chaukas.sdk.processor.event.queue.size', 'Events in the queue of a sink.');
    const capacity = gauge(
      'chaukas.sdk.processor.event.queue.capacity',
      'The number of events that the queue of a sink can hold.',
    );
    const inFlight = gauge(
      'chaukas.sdk.exporter.event.inflight',
      'Events that were passed to a sink and are neither delivered nor given up.',
    );
    const observed: ObservableUpDownCounter[] = [size, capacity, inFlight];
    const observe: BatchObservableCallback = (result) => {
      const gauges = this.#gauges();
      result.observe(size, gauges.size, this.#processor);
      result.observe(capacity, gauges.capacity, this.#processor);
      result.observe(inFlight, gauges.inFlight, this.#exporter);
    };
    meter.addBatchObservableCallback(observe, observed);
    return {
      processed: counter(
        'chaukas.sdk.processor.event.processed',
        'Events that the queue of a sink has passed on, or dropped with an error.type.',
      ),
      exported: counter(
        'chaukas.sdk.exporter.event.exported',
        'Events whose delivery has ended, with an error.type if it failed.',
      ),
      retried: counter('chaukas.sdk.exporter.event.retried', 'Events that were sent again after a failure.'),
      duration: meter.createHistogram('chaukas.sdk.exporter.operation.duration', {
        unit: 's',
        description: 'The time from the first attempt to deliver a batch to the end of the last one.',
        advice: { explicitBucketBoundaries: DURATION_BOUNDARIES },
      }),
      stop: () => meter.removeBatchObservableCallback(observe, observed),
    };
  }
}

/** Maximum number of names that are remembered. */
const MAX_NAMES = 1_000;

function attributes(name: string, type: string): Attributes {
  return { 'otel.component.name': name, 'otel.component.type': type };
}
