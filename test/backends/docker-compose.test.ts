// Checks that docker-compose accepts the file for users, that it runs the tested versions, and that it stays on this
// machine. No Docker engine is needed or used.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { recipes } from '../../scripts/backends/binaries.mjs';
import { ensureDockerCompose } from '../../scripts/backends/docker-compose.mjs';

const file = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));

describe('docker-compose.yml', () => {
  let compose: readonly [string, ...string[]];
  beforeAll(() => {
    compose = ensureDockerCompose();
  });

  test('is valid', () => {
    const [program, ...args] = compose;
    const run = spawnSync(program, [...args, '-f', file, 'config', '-q'], { encoding: 'utf8' });
    expect({ status: run.status, stdout: run.stdout, stderr: run.stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('runs the versions that are built from source for the tests', () => {
    expect(valuesOf('image')).toEqual([
      `otel/opentelemetry-collector:${recipes.otelcol.version}`,
      `jaegertracing/jaeger:${recipes.jaeger.version}`,
    ]);
  });

  test('publishes the documented ports, to this machine alone', () => {
    expect(listsOf('ports')).toEqual([
      '127.0.0.1:4317:4317',
      '127.0.0.1:4318:4318',
      '127.0.0.1:13133:13133',
      '127.0.0.1:16686:16686',
    ]);
  });

  test('gives the collector the configuration that was tested', () => {
    expect(listsOf('volumes')).toEqual(['./collector-config.yaml:/etc/otelcol/config.yaml:ro']);
  });
});

// The file is read as text, in the one form that it uses. An image, a port or a volume in any other form fails the
// tests.

function valuesOf(key: string): string[] {
  return [...source().matchAll(new RegExp(`^ +${key}: *(\\S+)`, 'gm'))].map(([, value = '']) => value);
}

/** Returns the items of every list under this key, for all services. */
function listsOf(key: string): string[] {
  const lists = source().matchAll(new RegExp(`^ +${key}: *(.*)\\n((?: +- .*\\n)*)`, 'gm'));
  return [...lists].flatMap(([, inline = '', items = '']) => [
    ...(inline === '' ? [] : [inline]),
    ...items.trimEnd().split('\n').map(itemOf),
  ]);
}

function itemOf(line: string): string {
  return line.replace(/^ +- "?/, '').replace(/"?(?: +#.*)?$/, '');
}

function source(): string {
  return readFileSync(file, 'utf8');
}
