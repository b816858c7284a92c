// Installs the versions under test, each into a folder of its own in .cache/matrix/, where it stays for the next
// time.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runCommand } from '../package/command.mjs';
import { readManifest, root } from '../package/repository.mjs';

/** The ignored folder that holds them. It is safe to delete, which also brings newer ones of a major version. */
const cacheFolder = path.join(root, '.cache/matrix');

const { dependencies } = readManifest(root);

/**
 * The packages that an application with SDK 3 installs, and this package's own dependencies. These import the API as
 * well, and two versions of it in one run would not be what a user has.
 */
const otelSdk3 = {
  '@opentelemetry/api': '1.10',
  '@opentelemetry/context-async-hooks': '3.1',
  '@opentelemetry/core': '3.1',
  '@opentelemetry/instrumentation-undici': '^0.34.0',
  '@opentelemetry/sdk-logs': '3.1',
  '@opentelemetry/sdk-metrics': '3.1',
  '@opentelemetry/sdk-trace': '3.1',
  ...Object.fromEntries(Object.entries(dependencies).filter(([name]) => name.startsWith('@opentelemetry/'))),
};

/**
 * @param {string} name - of a package.
 * @param {string} wanted - a version or a tag.
 * @returns {string} the number of that version.
 */
export function versionNumber(name, wanted) {
  if (/^\d/.test(wanted)) return wanted;
  return JSON.parse(runCommand('npm', ['view', `${name}@${wanted}`, 'version', '--json']).stdout);
}

/**
 * @param {string} version
 * @returns {string} the folder whose node_modules holds the Agents SDK, with the `openai` and the `zod` it depends on.
 */
export function agentsFolder(version) {
  return ensureInstalled(`agents-${version}`, { '@openai/agents': version });
}

/**
 * @param {string} folder - with node_modules.
 * @returns {string} the version of openai in it.
 */
export function openaiIn(folder) {
  return readManifest(path.join(folder, 'node_modules/openai')).version;
}

/**
 * @param {string} version
 * @returns {string} the folder of the package.
 */
export function openaiPackage(version) {
  return path.join(ensureInstalled(`openai-${version}`, { openai: version }), 'node_modules/openai');
}

/**
 * @param {number} major
 * @returns {string} the binary.
 */
export function nodeBinary(major) {
  if (major === runningNode) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = ensureInstalled(`node-${major}`, { [name]: String(major) });
  return path.join(folder, 'node_modules', name, 'bin/node');
}

/** The major version of the Node that runs this. */
export const runningNode = Number(process.versions.node.split('.')[0]);

/**
 * @param {number} major
 * @returns {string | undefined} the folder whose node_modules holds the SDK; `undefined` if package.json has it.
 */
export function otelSdkFolder(major) {
  return major === 3 ? ensureInstalled('otel-sdk-3', otelSdk3) : undefined;
}

/**
 * Installs into a folder beside the final place and renames it. An installation in its final place is therefore
 * complete, whatever interrupts this script.
 *
 * @param {string} name
 * @param {Record<string, string>} wanted
 */
function ensureInstalled(name, wanted) {
  const folder = path.join(cacheFolder, name);
  if (isDeepStrictEqual(readManifest(folder)?.dependencies, wanted)) return folder;

  console.log(`installing ${name}`);
  const installing = path.join(cacheFolder, `installing-${name}-${process.pid}`);
  rmSync(installing, { recursive: true, force: true });
  mkdirSync(installing, { recursive: true });
  try {
    writeFileSync(
      path.join(installing, 'package.json'),
      JSON.stringify({ private: true, dependencies: wanted }),
    );
    runCommand(
      'npm',
      ['install', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'],
      { cwd: installing },
    );
    rmSync(folder, { recursive: true, force: true });
    renameSync(installing, folder);
  } finally {
    rmSync(installing, { recursive: true, force: true });
  }
  return folder;
}
