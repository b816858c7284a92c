// A real OpenTelemetry Collector that passes its traces on to a real Jaeger, for tests.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { binaryPath, cacheFolder } from './binaries.mjs';
import { freePorts } from './free-ports.js';
import { PortTaken, type ServerProcess, startServer } from './server-process.js';

/** The configuration for users is the one that runs here. */
export const collectorConfig = fileURLToPath(new URL('../../collector-config.yaml', import.meta.url));

const jaegerConfig = fileURLToPath(new URL('jaeger-config.yaml', import.meta.url));

export interface Backends {
  /** The collector's OTLP over HTTP, in the form of `OTEL_EXPORTER_OTLP_ENDPOINT`: without `/v1/traces` at its end. */
  readonly otlpEndpoint: string;
  /** The collector's OTLP over gRPC. */
  readonly otlpGrpcEndpoint: string;
  /** Jaeger's UI and query API. */
  readonly jaegerOrigin: string;
  /** The output of the two servers; the next start with the same label overwrites it. */
  readonly logFiles: { readonly collector: string; readonly jaeger: string };
  readonly pids: { readonly collector: number; readonly jaeger: number };
  stop(): Promise<void>;
}

export interface BackendsOptions {
  /** Part of the names of the log files, to distinguish the runs of several test files. */
  readonly label?: string;
}

const attempts = 3;

/**
 * Starts both on free ports of 127.0.0.1 and returns when both are healthy. What was started is gone after
 * `stop()`, after a start that failed, and when this process ends.
 *
 * @example
 * const backends = await startBackends({ label: 'demo' });
 * try {
 *   await run({ OTEL_EXPORTER_OTLP_ENDPOINT: backends.otlpEndpoint });
 *   const spans = await fetchTrace(backends.jaegerOrigin, traceId, { spans: 3 });
 * } finally {
 *   await backends.stop();
 * }
 */
export async function startBackends({ label = 'backends' }: BackendsOptions = {}): Promise<Backends> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnFreePorts(label);
    } catch (error) {
      if (!(error instanceof PortTaken) || attempt === attempts) throw error;
    }
  }
}

async function startOnFreePorts(label: string): Promise<Backends> {
  const ports = await freePorts(
    'otlpHttp',
    'otlpGrpc',
    'collectorHealth',
    'jaegerOtlpGrpc',
    'jaegerQueryHttp',
    'jaegerQueryGrpc',
    'jaegerHealth',
  );
  const logFiles = {
    collector: path.join(cacheFolder, 'logs', `${label}.collector.log`),
    jaeger: path.join(cacheFolder, 'logs', `${label}.jaeger.log`),
  };

  const jaeger = await startServer({
    name: 'Jaeger',
    binary: binaryPath('jaeger'),
    args: ['--config', jaegerConfig],
    env: {
      JAEGER_OTLP_GRPC_PORT: String(ports.jaegerOtlpGrpc),
      JAEGER_QUERY_HTTP_PORT: String(ports.jaegerQueryHttp),
      JAEGER_QUERY_GRPC_PORT: String(ports.jaegerQueryGrpc),
      JAEGER_HEALTH_PORT: String(ports.jaegerHealth),
    },
    health: `http://127.0.0.1:${ports.jaegerHealth}/status`,
    logFile: logFiles.jaeger,
  });

  let collector: ServerProcess;
  try {
    collector = await startServer({
      name: 'The OpenTelemetry Collector',
      binary: binaryPath('otelcol'),
      args: ['--config', collectorConfig],
      env: {
        OTEL_COLLECTOR_OTLP_HTTP_ENDPOINT: `127.0.0.1:${ports.otlpHttp}`,
        OTEL_COLLECTOR_OTLP_GRPC_ENDPOINT: `127.0.0.1:${ports.otlpGrpc}`,
        OTEL_COLLECTOR_HEALTH_ENDPOINT: `127.0.0.1:${ports.collectorHealth}`,
        OTEL_COLLECTOR_JAEGER_ENDPOINT: `127.0.0.1:${ports.jaegerOtlpGrpc}`,
      },
      health: `http://127.0.0.1:${ports.collectorHealth}/`,
      logFile: logFiles.collector,
    });
  } catch (error) {
    await jaeger.stop();
    throw error;
  }

  return {
    otlpEndpoint: `http://127.0.0.1:${ports.otlpHttp}`,
    otlpGrpcEndpoint: `http://127.0.0.1:${ports.otlpGrpc}`,
    jaegerOrigin: `http://127.0.0.1:${ports.jaegerQueryHttp}`,
    logFiles,
    pids: { collector: collector.pid, jaeger: jaeger.pid },
    // The collector is stopped first, because it still delivers its queue to Jaeger while it stops.
    stop: async () => {
      await collector.stop();
      await jaeger.stop();
    },
  };
}
