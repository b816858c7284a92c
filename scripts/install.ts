/**
 * Installs the packed package in empty folders with npm, pnpm and yarn, as the README says, and runs applications there
 * on each version of Node: each has its whole trace, and prints nothing of this package.
 *
 *     npm run test:install              # each way on each Node with npm, and one with pnpm and yarn
 *     npm run test:install -- --write   # with each SDK, and writes docs/compatibility.md
 *     npm run test:install -- --all     # pnpm and yarn in every way as well
 *     npm run test:install -- "own SDK" # the runs whose names contain this
 *
 * What is installed is not pinned, except the package managers (scripts/install/managers/).
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WEATHER_APP_SPANS, WEATHER_APP_STDOUT } from '../test/loading/weather-app.js';
import { compatibilityPage } from './install/compatibility-page.js';
import { NODE_ARGUMENTS, THREE_STEPS } from './install/documents.js';
import {
  type Application,
  chooseRuns,
  type ManagerName,
  NODES,
  OLDEST_NODE,
  type Run,
  runKey,
  type WayName,
} from './install/matrix.js';
import {
  environmentOf,
  installedVersion,
  installProject,
  makeRunFolder,
  managerVersions,
  type Project,
} from './install/projects.js';
import { nodeBinary } from './matrix/installed-versions.mjs';
import { runCommand } from './package/command.mjs';
import { root } from './package/repository.mjs';
import { type Outcome, runCompletely, withSurroundings } from './surroundings.js';

const TIMEOUT_MS = 60_000;

/** How an application is started. */
interface Start {
  /** Arguments of Node before the application, or commands of a shell. */
  readonly nodeArguments?: readonly string[];
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The file that the events must be in. */
  readonly events?: string;
}

const { register, telemetryModule, telemetryCommonJs } = NODE_ARGUMENTS;
const NO_DEPRECATION = '--disable-warning=DEP0205';

const STARTS: Readonly<Record<WayName, Start>> = {
  'three steps': { shell: THREE_STEPS, events: 'events.jsonl' },
  '--import register': { nodeArguments: register },
  '--require register': { nodeArguments: ['--require', ...register.slice(1)] },
  NODE_OPTIONS: { nodeArguments: [], env: { NODE_OPTIONS: register.join(' ') } },
  'telemetry.mjs': { nodeArguments: telemetryModule, events: 'audit/events.jsonl' },
  'telemetry.cjs': { nodeArguments: telemetryCommonJs },
  // The program calls `module.register()` itself, for which Node 26 prints a deprecation warning.
  'own SDK': { nodeArguments: [NO_DEPRECATION, '--import', './own-sdk.mjs'], events: 'audit/events.jsonl' },
};

/** What the shell prints after the application: the tree of its events. */
const TREE_OF_EVENTS = ['weather_agent', 'get_weather'];

const writes = process.argv.includes('--write');
const extent = process.argv.includes('--all') ? 'all' : writes ? 'page' : 'few';
const chosen = process.argv.slice(2).filter((argument) => !['--all', '--write'].includes(argument));
assert(!writes || chosen.length === 0, 'the page is of all runs; leave their names out');
const runs = chooseRuns(extent).filter((run) => chosen.every((part) => runKey(run).includes(part)));
assert(runs.length > 0, `no run has a name with ${chosen.join(' and ')}`);

const started = Date.now();
const failures: string[] = [];
const parent = mkdtempSync(path.join(tmpdir(), 'test-install-'));
try {
  const tarball = pack();
  const projects = await installAll(tarball);
  console.log(`installed ${projects.length} projects, ${secondsSince(started)} s`);
  await inParallel(runs, (run, index) =>
    attempt(runKey(run), () => play(run, index, projectOf(projects, run))),
  );
  const bare = projects.find(({ sdk }) => sdk === undefined);
  const nodes = bare === undefined ? [] : NODES;
  await inParallel(nodes, (node) => attempt(`no SDK / ${node}`, () => playWithoutSdk(bare as Project, node)));
  console.log(
    `${runs.length + nodes.length - failures.length} passed, ${failures.length} failed, ${secondsSince(started)} s`,
  );
  if (failures.length === 0 && writes) writePage(projects);
} finally {
  rmSync(parent, { recursive: true, force: true });
}
process.exitCode = failures.length === 0 ? 0 : 1;

function pack(): string {
  const { stdout } = runCommand('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', parent], {
    cwd: root,
  });
  const [report] = JSON.parse(stdout) as [{ filename: string }];
  return path.join(parent, report.filename);
}

