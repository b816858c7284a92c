// Preloaded: NODE_OPTIONS=--import=/var/task/telemetry.mjs
import { startTelemetry } from 'opentelemetry-instrumentation-openai-agents/node';

export const telemetry = startTelemetry();
