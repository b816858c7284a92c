/** The Python environment of `npm run test:python`, installed once for each state of `requirements.txt`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const REQUIREMENTS = path.join(FOLDER, 'requirements.txt');
const CACHE = path.resolve(FOLDER, '../../.cache');
const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);

export const ROUND_TRIP = path.join(FOLDER, 'round_trip.py');
export const CLOUD_EVENTS = path.join(FOLDER, 'cloud_events.py');
const environment = path.join(CACHE, `python-${hash}`);
/** The interpreter of the environment. */
export const PYTHON = path.join(
  environment,
  ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
);

/**
 * Makes the environment unless it is there. Needs Python 3.10 or newer with `venv`, and a package index that pip knows.
 *
 * @throws Error - if there is no such Python, or if a package is not the one that was checked.
 */
export function installEnvironment() {
  const done = path.join(environment, 'installed');
  if (existsSync(done)) return;
  const python = process.env.PYTHON ?? 'python3';
  const found = spawnSync(python, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
  if (found.status !== 0) {
    throw new Error(
      `npm run test:python needs Python 3.10 or newer with venv: "${python}" ${found.error ? 'is not there' : 'is not'}. ` +
        'Install it (Debian: python3-venv), or name one in the variable PYTHON.',
    );
  }
  rmSync(environment, { recursive: true, force: true });
  execFileSync(python, ['-m', 'venv', environment], { stdio: 'inherit', timeout: 120_000 });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  execFileSync(PYTHON, [...pip, '--no-deps', '--only-binary=:all:', '--require-hashes', '-r', REQUIREMENTS], {
    stdio: 'inherit',
    timeout: 300_000,
  });
  writeFileSync(done, '');
}
