// Checks a project that has installed the packed package: whether the package loads there, and whether its types
// hold.
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runCommand } from './command.mjs';
import { manifest, packageBin, packageFolder, readManifest, root } from './repository.mjs';

const PROGRAM = path.join(root, 'scripts/package/every-export.ts');
const OPTIONAL_PEERS = ['openai', '@openai/agents'];

/** Packages that the type check needs and that an application does not have to install. */
const TYPES_FOR_THE_PROGRAM = ['@types/node', 'undici-types'];

/**
 * @param {string} folder
 * @param {string} tarball
 */
export function installConsumer(folder, tarball) {
  mkdirSync(folder);
  writeJson(path.join(folder, 'package.json'), { private: true, type: 'module' });
  // The version that the SDK of this repository works with; the newest API may need a newer SDK.
  const api = readManifest(packageFolder('@opentelemetry/api')).version;
  runCommand(
    'npm',
    [
      ...['install', tarball, `@opentelemetry/api@${api}`, '--prefer-offline', '--ignore-scripts'],
      ...['--no-audit', '--no-fund', '--omit-lockfile-registry-resolved'],
    ],
    { cwd: folder },
  );
  for (const peer of OPTIONAL_PEERS) {
    assert(!existsSync(path.join(folder, 'node_modules', peer)), `${peer} was installed, but is optional`);
  }
}

/** Limits of what an application installs for this package: without optional peers, and without the API, which it has. */
const MAX_PACKAGES = 20;
const MAX_MEGABYTES = 22;

/**
 * @param {string} folder
 * @returns {string} a line with the weight.
 * @throws Error - if there is more than the limits allow.
 */
export function checkWeight(folder) {
  const lock = JSON.parse(readFileSync(path.join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const packages = Object.keys(lock.packages).filter((key) => key !== 'node_modules/@opentelemetry/api');
  const own = sizeOf(path.join(folder, 'node_modules', manifest.name));
  const all =
    sizeOf(path.join(folder, 'node_modules')) - sizeOf(path.join(folder, 'node_modules/@opentelemetry/api'));
  const weight = `${megabytes(own)} installed; with its dependencies ${packages.length} packages, ${megabytes(all)}`;
  assert(
    packages.length <= MAX_PACKAGES && all <= MAX_MEGABYTES * 1_000_000,
    `${weight}; the limits are ${MAX_PACKAGES} packages and ${MAX_MEGABYTES} MB`,
  );
  return weight;
}

/** @param {string} folder */
export function importInConsumer(folder) {
  const { values } = exportNames(folder);
  const printed = runProgram(
    folder,
    'import.mjs',
    `import * as exported from '${manifest.name}';
     const instrumentation = new exported.OpenAIAgentsInstrumentation();
     instrumentation.disable();
     console.log(JSON.stringify(Object.keys(exported).sort()));`,
  );
  assert.deepEqual(JSON.parse(printed), [...values].sort(), 'what it exports is not what its types say');

  // The package of CloudEvents is needed by the emitter alone.
  const cloudEvents = runProgram(
    folder,
    'cloudevents.mjs',
    `import * as exported from '${manifest.name}/cloudevents';
     try {
       new exported.CloudEventsEmitter({ source: '/a' });
     } catch (error) {
       console.log(JSON.stringify([error.message, Object.keys(exported).sort()]));
     }`,
  );
  assert.deepEqual(JSON.parse(cloudEvents), [
    `${manifest.name}: CloudEventsEmitter needs cloudevents, which is not installed; run "npm install cloudevents"`,
    [...exportNames(folder, 'emitter/index').values].sort(),
  ]);
}

/** @param {string} folder */
export function requireInConsumer(folder) {
  const printed = runProgram(
    folder,
    'require.cjs',
    `const exported = require('${manifest.name}');
     new exported.OpenAIAgentsInstrumentation().disable();
     console.log(JSON.stringify(Object.keys(exported).filter((name) => name !== '__esModule').sort()));`,
  );
  assert.deepEqual(JSON.parse(printed), [...exportNames(folder).values].sort());
}

/** @param {string} folder */
export function checkProgramUsesAll(folder) {
  const text = readFileSync(PROGRAM, 'utf8');
  const names = ['index', 'emitter/index'].flatMap((entry) => {
    const { values, types } = exportNames(folder, entry);
    return [...values, ...types];
  });
  const unused = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
  if (unused.length > 0) throw new Error(`use ${unused.join(', ')} in ${path.relative(root, PROGRAM)}`);
}

/** What TypeScript is set to in kinds of projects, and the name of the program that makes it a module of that kind. */
const PROJECTS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext', program: 'every-export.ts' },
  bundler: { module: 'preserve', moduleResolution: 'bundler', program: 'every-export.ts' },
  'node16 CommonJS': { module: 'node16', moduleResolution: 'node16', program: 'every-export.cts' },
};

/**
 * @param {string} folder
 * @param {{ project: keyof typeof PROJECTS, exactOptionalPropertyTypes: boolean }} options
 */
export function typeCheckConsumer(folder, { project, exactOptionalPropertyTypes }) {
  linkTypes(folder);
  const { program, ...modules } = PROJECTS[project];
  cpSync(PROGRAM, path.join(folder, program));

  const config = `tsconfig.${modules.module}.json`;
  writeJson(path.join(folder, config), {
    compilerOptions: {
      target: 'ES2023',
      ...modules,
      strict: true,
      exactOptionalPropertyTypes,
      noUnusedLocals: true,
      types: ['node'],
      // Linked packages find their dependencies in the consumer, as installed ones do.
      preserveSymlinks: true,
      // Checks all declarations of the package, not only those that the program uses.
      skipLibCheck: false,
      noEmit: true,
    },
    files: [program],
  });
  runCommand(process.execPath, [packageBin('typescript', 'tsc'), '-p', config], { cwd: folder });
}

/**
 * Returns the names that the package's types export.
 *
 * @param {string} folder
 * @param {string} [entry] - its file below dist/.
 */
function exportNames(folder, entry = 'index') {
  const file = path.join(folder, 'node_modules', manifest.name, `dist/${entry}.d.ts`);
  const text = readFileSync(file, 'utf8');
  const values = new Set();
  const types = new Set();
  for (const [, typesOnly, list = ''] of text.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of list.split(',').map((part) => part.trim())) {
      if (item === '') continue;
      const name = item.split(' ').at(-1);
      (typesOnly !== undefined || item.startsWith('type ') ? types : values).add(name);
    }
  }
  assert(values.size > 0 && !/^export (\*|declare|default)/m.test(text), `${file} must export by name only`);
  return { values, types };
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} code
 */
function runProgram(folder, name, code) {
  writeFileSync(path.join(folder, name), code);
  const { stdout, stderr } = runCommand(process.execPath, [name], { cwd: folder });
  assert.equal(stderr, '', `loading it printed a warning: ${stderr}`);
  return stdout;
}

/**
 * Links the types of the SDK, which the package does not depend on, from this repository.
 *
 * @param {string} folder
 */
function linkTypes(folder) {
  const scope = readdirSync(path.join(root, 'node_modules/@opentelemetry')).map(
    (name) => `@opentelemetry/${name}`,
  );
  for (const name of [...scope, ...TYPES_FOR_THE_PROGRAM]) {
    const link = path.join(folder, 'node_modules', name);
    if (existsSync(link)) continue;
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), link, 'dir');
  }
}

/** @param {string} folder */
function sizeOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1_000_000).toFixed(2)} MB`;
}

/**
 * @param {string} file
 * @param {unknown} value
 */
function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value));
}
