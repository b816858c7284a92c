/**
 * The options of the instrumentation that is enabled in this process, for what belongs to no instrumentation: sessions,
 * and facts that the application records.
 */
import type { Logger } from '@opentelemetry/api-logs';
import { globalLogger } from '../diagnostics/global-logger.js';
import { type ContentCapture, contentCapture } from './content-policy.js';

/** The signals that may carry content, and the logger for log records. */
export interface ProcessTelemetry {
  readonly content: ContentCapture;
  readonly logger: Logger;
}

const enabled = new Set<ProcessTelemetry>();
let ofEnvironment: ContentCapture | undefined;

export function telemetryEnabled(telemetry: ProcessTelemetry): void {
  enabled.add(telemetry);
}

export function telemetryDisabled(telemetry: ProcessTelemetry): void {
  enabled.delete(telemetry);
}

/** Returns that of the instrumentation that was enabled last. Without one, the environment decides on content. */
export function processTelemetry(): ProcessTelemetry {
  const newest = [...enabled].at(-1);
  if (newest !== undefined) return newest;
  ofEnvironment ??= contentCapture({}, process.env, () => {});
  return { content: ofEnvironment, logger: globalLogger() };
}
