import * as agents from '@openai/agents';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { NodeSDK } from '@opentelemetry/sdk-node';
import * as openai from 'openai';
import { OpenAIAgentsInstrumentation } from 'opentelemetry-instrumentation-openai-agents';

const instrumentation = new OpenAIAgentsInstrumentation();
new NodeSDK({ instrumentations: [instrumentation], traceExporter: new OTLPTraceExporter() }).start();
instrumentation.manuallyInstrument({ openai, agents });
