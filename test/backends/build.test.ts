// The build script when things go wrong, in a copy of its folder with a fake `go`: no real build is started.
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recipes } from '../../scripts/backends/binaries.mjs';
import { isRunning } from './is-running.js';

const scripts = fileURLToPath(new URL('../../scripts/backends', import.meta.url));

let root: string;
let script: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'backends-build-'));
  cpSync(scripts, path.join(root, 'scripts/backends'), { recursive: true });
  script = path.join(root, 'scripts/backends/build.mjs');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('scripts/backends/build.mjs', () => {
  test('says in one sentence that go is missing', () => {
    const run = build();
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(
      'otelcol is built from source and `go` is not on the PATH: install Go 1.25 or newer, or set OTELCOL_BIN ' +
        'to the path of otelcol 0.162.0.\n',
    );
  });

  test('needs no go for binaries that the user has', () => {
    const run = build({ OTELCOL_BIN: process.execPath, JAEGER_BIN: process.execPath });
    expect(run.status).toBe(0);
    expect(run.stdout.split('\n')).toEqual([
      `otelcol 0.162.0: OTELCOL_BIN names ${process.execPath}`,
      `jaeger 2.13.0: JAEGER_BIN names ${process.execPath}`,
      '',
    ]);
  });

  test('refuses a variable that names no binary', () => {
    const run = build({ OTELCOL_BIN: '/nowhere/otelcol' });
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(
      'OTELCOL_BIN=/nowhere/otelcol is not an executable file: set it to the path of otelcol 0.162.0, or ' +
        'unset it to have that built.\n',
    );
  });

  test('builds once', () => {
    fakeGo('echo built > jaeger; mkdir -p otelcol; echo built > otelcol/otelcol');
    expect(build().stdout).toMatch(
      /otelcol 0\.162\.0: built in \d+ s.*\n.*\n?jaeger 2\.13\.0: built in \d+ s/s,
    );
    expect(binaries()).toEqual([
      expect.stringMatching(/^jaeger-2\.13\.0-[0-9a-f]{8}$/),
      expect.stringMatching(/^otelcol-0\.162\.0-[0-9a-f]{8}$/),
    ]);

    fakeGo('exit 1');
    const again = build();
    expect(again.status).toBe(0);
    expect(again.stdout).toMatch(
      /^otelcol 0\.162\.0: already built, .*\njaeger 2\.13\.0: already built, .*\n$/,
    );
  });

  test('builds again when the manifest has changed', () => {
    fakeGo('echo built > jaeger; mkdir -p otelcol; echo built > otelcol/otelcol');
    build();
    writeFileSync(path.join(root, 'scripts/backends/jaeger/go.mod'), 'module changed\n');
    expect(build().stdout).toMatch(/^otelcol .*: already built, .*\njaeger .*: building /);
  });

  test('names the same version of the collector in the manifest and in the recipe', () => {
    const versions = readFileSync(recipes.otelcol.manifest, 'utf8').matchAll(/ (?:version: |v)(0\.\S+)$/gm);
    expect(new Set([...versions].map(([, version]) => version))).toEqual(new Set([recipes.otelcol.version]));
  });

  test('shows the end of the log of a build that fails, and keeps nothing of it', () => {
    fakeGo('mkdir -p otelcol; echo half > otelcol/otelcol; echo "some module: not found" >&2; exit 7');
    const run = build();
    expect(run.status).toBe(1);
    expect(run.stderr).toContain('--config builder.yaml` ended with exit code 7. The end of ');
    expect(run.stderr).toMatch(/\nsome module: not found\n$/);
    expect(binaries()).toEqual([]);
  });

  test('fails if a build leaves no binary', () => {
    fakeGo('exit 0');
    const run = build();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^otelcol: the build left no otelcol\/otelcol\./);
  });

  test('ends the processes of go on an interrupt, and keeps nothing', async () => {
    const compilerPid = path.join(root, 'compiler-pid');
    fakeGo(`sleep 600 & echo $! > ${compilerPid}.part; mv ${compilerPid}.part ${compilerPid}; wait`);
    const child = spawn(process.execPath, [script], { env: { PATH: searchPath() }, stdio: 'ignore' });
    const exit = once(child, 'exit');
    while (!existsSync(compilerPid)) await sleep(20);
    child.kill('SIGTERM');
    expect(await exit).toEqual([1, null]);
    expect(binaries()).toEqual([]);
    await expect.poll(() => isRunning(Number(readFileSync(compilerPid, 'utf8')))).toBe(false);
  });
});

function build(env: Record<string, string> = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [script], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: searchPath(), ...env },
  });
}

/** A search path without any Go toolchain of this machine. */
function searchPath(): string {
  return `${path.join(root, 'bin')}:/usr/bin:/bin`;
}

/** A `go` whose `go version` works; everything else does what the shell script says. */
function fakeGo(shellScript: string): void {
  const go = path.join(root, 'bin/go');
  mkdirSync(path.dirname(go), { recursive: true });
  writeFileSync(go, `#!/bin/sh\n[ "$1" = version ] && exit 0\n${shellScript}\n`);
  chmodSync(go, 0o755);
}

/** The files in the cache beside the logs: complete binaries, and nothing else. */
function binaries(): string[] {
  const cache = path.join(root, '.cache/backends');
  return existsSync(cache)
    ? readdirSync(cache)
        .filter((name) => name !== 'logs')
        .sort()
    : [];
}
