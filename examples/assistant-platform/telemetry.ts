/** The platform's telemetry, loaded before everything else with `node --import`. */
import '../service/load-env.js';
import { metrics } from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { FileSink } from 'opentelemetry-instrumentation-openai-agents';
import { eventsFile, startServiceTelemetry } from '../service/telemetry.js';
import { type FinishedModelCall, ModelCallSink } from './monitoring/model-call-sink.js';
import { ScrapeReader } from './monitoring/scrape-reader.js';

const SERVICE = 'assistant-platform';

/** Reads the metrics of this process. There are none with `TELEMETRY=off`. */
export const metricReader = new ScrapeReader();

type ModelCallListener = (call: FinishedModelCall) => void;
const listeners = new Set<ModelCallListener>();

/** Calls a listener with each model call that is over, once its audit event is written. */
export function onModelCall(listener: ModelCallListener): void {
  listeners.add(listener);
}

const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': SERVICE }));
const meterProvider = new MeterProvider({ readers: [metricReader], resource });
// Metrics are read at /metrics, so that nothing is sent.
process.env.OTEL_METRICS_EXPORTER ??= 'none';
if (process.env.TELEMETRY !== 'off') metrics.setGlobalMeterProvider(meterProvider);

/** `undefined` with `TELEMETRY=off`. */
export const telemetry = startServiceTelemetry(SERVICE, {
  sinks: [
    new FileSink({ path: eventsFile(SERVICE) }),
    new ModelCallSink((call) => {
      for (const listener of listeners) listener(call);
    }),
  ],
});
