// Modules that are passed to manuallyInstrument(), because no hook can see the imports.
import { expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { otlpSpanTree } from './otlp-span-tree.js';
import { runApp } from './run-app.js';
import { WEATHER_APP_SPANS, WEATHER_APP_STDOUT } from './weather-app.js';

test.concurrent('Both modules are traced', async () => {
  const run = await runApp('manual.mjs');
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
  expect(otlpSpanTree(run.spans)).toEqual(WEATHER_APP_SPANS);
  expect(streamViolations(run.events)).toEqual([]);
});

test.concurrent('With the class OpenAI alone, model calls are traced and agents are not', async () => {
  const run = await runApp('manual-class.mjs');
  expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: WEATHER_APP_STDOUT });
  expect(otlpSpanTree(run.spans)).toEqual([
    'chat weather [CLIENT]',
    'chat weather [CLIENT]',
    'chat plain [CLIENT]',
  ]);
  expect(streamViolations(run.events)).toEqual([]);
});
