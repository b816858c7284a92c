/** Applications in empty folders outside of the repository, installed as the documents say. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nodeBinary } from '../matrix/installed-versions.mjs';
import { manifest, readManifest, root } from '../package/repository.mjs';
import { installPinned } from '../pinned-packages.mjs';
import { runToEnd } from '../surroundings.js';
import { PACKAGES, PACKAGES_OF_SDK_2, telemetryFiles } from './documents.js';
import { type ManagerName, NEWEST_NODE, OLDEST_NODE } from './matrix.js';

const SDK = '@opentelemetry/sdk-node';
/** The packages of the application itself. */
const OF_APPLICATION = ['openai', '@openai/agents', 'zod'];
const TIMEOUT_MS = 300_000;

export interface Project {
  readonly manager: ManagerName;
  /** The major version of OpenTelemetry's SDK that was installed. */
  readonly sdk: 2 | 3 | undefined;
  readonly folder: string;
  /** Returns the command that runs Node as a user of this package manager does. */
  node(major: number): string[];
}

interface Manager {
  /** The arguments after Node that install packages. */
  readonly add: readonly string[];
  readonly tarball: (file: string) => string;
}

let installedManagers: string | undefined;

function pinned(file: string): string {
  installedManagers ??= installPinned('install/managers');
  return path.join(installedManagers, 'node_modules', file);
}

const YARN_4 = '@yarnpkg/cli-dist/bin/yarn.js';

const MANAGERS: Readonly<Record<ManagerName, () => Manager>> = {
  npm: () => ({ add: [npmScript(), 'install', '--no-audit', '--no-fund'], tarball: (file) => file }),
  pnpm: () => ({ add: [pinned('pnpm/bin/pnpm.cjs'), 'add'], tarball: (file) => file }),
  'yarn 1': () => ({
    // Two at a time would unpack the same file into the same folder of its cache.
    add: [pinned('yarn/bin/yarn.js'), 'add', '--mutex', `file:${path.join(tmpdir(), 'test-install-yarn-1')}`],
    tarball: (file) => `file:${file}`,
  }),
  'yarn 4': () => ({ add: [pinned(YARN_4), 'add'], tarball: (file) => `${manifest.name}@file:${file}` }),
};

/** The script of the npm that runs this, or of the one on the path. */
function npmScript(): string {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js')) return running;
  throw new Error('run it with "npm run test:install"');
}

/** @param sdk - `undefined` for an application without the SDK. */
export async function installProject(
  manager: ManagerName,
  sdk: 2 | 3 | undefined,
  { parent, tarball }: { readonly parent: string; readonly tarball: string },
): Promise<Project> {
  const folder = path.join(parent, `${manager.replace(' ', '-')}-sdk-${sdk ?? 'none'}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
  // Yarn 4 would look for a project in the folders above.
  if (manager === 'yarn 4') writeFileSync(path.join(folder, 'yarn.lock'), '');
  const { add, tarball: asPackage } = MANAGERS[manager]();
  // npm chooses the version of the SDK by the version of Node; the others need to be told.
  const named = sdk === 2 && manager !== 'npm' ? [manifest.name, ...PACKAGES_OF_SDK_2] : PACKAGES;
  const packages = named
    .filter((name) => sdk !== undefined || name !== SDK)
    .map((name) => (name === manifest.name ? asPackage(tarball) : name));
  const node = nodeBinary(sdk === 3 ? NEWEST_NODE : OLDEST_NODE);
  // yarn 1 refuses the newest openai on Node 20, with which the others install it (7.59).
  const options = manager === 'yarn 1' && sdk === 2 ? ['--ignore-engines'] : [];
  await runToEnd([node, ...add, ...options, ...packages, ...OF_APPLICATION], {
    cwd: folder,
    env: environmentOf(node),
    timeoutMs: TIMEOUT_MS,
  });
  const installed = installedVersion(folder, SDK);
  if (sdkOf(installed) !== sdk) {
    throw new Error(`${manager} has installed ${SDK} ${installed}, which is not SDK ${sdk ?? 'none'}`);
  }
  return {
    manager,
    sdk,
    folder,
    node: (major) =>
      manager === 'yarn 4' ? [nodeBinary(major), pinned(YARN_4), 'node'] : [nodeBinary(major)],
  };
}

/** The variables with which a package manager runs: those of this process, and its own version of Node. */
export function environmentOf(node: string): Record<string, string> {
  const { PATH = '', ...variables } = process.env;
  // Those of the `npm run` around this are about this repository.
  const kept = Object.entries(variables).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS$|CI$|OTEL_|CHAUKAS_)/i.test(name),
  );
  const registry = process.env.npm_config_registry;
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: `${path.dirname(node)}${path.delimiter}${PATH}`,
    ...(registry !== undefined && { npm_config_registry: registry, YARN_NPM_REGISTRY_SERVER: registry }),
    YARN_ENABLE_TELEMETRY: '0',
  };
}

/** Makes a folder with the application and the files that switch the telemetry on, for one run. */
export function makeRunFolder({ folder, sdk }: Project, name: string): string {
  const target = path.join(folder, name);
  mkdirSync(target);
  for (const file of ['app.mjs', 'app.cjs'])
    cpSync(path.join(root, 'test/loading/fixtures', file), path.join(target, file));
  cpSync(path.join(root, 'scripts/install/application'), target, { recursive: true });
  for (const [file, code] of Object.entries(telemetryFiles(sdk ?? 2)))
    writeFileSync(path.join(target, file), code);
  return target;
}

/** Reads the version of an installed package, also from the lock file of Plug'n'Play. */
export function installedVersion(folder: string, name: string): string | undefined {
  const version = readManifest(path.join(folder, 'node_modules', name))?.version;
  if (version !== undefined) return String(version);
  const lockFile = path.join(folder, 'yarn.lock');
  if (!existsSync(lockFile)) return undefined;
  const entry = new RegExp(`^"${name}@npm:[^\n]*\n  version: (\\S+)`, 'm');
  return entry.exec(readFileSync(lockFile, 'utf8'))?.[1];
}

/** SDK 2 has the versions 0.200 to 0.299 of `@opentelemetry/sdk-node`, SDK 3 those from 0.300 on. */
function sdkOf(version: string | undefined): number | undefined {
  return version === undefined ? undefined : Math.floor(Number(version.split('.')[1]) / 100);
}

/** The versions of the package managers that were used. */
export function managerVersions(): Record<ManagerName, string> {
  const of = (name: string) => String(readManifest(pinned(name))?.version);
  return {
    npm: String(readManifest(path.dirname(path.dirname(npmScript())))?.version),
    pnpm: of('pnpm'),
    'yarn 1': of('yarn'),
    'yarn 4': of('@yarnpkg/cli-dist'),
  };
}
