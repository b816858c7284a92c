// Builds the independent check of signed event files, in Go, into .cache/log-check/. Go decides whether there is
// anything to do; a build from an empty cache takes about 20 seconds.
//
//   node scripts/log-check/build.mjs
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

export const binary = fileURLToPath(new URL('../../.cache/log-check/log-check', import.meta.url));

/** Whether Go is there. */
export function hasGo() {
  return spawnSync('go', ['version']).status === 0;
}

/** @throws if Go is missing or the build fails. */
export function build() {
  if (!hasGo())
    throw new Error(
      'scripts/log-check is a program in Go, and `go` is not on the PATH: install Go 1.25 or newer.',
    );
  // Renamed into place, so that two builds at once do not collide.
  const output = `${binary}-${process.pid}`;
  mkdirSync(path.dirname(binary), { recursive: true });
  const { status, stderr } = spawnSync('go', ['build', '-trimpath', '-o', output, '.'], {
    cwd: folder,
    // A go.work above this repository must not take part.
    env: { ...process.env, GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`go build failed:\n${stderr}`);
  renameSync(output, binary);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build();
  console.log(`built ${binary}`);
}
