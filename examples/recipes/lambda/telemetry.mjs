// Preloaded: NODE_OPTIONS=--import=/var/task/telemetry.mjs
import { register } from 'node:module';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';

register('opentelemetry-instrumentation-openai-agents/hook.mjs', import.meta.url);

const spans = new BatchSpanProcessor(new OTLPTraceExporter());
new NodeSDK({ instrumentations: [new OpenAIAgentsInstrumentation()], spanProcessors: [spans] }).start();

export const flush = () => spans.forceFlush();
