/**
 * Registers OpenTelemetry for the program before anything else is imported: `node --import ./telemetry.js main.js`.
 * An application's own registration file looks like this.
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

/** The file with the events of this run; it is new each time. */
export const eventsFile = 'demo-output/events.jsonl';

/** Set if the traces are to go to a collector as well. */
export const otlpEndpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;

/** Keeps the spans, so that the program can print them. */
export const spanMemory = new InMemorySpanExporter();

// ES modules are instrumented while they are loaded, which needs OpenTelemetry's loader hook.
register('opentelemetry-instrumentation-openai-agents/hook.mjs', import.meta.url);

rmSync(eventsFile, { force: true });

export const audit = new ChaukasSpanProcessor({
  sinks: [new FileSink({ path: eventsFile })],
  // The answers of the local model server are priced as if OpenAI had given them.
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
  // By default the SDK also sends metrics and logs, and at shutdown waits for a collector that may not be there.
  metricReaders: [],
  logRecordProcessors: [],
});
sdk.start();

/**
 * Ends the open sessions and delivers the spans and events that are still queued.
 *
 * @returns the reason if the spans could not be exported, for example because the endpoint does not answer.
 */
export async function stopTelemetry(): Promise<string | undefined> {
  try {
    await sdk.shutdown();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    // The SDK stops at the first processor that fails.
    await audit.shutdown();
  }
}
