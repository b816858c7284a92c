// Modules that no hook sees: one line says so, with the cause.
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { runProgram } from './run-app.js';
import { WEATHER_APP_STDOUT } from './weather-app.js';

const REGISTER = ['--import', 'opentelemetry-instrumentation-openai-agents/register'];
const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

const folder = mkdtempSync(path.join(FIXTURES, 'bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Builds the application into one file. */
async function bundle(): Promise<string> {
  const outfile = path.join(folder, 'app.mjs');
  const banner =
    "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    entryPoints: [path.join(FIXTURES, 'app.mjs')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: banner },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

describe.concurrent('Modules that no hook sees', () => {
  test.each<[what: string, args: () => Promise<string[]>, names: string[], cause: string]>([
    [
      'in a bundle',
      async () => [...REGISTER, await bundle()],
      ['openai', '@openai/agents-core'],
      'it is part of a bundle',
    ],
    [
      'loaded before',
      async () => ['--require', './loads-openai.cjs', ...REGISTER, 'app.cjs'],
      // A package that is required again is hooked; the Agents SDK does not require its core again.
      ['@openai/agents-core'],
      'it was loaded before the instrumentation',
    ],
    [
      'imported without the loader hook',
      async () => ['--import', './telemetry-no-hook.mjs', 'app.mjs'],
      ['openai', '@openai/agents-core'],
      'it was imported without the loader hook',
    ],
  ])('are named once each, with the cause: %s', async (_what, args, names, cause) => {
    const run = await runProgram({
      nodeArguments: await args(),
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    });
    expect(run).toMatchObject({ exitCode: 0, stdout: WEATHER_APP_STDOUT });
    const lines = run.stderr.split('\n').filter((line) => line !== '');
    expect(lines.map((line) => line.replace(/^\S+ /, '').replace(/(cause|;|, or before).*/, ''))).toEqual(
      names.map((name) => expect.stringContaining(`${name} is in use and is not recorded: ${cause}`)),
    );
  });
});
