/** Telemetry of both services. Each has a `telemetry.ts` that calls this and is loaded with `node --import`. */
import './load-env.js';
import cluster from 'node:cluster';
import path from 'node:path';
import { FileSink } from 'opentelemetry-instrumentation-openai-agents';
import {
  type StartedTelemetry,
  type StartTelemetryOptions,
  startTelemetry,
} from 'opentelemetry-instrumentation-openai-agents/node';

/**
 * Starts traces and the event stream. Traces go where `OTEL_EXPORTER_OTLP_ENDPOINT` says. The events go to
 * `OUTPUT_DIR/events-<worker>.jsonl`, a file for each worker, because a file has one writer.
 *
 * @returns `undefined` with `TELEMETRY=off`, and in the parent of workers, which runs no agent.
 */
export function startServiceTelemetry(
  service: string,
  options: StartTelemetryOptions = {},
): StartedTelemetry | undefined {
  const { env } = process;
  const startsWorkers = cluster.isPrimary && Number(env.WORKERS ?? 1) > 1;
  if (env.TELEMETRY === 'off' || startsWorkers) return undefined;
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT) {
    // Otherwise OpenTelemetry would look for a collector on this machine.
    env.OTEL_TRACES_EXPORTER ??= 'none';
    env.OTEL_METRICS_EXPORTER ??= 'none';
    env.OTEL_LOGS_EXPORTER ??= 'none';
  }
  return startTelemetry({
    serviceName: service,
    sinks: [new FileSink({ path: eventsFile(service) })],
    // The answers of the local model server are priced as if OpenAI had given them.
    cost: { providersByHost: { '127.0.0.1': 'openai' } },
    ...options,
  });
}

/** The path of this process's events. */
export function eventsFile(service: string): string {
  const folder = process.env.OUTPUT_DIR || `demo-output/${service}`;
  return path.join(folder, `events-${cluster.worker?.id ?? 0}.jsonl`);
}
