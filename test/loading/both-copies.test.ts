// The ESM and the CommonJS build of `openai` and `@openai/agents` in one process.
import { describe, expect, test } from 'vitest';
import { streamViolations } from '../harness/check-stream.js';
import { otlpSpanTree } from './otlp-span-tree.js';
import { runApp } from './run-app.js';

/** The spans of `callBoth(copy, label)` in the fixtures, if it is traced. */
const spansOf = (label: string) => [
  `chat local-${label} [CLIENT]`,
  `invoke_workflow ${label}_agent [INTERNAL]`,
  `  invoke_agent ${label}_agent [INTERNAL]`,
  `    chat local-${label} [CLIENT]`,
];

test.concurrent('Each call is one span in both copies', async () => {
  const run = await runApp('--import', './telemetry.mjs', 'both-copies.mjs');
  expect(run).toMatchObject({ exitCode: 0, stderr: '' });
  expect(run.modelRequests).toHaveLength(4);
  expect(otlpSpanTree(run.spans)).toEqual([...spansOf('esm'), ...spansOf('commonjs')]);
  expect(streamViolations(run.events)).toEqual([]);
});

test.concurrent('No trace processor is registered, and those of the application stay as they are', async () => {
  expect(await runApp('no-processor.mjs')).toMatchObject({ exitCode: 0, stderr: '' });
});

describe.concurrent('disable() and enable()', () => {
  const whileOn = ['first_esm', 'first_commonjs', 'again_esm', 'again_commonjs'].flatMap(spansOf);

  test('restore the original methods of modules that were passed', async () => {
    const run = await runApp('restored.mjs');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(otlpSpanTree(run.spans)).toEqual(whileOn);
    expect(streamViolations(run.events)).toEqual([]);
  });

  test('restore the original methods of modules that the hooks found', async () => {
    const run = await runApp('--import', './telemetry-switch.mjs', 'switched.mjs');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.modelRequests).toHaveLength(12);
    expect(otlpSpanTree(run.spans)).toEqual(whileOn);
    expect(streamViolations(run.events)).toEqual([]);
  });
});
