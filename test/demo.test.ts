/** The demo, as a reader of the README runs it first. It uses the built package. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { PROJECT } from './run-fixture.js';

it('The demo prints its summary and one line about an endpoint that does not answer', {
  timeout: 120_000,
}, () => {
  const folder = './examples/support-desk';
  const args = ['--import', 'tsx', '--import', `${folder}/telemetry.ts`, `${folder}/main.ts`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: PROJECT,
    encoding: 'utf8',
    // No service listens on the discard port.
    env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
  });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^\d+ events of \d+ sessions$/));
  expect(lines.filter((line) => line.includes('127.0.0.1:9'))).toEqual([
    'traces were not exported: http://127.0.0.1:9 (OTEL_EXPORTER_OTLP_ENDPOINT) failed with ' +
      '"connect ECONNREFUSED 127.0.0.1:9"',
  ]);
  expect([status, stderr]).toEqual([0, '']);
});
