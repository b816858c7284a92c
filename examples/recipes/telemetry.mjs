// Preloaded by the servers here: node --import ../telemetry.mjs app.mjs
import { register } from 'node:module';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';

register('opentelemetry-instrumentation-openai-agents/hook.mjs', import.meta.url);

const sdk = new NodeSDK({
  instrumentations: [new OpenAIAgentsInstrumentation()],
  traceExporter: new OTLPTraceExporter(),
});
sdk.start();

// A server ends by a signal. The spans that are still queued leave first. The Agents SDK ends the process if it finds no
// listener but its own, as after `once`.
process.on('SIGTERM', () => sdk.shutdown().finally(() => process.exit(0)));