/** One installation for each package manager and SDK, and one without the SDK. */
async function installAll(tarball: string): Promise<Project[]> {
  const wanted = new Map<string, readonly [ManagerName, 2 | 3 | undefined]>();
  for (const { row, platform } of runs)
    wanted.set(`${row.manager} ${platform.sdk}`, [row.manager, platform.sdk]);
  if (chosen.length === 0) wanted.set('npm', ['npm', undefined]);
  const projects: Project[] = [];
  await inParallel([...wanted], async ([name, [manager, sdk]]) => {
    await attempt(`install ${name}`, async () => {
      projects.push(await installProject(manager, sdk, { parent, tarball }));
    });
  });
  return projects;
}

function projectOf(projects: readonly Project[], { row, platform }: Run): Project | undefined {
  return projects.find(({ manager, sdk }) => manager === row.manager && sdk === platform.sdk);
}

async function play({ row, platform }: Run, index: number, project: Project | undefined): Promise<void> {
  if (project === undefined) throw new Error('not installed');
  const { events, ...start } = STARTS[row.way];
  await withSurroundings(async ({ env, spans }) => {
    const folder = makeRunFolder(project, `run-${index}`);
    const outcome = await startApplication(
      { project, folder, node: platform.node, env },
      row.application,
      start,
    );
    const { end, stdout, stderr } = outcome;
    assert.deepEqual({ end, stderr }, { end: 0, stderr: '' }, describe(outcome));
    if (start.shell === undefined) {
      assert.equal(stdout, WEATHER_APP_STDOUT);
      assert.deepEqual(spans(), WEATHER_APP_SPANS);
    } else {
      assert(stdout.startsWith(WEATHER_APP_STDOUT), describe(outcome));
      for (const name of TREE_OF_EVENTS) assert(stdout.includes(name), describe(outcome));
    }
    if (events !== undefined) assert(statSync(path.join(folder, events)).size > 0, `${events} is empty`);
  });
}

/** The application runs as ever, and one line says what to install. */
async function playWithoutSdk(project: Project, node: number): Promise<void> {
  await withSurroundings(async ({ env }) => {
    const folder = makeRunFolder(project, `node-${node}`);
    const start = STARTS['--import register'];
    const { end, stdout, stderr } = await startApplication({ project, folder, node, env }, 'app.mjs', start);
    assert.deepEqual({ end, stdout }, { end: 0, stdout: WEATHER_APP_STDOUT });
    const version = node === OLDEST_NODE ? String.raw`@0\.\d+` : '';
    assert.match(
      stderr,
      new RegExp(`^.*is not installed; run "npm install @opentelemetry/sdk-node${version}"\n$`),
    );
  });
}

interface Place {
  readonly project: Project;
  readonly folder: string;
  readonly node: number;
  readonly env: Readonly<Record<string, string>>;
}

function startApplication(
  { project, folder, node, env }: Place,
  application: Application,
  { shell, nodeArguments = [], env: variables }: Start,
): Promise<Outcome> {
  const command =
    shell === undefined
      ? [...project.node(node), ...nodeArguments, application]
      : ['/bin/sh', '-e', '-c', shell];
  const { PATH: _, ...surroundings } = env;
  return runCompletely(command, {
    cwd: folder,
    env: { ...environmentOf(nodeBinary(node)), ...surroundings, ...variables },
    timeoutMs: TIMEOUT_MS,
  });
}

function describe({ end, stdout, stderr }: Outcome): string {
  return `it ended with ${end} and printed:\n${stdout}${stderr}`;
}

/** Runs two at a time. */
async function inParallel<T>(
  items: readonly T[],
  action: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const work = async () => {
    for (const [index, item] of entries) await action(item, index);
  };
  await Promise.all([work(), work()]);
}

async function attempt(name: string, action: () => Promise<void>): Promise<void> {
  const start = Date.now();
  try {
    await action();
    console.log(`ok    ${name}, ${secondsSince(start)} s`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL  ${name}\n${String(error).replaceAll(/^/gm, '      ')}`);
  }
}

function writePage(projects: readonly Project[]): void {
  const bySdk = (name: string) => ({ 2: versionWith(projects, 2, name), 3: versionWith(projects, 3, name) });
  const page = compatibilityPage({
    managers: managerVersions(),
    nodes: NODES.map((node) => runCommand(nodeBinary(node), ['--version']).stdout.trim().slice(1)),
    openai: bySdk('openai'),
    agents: bySdk('@openai/agents'),
    sdk: bySdk('@opentelemetry/sdk-node'),
    api: bySdk('@opentelemetry/api'),
  });
  writeFileSync(path.join(root, 'docs/compatibility.md'), page);
}

function versionWith(projects: readonly Project[], sdk: 2 | 3, name: string): string {
  const project = projects.find((candidate) => candidate.manager === 'npm' && candidate.sdk === sdk);
  const version = project && installedVersion(project.folder, name);
  assert(version !== undefined, `${name} is not installed`);
  return version;
}

function secondsSince(time: number): string {
  return ((Date.now() - time) / 1000).toFixed(1);
}
