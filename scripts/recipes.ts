/**
 * Runs the recipes in `examples/recipes` in a project that has installed the built package: each answers two questions,
 * and the traces of both arrive before the program ends or is frozen.
 *
 *     npm run test:recipes                # those that run on Node
 *     npm run test:recipes -- --all       # with Bun and Deno
 *     npm run test:recipes -- express bun
 *
 * The packages are installed once into `.cache/`, from the lock files in `scripts/recipes/`. The recipe of Next.js is
 * part of `npm run test:bundlers`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageBin } from './package/repository.mjs';
import { installPinned } from './pinned-packages.mjs';
import {
  runToEnd,
  type Server,
  type Surroundings,
  startServer,
  WEATHER_ANSWER,
  WEATHER_QUESTION,
  WEATHER_RUN,
  withSurroundings,
} from './surroundings.js';

const RECIPES = fileURLToPath(new URL('../examples/recipes/', import.meta.url));
const PLATFORMS = fileURLToPath(new URL('./recipes/', import.meta.url));
const TIMEOUT_MS = 120_000;
const node = process.execPath;

interface Recipe {
  /** The folder in `examples/recipes`, in which the commands run. */
  readonly name: string;
  readonly build?: readonly string[];
  /** The command as in the recipe's README; its first word is a path here. */
  readonly command: () => readonly string[];
  readonly play: (server: Server, surroundings: Surroundings) => Promise<void>;
  /** Whether it is left out without `--all`. */
  readonly large?: true;
}

const ON_NODE = [node, '--import', 'opentelemetry-instrumentation-openai-agents/register'];
const ALL: readonly Recipe[] = [
  { name: 'express', command: () => [...ON_NODE, 'app.mjs'], play: playServer },
  { name: 'fastify', command: () => [...ON_NODE, 'app.mjs'], play: playServer },
  { name: 'hono', command: () => [...ON_NODE, 'app.mjs'], play: playServer },
  {
    name: 'nest',
    build: [node, packageBin('typescript', 'tsc'), '-p', '.'],
    command: () => [...ON_NODE, 'built/main.js'],
    play: playServer,
  },
  {
    name: 'lambda',
    command: () => [node, '--import', './telemetry.mjs', `${PLATFORMS}lambda-platform.mjs`],
    play: playLambda,
  },
  { name: 'workers', command: () => [node, `${PLATFORMS}workers-platform.mjs`], play: playWorker },
  {
    name: 'bun',
    command: () => [runtime('@oven/bun-linux-x64/bin/bun'), '--preload', './telemetry.mjs', 'app.mjs'],
    play: playServer,
    large: true,
  },
  {
    name: 'deno',
    command: () => [
      runtime('@deno/linux-x64-glibc/deno'),
      ...['run', '--allow-all', '--node-modules-dir=manual', '--preload', './telemetry.mjs', 'app.mjs'],
    ],
    play: playServer,
    large: true,
  },
];

/** A program of the packages `bun` and `deno`, which are installed without their scripts. */
function runtime(program: string): string {
  return path.join(installPinned('recipes/runtimes'), 'node_modules', program);
}

const all = process.argv.includes('--all');
const chosen = process.argv.slice(2).filter((argument) => argument !== '--all');
const unknown = chosen.filter((name) => !ALL.some((recipe) => recipe.name === name));
assert(
  unknown.length === 0,
  `unknown recipe ${unknown.join()}; use ${ALL.map(({ name }) => name).join(', ')}`,
);

const root = installPinned('recipes');
const folder = path.join(root, 'recipes');
rmSync(folder, { recursive: true, force: true });
cpSync(RECIPES, folder, { recursive: true });

let passed = 0;
let failed = 0;
for (const recipe of ALL) {
  if (chosen.length > 0 ? !chosen.includes(recipe.name) : recipe.large && !all) continue;
  const start = Date.now();
  try {
    await play(recipe);
    passed += 1;
    console.log(`ok    ${recipe.name}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${recipe.name}\n${String(error).replaceAll(/^/gm, '      ')}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function play({ name, build, command, play: ask }: Recipe): Promise<void> {
  return withSurroundings(async (surroundings) => {
    const options = {
      cwd: path.join(folder, name),
      env: { ...surroundings.env, PORT: '0', OPENAI_AGENTS_DISABLE_TRACING: '1' },
      timeoutMs: TIMEOUT_MS,
    };
    if (build !== undefined) await runToEnd(build, options);
    const server = await startServer(command(), /http:\/\/\S+|ready/, options);
    try {
      await ask(server, surroundings);
      assert.doesNotMatch(server.output(), /warning|error/i);
    } finally {
      await server.kill('SIGKILL');
    }
  });
}

/** The spans that are still queued leave at the end of the process. */
async function playServer(server: Server, { spans }: Surroundings): Promise<void> {
  for (const _question of [1, 2]) {
    const response = await fetch(`${server.ready}/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question: WEATHER_QUESTION }),
    });
    assert.deepEqual(await response.json(), { answer: WEATHER_ANSWER });
  }
  await server.kill('SIGTERM');
  assert.deepEqual(spans(), [...WEATHER_RUN, ...WEATHER_RUN], server.output());
}

/** The process is frozen as soon as it has answered; at the end it is killed. */
async function playLambda({ process: platform }: Server, { spans }: Surroundings): Promise<void> {
  const expected: string[] = [];
  for (const _invocation of [1, 2]) {
    platform.kill('SIGCONT');
    platform.send({ question: WEATHER_QUESTION });
    const [answer] = await once(platform, 'message');
    platform.kill('SIGSTOP');
    assert.deepEqual(answer, { statusCode: 200, body: JSON.stringify({ answer: WEATHER_ANSWER }) });
    expected.push(...WEATHER_RUN);
    assert.deepEqual(spans(), expected);
  }
}

/** Between requests nothing runs but what the Worker asked the platform to wait for. */
async function playWorker({ process: platform }: Server, { spans }: Surroundings): Promise<void> {
  const expected: string[] = [];
  for (const _request of [1, 2]) {
    platform.send({ question: WEATHER_QUESTION });
    const [answer] = await once(platform, 'message');
    assert.deepEqual(answer, { answer: `You said: ${WEATHER_QUESTION}` });
    const [done] = await once(platform, 'message');
    assert.deepEqual(done, { waited: 1 });
    expected.push('chat gpt-5-mini [CLIENT]');
    assert.deepEqual(spans(), expected);
  }
}
