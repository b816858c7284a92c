/**
 * Everything switched on without a change to the application:
 * `node --import opentelemetry-instrumentation-openai-agents/register app.js`.
 *
 * It is `startTelemetry()` with options from the environment only. A problem is logged to the console and leaves the
 * application as it is without this package.
 */
import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { apiSlots } from './diagnostics/api-globals.js';
import { startOnce } from './node/telemetry.js';

/** The API does not say whether `diag` has a logger. */
function hasDiagLogger(): boolean {
  return apiSlots()?.diag !== undefined;
}

function showWarnings(): void {
  if (!hasDiagLogger()) diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
}

function start(): void {
  // With these variables the SDK sets the logger, and would complain of one that is there.
  if (!process.env.OTEL_LOG_LEVEL && !process.env.OTEL_CONFIG_FILE) showWarnings();
  startOnce({}, (error) => {
    showWarnings();
    diag.error(error.message);
  });
}

try {
  start();
} catch (error) {
  showWarnings();
  diag.error(error instanceof Error ? error.message : String(error));
}
