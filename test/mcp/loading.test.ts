// The MCP SDK's client, found by the hooks of the module loaders. Loads dist/, so build first.
import path from 'node:path';
import { expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { otlpSpanTree } from '../loading/otlp-span-tree.js';
import { runApp } from '../loading/run-app.js';

const app = (name: string) => path.join(import.meta.dirname, 'fixtures', name);

test.concurrent.each([
  ['An ESM application', ['--import', './telemetry.mjs', app('app.mjs')]],
  ['A CommonJS application', ['--require', './telemetry.cjs', app('app.cjs')]],
])('%s has its MCP requests traced', async (_what, how) => {
  const run = await runApp(...how);
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: 'traceparent\n' });
  expect(otlpSpanTree(run.spans)).toEqual(['initialize [CLIENT]', 'tools/call echo [CLIENT]']);
  const calls = run.events.filter(({ mcp_call }) => mcp_call?.operation === 'tools/call');
  expect(calls.map(({ mcp_call }) => mcp_call?.server_name)).toEqual(['inside', 'inside']);
  expect(calls.map(({ type }) => type)).toEqual(['EVENT_TYPE_MCP_CALL_START', 'EVENT_TYPE_MCP_CALL_END']);
  expect(streamViolations(run.events)).toEqual([]);
});
