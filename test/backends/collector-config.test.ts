// Checks that the collector accepts the configuration for users, with the documented ports.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { binaryPath } from '../../scripts/backends/binaries.mjs';
import { collectorConfig } from '../../scripts/backends/processes.js';

describe('collector-config.yaml', () => {
  test('is valid', () => {
    expect(otelcol('validate')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('listens on the documented ports and sends to the container `jaeger` without variables', () => {
    expect(endpoints(resolved())).toEqual({
      otlpGrpc: '0.0.0.0:4317',
      otlpHttp: '0.0.0.0:4318',
      health: '0.0.0.0:13133',
      jaeger: 'jaeger:4317',
    });
  });

  test('has a variable for every endpoint', () => {
    expect(
      endpoints(
        resolved({
          OTEL_COLLECTOR_OTLP_GRPC_ENDPOINT: '127.0.0.1:1',
          OTEL_COLLECTOR_OTLP_HTTP_ENDPOINT: '127.0.0.1:2',
          OTEL_COLLECTOR_HEALTH_ENDPOINT: '127.0.0.1:3',
          OTEL_COLLECTOR_JAEGER_ENDPOINT: '127.0.0.1:4',
        }),
      ),
    ).toEqual({
      otlpGrpc: '127.0.0.1:1',
      otlpHttp: '127.0.0.1:2',
      health: '127.0.0.1:3',
      jaeger: '127.0.0.1:4',
    });
  });

  test('limits memory first and batches last in every pipeline', () => {
    const { pipelines } = resolved().service;
    expect(Object.keys(pipelines).sort()).toEqual(['logs', 'metrics', 'traces']);
    for (const { processors } of Object.values(pipelines)) {
      expect(processors).toEqual(['memory_limiter', 'batch']);
    }
  });

  test('takes no port for metrics about the collector itself', () => {
    expect(resolved().service.telemetry.metrics.level).toBe('None');
  });
});

/** The parts of the configuration that these tests check, with variables replaced and defaults filled in. */
interface Resolved {
  readonly receivers: {
    readonly otlp: {
      readonly protocols: Readonly<Record<'grpc' | 'http', { readonly endpoint: string }>>;
    };
  };
  readonly exporters: { readonly 'otlp_grpc/jaeger': { readonly endpoint: string } };
  readonly extensions: { readonly health_check: { readonly endpoint: string } };
  readonly service: {
    readonly pipelines: Readonly<Record<string, { readonly processors: readonly string[] }>>;
    readonly telemetry: { readonly metrics: { readonly level: string } };
  };
}

function resolved(env: Record<string, string> = {}): Resolved {
  const { status, stdout, stderr } = otelcol('print-config', ['--format', 'json'], env);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Resolved;
}

function endpoints({ receivers, exporters, extensions }: Resolved) {
  return {
    otlpGrpc: receivers.otlp.protocols.grpc.endpoint,
    otlpHttp: receivers.otlp.protocols.http.endpoint,
    health: extensions.health_check.endpoint,
    jaeger: exporters['otlp_grpc/jaeger'].endpoint,
  };
}

function otelcol(command: string, args: string[] = [], env: Record<string, string> = {}) {
  // The environment is empty, because the test is about what the file says by itself.
  const run = spawnSync(binaryPath('otelcol'), [command, '--config', collectorConfig, ...args], {
    encoding: 'utf8',
    env,
  });
  if (run.error !== undefined) throw run.error;
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}
