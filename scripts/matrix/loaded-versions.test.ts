// Reports what the tests and `src` really load, according to the modules, a request and a span.
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Agent, run } from '@openai/agents';
import { APIPromise } from 'openai';
import { VERSION } from 'openai/version';
import { expect, test } from 'vitest';
import { type Harness, startHarness } from '../../test/harness/telemetry.js';
import type { LoadedVersions } from './loaded-versions.d.mjs';

declare module 'vitest' {
  interface TaskMeta {
    /** Travels with the result to `npm run test:matrix`, which knows what it requested. */
    loadedVersions?: LoadedVersions;
  }
}

const requireHere = createRequire(import.meta.url);

test('A run loads one copy of openai and of OpenTelemetry', async ({ task }) => {
  const harness = await startHarness();
  const call = harness.client.responses.create({ model: 'plain', input: 'x' });
  expect(call).toBeInstanceOf(APIPromise);
  await call;

  // The call has a span, so this is the class that was instrumented.
  const [span] = harness.spans();
  expect(harness.spans()).toHaveLength(1);
  expect(harness.server.requests.map(({ headers }) => headers['user-agent'])).toEqual([
    `OpenAI/JS ${VERSION}`,
  ]);
  const sdk = String(span?.resource.attributes['telemetry.sdk.version']);
  expect(copiesOf('@opentelemetry/api')).toEqual([path.join(modulesOfSdk(), '@opentelemetry/api')]);

  const agents = process.env.AGENTS_DIR === undefined ? undefined : await versionOfAgents(harness);
  task.meta.loadedVersions = {
    ...(agents !== undefined && { agents }),
    openai: VERSION,
    node: process.versions.node,
    sdk,
  };
  await harness.stop();
});

/** The version in the request headers of a run that has the spans of the instrumented classes. */
async function versionOfAgents(harness: Harness): Promise<string | undefined> {
  await harness.reset();
  await run(new Agent({ name: 'plain', model: 'plain' }), 'x');
  expect(harness.spans().map(({ name }) => name)).toEqual([
    'chat plain',
    'invoke_agent plain',
    'invoke_workflow plain',
  ]);
  const { 'user-agent': userAgent } = harness.server.requests.at(-1)?.headers ?? {};
  return /^Agents\/JavaScript (\S+)$/.exec(String(userAgent))?.[1];
}

/** Folders of a package from which CommonJS was loaded anywhere in this process. */
function copiesOf(name: string): string[] {
  const part = `${path.sep}node_modules${path.sep}${path.normalize(name)}`;
  const folders = Object.keys(requireHere.cache).flatMap((file) => {
    const end = file.indexOf(part + path.sep);
    return end < 0 ? [] : [file.slice(0, end + part.length)];
  });
  return [...new Set(folders)];
}

function modulesOfSdk(): string {
  return realpathSync(path.resolve(process.env.OTEL_SDK_DIR ?? '.', 'node_modules'));
}
