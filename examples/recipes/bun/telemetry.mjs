// Preloaded: bun --preload ./telemetry.mjs app.mjs. No module hook works in Bun, so the modules are passed.
import * as agents from '@openai/agents';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';

const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
provider.register();
new OpenAIAgentsInstrumentation().manuallyInstrument({ openai, agents });

process.on('SIGTERM', () => provider.shutdown().finally(() => process.exit(0)));
