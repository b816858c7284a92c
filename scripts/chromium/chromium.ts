/** The browser of the tests of pages: the one that CHROMIUM_BIN names, or Debian's, which is installed if need be. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const DEBIAN = '/usr/bin/chromium';

const ADVICE =
  'The tests of pages need Chromium: install it (Debian: `apt-get install chromium`), or set CHROMIUM_BIN to its path.';

const APT_GET = [
  ['update'],
  ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'chromium'],
];

/** Starts the browser without a window, and without the requests that it makes on its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: ensureChromium(),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/**
 * Returns the path of the browser. It is installed only if that needs no question: as root, with apt-get. Everywhere
 * else this throws and says what to install, because a test that is skipped in silence is not a test.
 */
export function ensureChromium(env: NodeJS.ProcessEnv = process.env): string {
  const { CHROMIUM_BIN } = env;
  if (CHROMIUM_BIN) {
    if (existsSync(CHROMIUM_BIN)) return CHROMIUM_BIN;
    throw new Error(
      `CHROMIUM_BIN is "${CHROMIUM_BIN}", which does not exist: set it to the path of Chromium.`,
    );
  }
  if (existsSync(DEBIAN)) return DEBIAN;
  const hasAptGet = spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0;
  if (process.getuid?.() !== 0 || !hasAptGet) throw new Error(ADVICE);
  for (const args of APT_GET) {
    const run = spawnSync('apt-get', args, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (run.status !== 0) {
      throw new Error(`${ADVICE} \`apt-get ${args.join(' ')}\` failed:\n${run.stdout}${run.stderr}`);
    }
  }
  if (!existsSync(DEBIAN)) throw new Error(`${ADVICE} It was installed here, but is not at ${DEBIAN}.`);
  return DEBIAN;
}
