/** Runs the code of `docs/realtime.md`, and the loader hooks, which need their own process. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as realtime from '@openai/agents/realtime';
import { expect, it } from 'vitest';
import * as operations from '../../src/semconv/operations.js';
import { PROJECT, runFixture } from '../run-fixture.js';

const document = readFileSync(path.join(PROJECT, 'docs/realtime.md'), 'utf8');

it('the document turns the instrumentation on by hand', async () => {
  const code = /^```js\n(.*?)^```/ms.exec(document)?.[1] ?? '';
  const source = pathToFileURL(path.join(PROJECT, 'src/index.ts')).href;
  const file = path.join(PROJECT, '.cache/realtime-document.mts');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, code.replace("'opentelemetry-instrumentation-openai-agents'", `'${source}'`));
  const isHooked = () => Object.hasOwn(realtime.RealtimeSession.prototype, 'emit');
  expect(isHooked()).toBe(false);
  await import(file);
  expect(isHooked()).toBe(true);
});

it('importing the package turns the instrumentation on, in both copies of the package', () => {
  const { stdout } = runFixture(path.join(import.meta.dirname, 'fixtures/hooked.mts'));
  expect(JSON.parse(stdout)).toEqual({ copies: 2, before: [true, true], after: [false, false] });
});

it('the document has the names of the spans', () => {
  for (const type of [
    operations.SPAN_TYPE_REALTIME,
    operations.SPAN_TYPE_TRANSCRIPTION,
    operations.SPAN_TYPE_CONVERSATION_ITEMS,
    operations.OPERATION_CHAT,
    operations.OPERATION_INVOKE_AGENT,
    operations.OPERATION_EXECUTE_TOOL,
  ]) {
    expect(document).toContain(`\`${type} {`);
  }
});
