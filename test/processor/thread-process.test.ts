/** The ends of processes with option `thread`, from dist/, as ES modules and in CommonJS. */
import { fork, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import { makeFolder } from '../harness/folder.js';
import { PROJECT } from '../run-fixture.js';

// A test has up to two processes.
vi.setConfig({ testTimeout: 240_000 });

const FIXTURES = path.join(import.meta.dirname, 'fixtures');

function runProgram(
  program: string,
  settings: { readonly end: string; readonly [name: string]: unknown },
  { env = {}, flags = [] }: { env?: Record<string, string>; flags?: readonly string[] } = {},
) {
  const folder = typeof settings.folder === 'string' ? settings.folder : makeFolder('thread');
  const file = path.isAbsolute(program) ? program : path.join(FIXTURES, program);
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, file, JSON.stringify({ ...settings, folder })],
    { encoding: 'utf8', cwd: PROJECT, env: { ...process.env, ...env }, timeout: 110_000 },
  );
  return { folder, status, signal, stdout, stderr };
}

const linesIn = (folder: string) => {
  const file = path.join(folder, 'events.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
};

interface Counts {
  readonly eventsMade: number;
  readonly sinks: readonly { readonly name: string; readonly recovered: number; readonly spooled: number }[];
}

const EVENTS = 44;

describe.each(['thread-program.mjs', 'thread-program.cjs'])('A process with a thread: %s', (program) => {
  it.each([
    ['natural', 0, ''],
    ['shutdown', 0, ''],
    ['exit', 0, ''],
    ['flush', 0, ''],
    ['later', 0, ''],
    ['exit in shutdown', 0, ''],
    ['throw', 1, 'of the application'],
  ])('has the whole stream in its file at the end: %s', async (end, status, text) => {
    const result = runProgram(program, { end });
    expect(result).toMatchObject({ status, stderr: expect.stringContaining(text) });
    const lines = linesIn(result.folder);
    expect(await verifyEvents(lines)).toMatchObject({ findings: [] });
    expect(lines).toHaveLength(EVENTS);
    expect(lines.at(-1)).toContain('"closed":true');
    expect(lines.at(-1)).toContain(`"delivered":${EVENTS - 1},"dropped":0`);
  });
});

describe('The end of a process with a thread', () => {
  it.each(['natural', 'exit'])('has the whole stream in a process that was forked: %s', async (end) => {
    const folder = makeFolder('thread');
    const child = fork(path.join(FIXTURES, 'thread-program.mjs'), [JSON.stringify({ end, folder })], {
      cwd: PROJECT,
      silent: true,
    });
    const messages: unknown[] = [];
    child.on('message', (message) => messages.push(message));
    expect(await once(child, 'exit')).toEqual([0, null]);
    const lines = linesIn(folder);
    expect(await verifyEvents(lines)).toMatchObject({ findings: [] });
    expect(lines).toHaveLength(EVENTS);
    // The channel to the parent is the application's.
    expect(messages).toEqual([]);
  });

  it('does not wait for a receiver that hangs', async () => {
    const { folder, status } = runProgram('thread-program.mjs', { end: 'exit', sink: 'http that hangs' });
    expect(status).toBe(0);
    const lines = linesIn(folder);
    expect(await verifyEvents(lines)).toMatchObject({ findings: [] });
    expect(lines.at(-1)).toContain('"reason":"process exit"');
  });

  it('has its last checkpoint, signed by the key of a file', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const folder = makeFolder('thread');
    const key = path.join(folder, 'key.pem');
    const publicPem = path.join(folder, 'public.pem');
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(publicPem, publicKey.export({ type: 'spki', format: 'pem' }));
    const options = { checkpoints: { key, maxEvents: 5 } };
    expect(runProgram('thread-program.mjs', { end: 'exit', folder, options }).status).toBe(0);
    const command = [
      'dist/cli/main.js',
      'verify',
      '--public-key',
      publicPem,
      path.join(folder, 'events.jsonl'),
    ];
    const verified = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: PROJECT });
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('no problems found') });
    expect(linesIn(folder).at(-1)).toContain('"worm_proof_id"');
  });

  it('leaves what a spool keeps to the next process, also if it is killed', () => {
    const folder = makeFolder('thread');
    const options = { spool: { directory: path.join(folder, 'spool') } };
    const settings = { folder, options, sink: 'http that hangs' };
    const killed = runProgram('thread-program.mjs', { ...settings, end: 'kill' });
    expect(killed.signal).toBe('SIGKILL');
    const before = JSON.parse(killed.stdout) as Counts;
    const port = Number(/:(\d+)/.exec(String(before.sinks[1]?.name))?.[1]);
    const next = runProgram('thread-program.mjs', { ...settings, end: 'flush', port });
    expect(next.status).toBe(0);
    const after = JSON.parse(next.stdout) as Counts;
    expect(after.sinks[1]).toMatchObject({ name: before.sinks[1]?.name, recovered: before.eventsMade });
    expect(after.sinks[1]?.spooled).toBe(before.eventsMade + after.eventsMade);
  });
});

describe('The preloads of a program', () => {
  it('do not run in its thread', () => {
    const folder = makeFolder('thread');
    const PRELOADED = path.join(folder, 'preloads');
    const preload = `file://${path.join(FIXTURES, 'preload.mjs')}`;
    const result = runProgram(
      'thread-program.mjs',
      { end: 'shutdown', folder },
      { env: { PRELOADED, NODE_OPTIONS: `--import ${preload}` } },
    );
    expect(result.status).toBe(0);
    expect(readFileSync(PRELOADED, 'utf8')).toBe('preloaded\n');
    runProgram(
      'thread-program.mjs',
      { end: 'shutdown', folder },
      { env: { PRELOADED }, flags: ['--import', preload] },
    );
    expect(readFileSync(PRELOADED, 'utf8')).toBe('preloaded\npreloaded\n');
  });
});

describe('An application in a bundle', () => {
  const bundleIn = async (folder: string) => {
    await build({
      entryPoints: [path.join(FIXTURES, 'thread-program.mjs')],
      outfile: path.join(folder, 'app.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
      },
      logLevel: 'error',
    });
    return path.join(folder, 'app.mjs');
  };

  it('is told what it lacks', async () => {
    const folder = makeFolder('thread');
    const app = await bundleIn(folder);
    const result = spawnSync(process.execPath, [app, JSON.stringify({ end: 'exit', folder })], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain(
      'option "thread" needs a file of this package, which is not installed beside the program',
    );
  });

  it('works if the package is installed beside it', async () => {
    const folder = makeFolder('thread');
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(PROJECT, path.join(folder, 'node_modules', 'opentelemetry-instrumentation-openai-agents'));
    const result = runProgram(await bundleIn(folder), { end: 'exit', folder });
    expect(result).toMatchObject({ status: 0 });
    expect(await verifyEvents(linesIn(folder))).toMatchObject({ findings: [] });
  });
});
