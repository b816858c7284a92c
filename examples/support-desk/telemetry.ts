/**
 * Registers OpenTelemetry for the program, before anything else is imported:
 * `node --import ./telemetry.js main.js`. This is what an application's own file looks like.
 */
import { rmSync } from 'node:fs';
import { register } from 'node:module';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  FileSink,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';

/** Where the events of this run are; a new file each time. */
export const eventsFile = 'demo-output/events.jsonl';

/** Set where the traces shall go to a collector as well. */
export const otlpEndpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;

/** Keeps the spans, so that the program can print them. */
export const spanMemory = new InMemorySpanExporter();

// ES modules are instrumented as they are loaded, which needs OpenTelemetry's loader hook.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

rmSync(eventsFile, { force: true });

export const audit = new ChaukasSpanProcessor({
  sinks: [new FileSink({ path: eventsFile })],
  // What the local model server answers is priced as if OpenAI had.
  cost: { providersByHost: { '127.0.0.1': 'openai' } },
});

const sdk = new NodeSDK({
  resource: resourceFromAttributes({ 'service.name': 'support-desk' }),
  instrumentations: [new OpenAIAgentsInstrumentation(), new UndiciInstrumentation()],
  spanProcessors: [
    new SimpleSpanProcessor(spanMemory),
    ...(otlpEndpoint === undefined ? [] : [new BatchSpanProcessor(new OTLPTraceExporter())]),
    audit,
  ],
  // By default the SDK sends metrics and logs as well, and waits at its end for a collector that may not be there.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

/** Delivers what is under way and ends the sessions. */
export function stopTelemetry(): Promise<void> {
  return sdk.shutdown();
}
