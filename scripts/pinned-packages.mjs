/** Packages of a script that are not this repository's own, installed once for each state of their lock file. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const OURS = 'opentelemetry-instrumentation-openai-agents';

/**
 * Installs the packages of `scripts/<name>/package-lock.json` into `.cache/`, and puts the built package beside them.
 *
 * @param {string} name
 * @returns the folder that has the `node_modules`.
 */
export function installPinned(name) {
  const source = path.join(ROOT, 'scripts', name);
  const lockFile = readFileSync(path.join(source, 'package-lock.json'));
  const hash = createHash('sha256').update(lockFile).digest('hex').slice(0, 16);
  const target = path.join(ROOT, '.cache', `${name}-${hash}`);
  const done = path.join(target, 'installed');
  mkdirSync(target, { recursive: true });
  for (const file of ['.npmrc', 'package.json', 'package-lock.json'])
    cpSync(path.join(source, file), path.join(target, file));
  if (!existsSync(done)) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: target,
      stdio: 'inherit',
      timeout: 5 * 60_000,
    });
    writeFileSync(done, '');
  }
  const own = path.join(target, 'node_modules', OURS);
  rmSync(own, { recursive: true, force: true });
  for (const file of ['dist', 'package.json'])
    cpSync(path.join(ROOT, file), path.join(own, file), { recursive: true });
  return target;
}
