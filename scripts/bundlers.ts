/**
 * Builds a small application with each bundler, in projects that have installed the built package, and runs it: its
 * trace and its events must be whole. Test runners and a TypeScript project in CommonJS run their own programs.
 *
 *     npm run test:bundlers                    # each once, without rollup and Next.js
 *     npm run test:bundlers -- --all           # each in every way; Next.js takes a quarter of an hour
 *     npm run test:bundlers -- webpack next-16
 *
 * The packages are installed once into `.cache/`, from the lock files in `scripts/bundlers/`.
 */
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { playNext } from './next-recipe.js';
import { installPinned } from './pinned-packages.mjs';
import { runToEnd, WEATHER_ANSWER, WEATHER_RUN, withSurroundings } from './surroundings.js';

const SOURCES = fileURLToPath(new URL('./bundlers/projects/', import.meta.url));
/** Far longer than any of these takes on a busy machine. */
const TIMEOUT_MS = 180_000;

interface Project {
  readonly name: string;
  /** The folder in `projects/`. */
  readonly folder: string;
  /** Whether it is left out without `--all`. */
  readonly large: boolean;
  /** The commands, as arguments of Node. The last one is the application or the test run. */
  readonly commands: readonly (readonly string[])[];
  /** Whether the last command is the application, whose trace is checked. Test runs check theirs themselves. */
  readonly application: boolean;
}

/** A bundler, with the sources and outputs that it is to be tried with: the first by default, all with `--all`. */
function bundler(name: string, ...bundles: readonly [source: string, output: string][]): Project[] {
  return bundles.map(([source, output], index) => ({
    name: `${name}, ${source.slice(-3)} to ${output.slice(-3)}`,
    folder: name,
    // A bundle of everything takes rollup half a minute.
    large: index > 0 || name === 'rollup',
    commands: [
      ['build.mjs', `../application.${source}`, `built/${source}/bundle.${output}`],
      [`built/${source}/bundle.${output}`],
    ],
    application: true,
  }));
}

const PROJECTS: readonly Project[] = [
  ...bundler('webpack', ['mjs', 'cjs'], ['cjs', 'cjs']),
  ...bundler('rollup', ['mjs', 'mjs']),
  ...bundler('esbuild', ['mjs', 'mjs'], ['mjs', 'cjs'], ['cjs', 'cjs']),
  ...bundler('vite', ['mjs', 'mjs']),
  {
    name: 'typescript, module: node16',
    folder: 'typescript',
    large: false,
    commands: [
      ['../../node_modules/typescript/bin/tsc', '-p', '.'],
      ['--require', './built/telemetry.js', 'built/application.js'],
    ],
    application: true,
  },
  {
    name: 'jest',
    folder: 'jest',
    large: false,
    commands: [['../../node_modules/jest/bin/jest.js']],
    application: false,
  },
  {
    name: 'vitest',
    folder: 'vitest',
    large: false,
    commands: [['../../node_modules/vitest/vitest.mjs', 'run']],
    application: false,
  },
];

/** The recipe of Next.js, built and started, and in development, with both of its bundlers. */
const NEXT = [
  { folder: 'next-15', command: 'build', flags: [] },
  { folder: 'next-15', command: 'build', flags: ['--turbopack'] },
  { folder: 'next-15', command: 'dev', flags: [] },
  { folder: 'next-16', command: 'build', flags: ['--webpack'] },
  { folder: 'next-16', command: 'build', flags: ['--turbopack'] },
  { folder: 'next-16', command: 'dev', flags: ['--turbopack'] },
] as const;

const all = process.argv.includes('--all');
const chosen = process.argv.slice(2).filter((argument) => argument !== '--all');
const folders = [...new Set([...PROJECTS, ...NEXT].map(({ folder }) => folder))];
const unknown = chosen.filter((name) => !folders.includes(name));
assert(unknown.length === 0, `unknown project ${unknown.join()}; use ${folders.join(', ')}`);
const isChosen = (folder: string, large: boolean): boolean =>
  chosen.length > 0 ? chosen.includes(folder) : all || !large;

const root = installPinned('bundlers');
rmSync(path.join(root, 'projects'), { recursive: true, force: true });
cpSync(SOURCES, path.join(root, 'projects'), { recursive: true });

let passed = 0;
let failed = 0;
for (const project of PROJECTS.filter(({ folder, large }) => isChosen(folder, large))) {
  await check(project.name, () => play(project));
}
for (const { folder, command, flags } of NEXT.filter((next) => isChosen(next.folder, true))) {
  await check([folder, command, ...flags].join(' '), () =>
    playNext(installPinned(`bundlers/${folder}`), command, flags),
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function check(name: string, action: () => Promise<void>): Promise<void> {
  const start = Date.now();
  try {
    await action();
    passed += 1;
    console.log(`ok    ${name}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n${String(error).replaceAll(/^/gm, '      ')}`);
  }
}

function play({ folder, commands, application }: Project): Promise<void> {
  return withSurroundings(async ({ env, spans, eventTypes }) => {
    let output = '';
    for (const command of commands) {
      output = await runToEnd([process.execPath, ...command], {
        cwd: path.join(root, 'projects', folder),
        env,
        timeoutMs: TIMEOUT_MS,
      });
    }
    if (!application) return;
    assert.equal(output, `${WEATHER_ANSWER}\nThe capital of France is Paris.\ntrue true\n`);
    assert.deepEqual(spans(), [
      'session [INTERNAL]',
      ...WEATHER_RUN.map((line) => `  ${line}`),
      'chat plain [CLIENT]',
    ]);
    assert.equal(eventTypes().filter((type) => type === 'MODEL_INVOCATION_END').length, 3);
    assert.equal(eventTypes().filter((type) => type === 'TOOL_CALL_END').length, 1);
  });
}
