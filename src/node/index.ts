export type { SdkSpanProcessor } from './opentelemetry-sdk.js';
export type { StartTelemetryOptions } from './start-options.js';
export {
  type StartedTelemetry,
  startTelemetry,
  type TelemetryStats,
} from './telemetry.js';
export type { SpanExportStats } from './unexported-spans.js';
