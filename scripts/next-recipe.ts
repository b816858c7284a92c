/** The recipe of Next.js: built or in development, started, and asked in each way in which it calls a model. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  runToEnd,
  type Surroundings,
  startServer,
  WEATHER_ANSWER,
  WEATHER_QUESTION,
  WEATHER_RUN,
  withSurroundings,
} from './surroundings.js';

const RECIPE = path.resolve(import.meta.dirname, '../examples/recipes/next');
const TIMEOUT_MS = 600_000;

const RUN = WEATHER_RUN.map((line) => `  ${line}`);
const CALL = '  chat gpt-5-mini [CLIENT]';

/**
 * @param folder - has Next.js in its node_modules.
 * @param flags - of `next build` or `next dev`.
 */
export async function playNext(
  folder: string,
  command: 'build' | 'dev',
  flags: readonly string[],
): Promise<void> {
  for (const file of ['.next', 'app']) rmSync(path.join(folder, file), { recursive: true, force: true });
  cpSync(RECIPE, folder, { recursive: true });
  // Next.js takes the topmost lock file for that of the project, which is that of this repository.
  const config = path.join(folder, 'next.config.mjs');
  writeFileSync(
    config,
    `import recipe from './recipe.config.mjs';
     const root = import.meta.dirname;
     export default { ...recipe, outputFileTracingRoot: root, turbopack: { root } };`,
  );
  cpSync(path.join(RECIPE, 'next.config.mjs'), path.join(folder, 'recipe.config.mjs'));
  const next = path.join(folder, 'node_modules/next/dist/bin/next');

  await withSurroundings(async (surroundings) => {
    const env = { ...surroundings.env, NEXT_TELEMETRY_DISABLED: '1' };
    if (command === 'build') {
      await runToEnd([process.execPath, next, 'build', ...flags], {
        cwd: folder,
        env,
        timeoutMs: TIMEOUT_MS,
      });
      assert(existsSync(path.join(folder, '.next/BUILD_ID')));
    }
    const args = command === 'build' ? ['start'] : ['dev', ...flags];
    const server = await startServer(
      [process.execPath, next, ...args, '--port', '0', '--hostname', '127.0.0.1'],
      /Local:\s+(http:\S+)[\s\S]*Ready/,
      { cwd: folder, env, timeoutMs: TIMEOUT_MS },
    );
    try {
      await ask(server.ready, surroundings);
    } catch (error) {
      throw new Error(`${String(error)}\n${server.output()}`);
    } finally {
      await server.kill('SIGTERM');
    }
  });
}

async function ask(origin: string, { spans }: Surroundings): Promise<void> {
  const post = async (route: string, body: string | FormData, headers = {}): Promise<string> => {
    const response = await fetch(`${origin}${route}`, { method: 'POST', headers, body });
    const answer = await response.text();
    assert.equal(response.status, 200, `${route}: ${answer}`);
    return answer;
  };
  assert.deepEqual(JSON.parse(await post('/api/answer', WEATHER_QUESTION)), { answer: WEATHER_ANSWER });
  assert.match(await post('/api/stream', 'What is the capital of France?'), /"finish_reason":"stop"/);
  assert.match(await post('/api/edge', 'What is the capital of France?'), /capital of France/);

  // As the page's script calls the action, whose id is the name of a hidden field. Next.js 15.5 built with Turbopack answers
  // 500 to the form of a browser without scripts.
  const page = await (await fetch(origin)).text();
  const action = /\$ACTION_ID_(\w+)/.exec(page)?.[1];
  assert(action !== undefined, page);
  const form = new FormData();
  form.set('1_question', WEATHER_QUESTION);
  form.set('0', '["$K1"]');
  await post('/', form, { 'next-action': action, accept: 'text/x-component' });

  // Next.js makes spans of its own around these, and one for each request.
  const expected = [
    'POST /api/answer [SERVER]',
    ...RUN,
    'POST /api/stream [SERVER]',
    CALL,
    'POST / [SERVER]',
    ...RUN,
  ];
  const deadline = Date.now() + 20_000;
  while (ours(spans()).length < expected.length && Date.now() < deadline) await wait(200);
  assert.deepEqual(ours(spans()), expected);
}

/**
 * The spans of this package and of the requests that led to them, without those of Next.js between and around them. Next.js
 * 15 names a request after the file of its route.
 */
function ours(tree: readonly string[]): string[] {
  const open: { depth: number; name: string }[] = [];
  const lines: string[] = [];
  let request: string | undefined;
  for (const line of tree) {
    const name = line.trimStart();
    const depth = line.length - name.length;
    while ((open.at(-1)?.depth ?? -1) >= depth) open.pop();
    if (depth === 0) request = name.replace('/route [', ' [');
    if (!/^(?:invoke_|chat |execute_tool )/.test(name)) continue;
    if (request !== undefined && depth > 0) lines.push(request);
    request = undefined;
    lines.push('  '.repeat(open.length + 1) + name);
    open.push({ depth, name });
  }
  return lines;
}
