// Compiled to CommonJS, and loaded before the application: node --require ./built/telemetry.js built/application.js
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import {
  ChaukasSpanProcessor,
  FileSink,
  OpenAIAgentsInstrumentation,
} from 'opentelemetry-instrumentation-openai-agents';

const sdk = new NodeSDK({
  instrumentations: [new OpenAIAgentsInstrumentation()],
  spanProcessors: [
    new BatchSpanProcessor(new OTLPTraceExporter()),
    new ChaukasSpanProcessor({ sinks: [new FileSink({ path: process.env.EVENTS_FILE ?? 'events.jsonl' })] }),
  ],
});
sdk.start();
process.once('beforeExit', () => sdk.shutdown().catch(console.error));
