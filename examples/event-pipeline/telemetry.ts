/** Telemetry of the producer: `node --import ./telemetry.ts producer.ts`. Its events go to Kafka, over a spool. */
import { KafkaSink } from 'opentelemetry-instrumentation-openai-agents';
import { startTelemetry } from 'opentelemetry-instrumentation-openai-agents/node';
import { source } from './received-events.js';

const tenantId = process.env.TENANT ?? 'shop-a';

export const telemetry = startTelemetry({
  tenantId,
  projectId: 'support-desk',
  sinks: [
    // In binary mode the value of a message is the event's line as it was hashed.
    new KafkaSink({ brokers: source.brokers, topic: source.topic, mode: 'binary' }),
  ],
  // What Kafka does not take is on disk, and is sent by the next process.
  spool: { directory: process.env.SPOOL_DIRECTORY ?? 'demo-output/spool' },
  checkpoints: { key: process.env.AUDIT_KEY ?? 'generate' },
  // The answers of the local model server are priced as if OpenAI had given them.
  cost: { providersByHost: { '127.0.0.1': 'openai' } },
});
