// Paths of this repository.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** @type {{ name: string, version: string }} */
export const manifest = readManifest(root);

const require = createRequire(path.join(root, 'package.json'));

/**
 * Returns the script behind a command of an installed package. It is run without npx, which would fetch a missing
 * one.
 *
 * @param {string} packageName
 * @param {string} command
 */
export function packageBin(packageName, command = packageName) {
  const folder = packageFolder(packageName);
  const { bin } = readManifest(folder);
  return path.join(folder, typeof bin === 'string' ? bin : bin[command]);
}

/** @param {string} packageName */
export function packageFolder(packageName) {
  const found = (require.resolve.paths(packageName) ?? []).map((folder) => path.join(folder, packageName));
  const folder = found.find((candidate) => readManifest(candidate) !== undefined);
  if (folder === undefined) throw new Error(`${packageName} is not installed; run "npm ci"`);
  return folder;
}

/** @param {string} folder */
export function readManifest(folder) {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}
