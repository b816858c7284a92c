// Finds a docker-compose that can check docker-compose.yml (which needs no Docker engine), or installs Debian's.
import { spawnSync } from 'node:child_process';

const aptGet = [
  ['update'],
  // Without its recommended packages, no Docker engine is installed along with it.
  ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'docker-compose'],
];

/**
 * Returns the command to call, as a program and its first arguments. It installs only if that needs no question: as
 * root, with apt-get. Everywhere else it throws and says what to install, because a check that is skipped in silence
 * is not a check.
 *
 * @returns {[string, ...string[]]}
 */
export function ensureDockerCompose() {
  const found = findDockerCompose();
  if (found !== undefined) return found;

  const advice =
    'Checking docker-compose.yml needs docker-compose: install it (Debian: `apt-get install ' +
    '--no-install-recommends docker-compose`), or Docker with its compose plugin.';
  if (process.getuid?.() !== 0 || !answers('apt-get', '--version')) throw new Error(advice);

  for (const args of aptGet) {
    const run = spawnSync('apt-get', args, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (run.status !== 0) {
      throw new Error(`${advice} \`apt-get ${args.join(' ')}\` failed:\n${run.stdout}${run.stderr}`);
    }
  }
  const installed = findDockerCompose();
  if (installed === undefined) throw new Error(`${advice} It was installed here and still does not answer.`);
  return installed;
}

/** @returns {[string, ...string[]] | undefined} */
function findDockerCompose() {
  if (answers('docker-compose', 'version')) return ['docker-compose'];
  if (answers('docker', 'compose', 'version')) return ['docker', 'compose'];
  return undefined;
}

/** @param {string} program @param {string[]} args */
function answers(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
