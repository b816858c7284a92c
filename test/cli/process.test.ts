// Behaviour of the process: exit codes, signals, closed pipes, and colours by environment.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { EVERY_TYPE, eventLine, MAIN, runBin, runCommand, startBin, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();

describe('usage', () => {
  test.each([
    [[], 2],
    [['--help'], 0],
    [['tree', '--help'], 0],
    [['--version'], 0],
    [['grow'], 2],
    [['tree', '--colour'], 2],
    [['stats', '--slowest', '-1'], 2],
    [['stats', '--slowest', 'all'], 2],
    [['tail', '-n', '1.5'], 2],
    [['tail', '--severity', 'loud'], 2],
    [['tail', '--type', 'TOOL'], 2],
    [['convert'], 2],
    [['convert', '--to', 'xml'], 2],
    [['convert', '--to', 'csv', '--json'], 2],
    [['verify', '--public-key', 'missing.pem'], 2],
    [['show'], 2],
    [['completion'], 2],
    [['completion', 'bash'], 0],
    [['doctor', '--stop-after', 'soon'], 2],
  ])('%j: exit code %i', async (args, exitCode) => {
    const { exitCode: actual, stdout, stderr } = await runCommand(args, { stdin: eventLine({}) });
    expect(actual).toBe(exitCode);
    // Requested text goes to standard output, errors go to standard error.
    expect([stdout === '', stderr === '']).toEqual(exitCode === 0 ? [false, true] : [true, false]);
  });

  test('an unknown type is reported with the known ones', async () => {
    const { stderr } = await runCommand(['tail', '--type', 'TOOL']);
    expect(stderr).toMatch(
      /unknown event type "TOOL"; use one of SESSION_START, .*, SYSTEM, a pair such as TOOL_CALL/,
    );
  });

  test('a command without input at a terminal prints its usage and does not wait', async () => {
    expect(await runCommand(['tree'], { terminal: true })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: nothing to read; name a file or redirect one: agent-events tree < FILE\n',
    });
  });
});

test('the built command in package.json is executable and has its version', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const { bin, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const built = path.join(root, bin['agent-events']);
  if (!existsSync(built)) throw new Error(`${built} is missing: run "npm run build" first`);
  expect(readFileSync(built, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  // Windows does not have this permission.
  if (process.platform !== 'win32') expect(statSync(built).mode & 0o111).toBe(0o111);
  const { stdout } = await promisify(execFile)(process.execPath, [built, '--version']);
  expect(stdout).toBe(`${version}\n`);
});

test('the command reads standard input', async () => {
  expect(await runBin(['tail', '-n', '1'], { stdin: eventLine({ metadata: { message: 'hello' } }) })).toEqual(
    {
      exitCode: 0,
      stderr: '',
      stdout: '2026-03-14T09:26:53.000Z  SYSTEM                  s1  hello\n',
    },
  );
});

test('a closed pipe ends the command quietly', async () => {
  const file = path.join(folder, 'long.jsonl');
  writeFileSync(file, eventLine({ metadata: { text: 'x'.repeat(900) } }).repeat(20_000));
  const child = startBin(['convert', '--json', file]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [exitCode, signal] = await once(child, 'close');
  expect({ exitCode, signal, stderr }).toEqual({ exitCode: 0, signal: null, stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is reported with exit code 4', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'stats', EVERY_TYPE], {
    stdio: ['ignore', full, 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [exitCode] = await once(child, 'close');
  closeSync(full);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: 'agent-events: cannot write the output: ENOSPC: no space left on device, write\n',
  });
});

test('Ctrl-C ends tail -f', async () => {
  const file = path.join(folder, 'live.jsonl');
  writeFileSync(file, eventLine({}));
  const child = startBin(['tail', '-f', file]);
  await once(child.stdout, 'data');
  child.kill('SIGINT');
  const [exitCode, signal] = await once(child, 'close');
  expect({ exitCode, signal }).toEqual({ exitCode: null, signal: 'SIGINT' });
});

describe('Colour', () => {
  test('is off in a pipe unless it is forced', async () => {
    const { stdout } = await runBin(['tree', EVERY_TYPE]);
    expect(stdout).not.toContain('\u001b');
    expect((await runBin(['tree', EVERY_TYPE], { env: { FORCE_COLOR: '1' } })).stdout).toContain(
      '\u001b[31mfailed\u001b[0m',
    );
  });

  test('is on for a terminal unless NO_COLOR is set', async () => {
    const colored = await runCommand(['tree', EVERY_TYPE], { terminal: true });
    expect(colored.stdout).toContain('\u001b[31mfailed\u001b[0m');
    // Without the cuts at the edge of a terminal.
    const args = ['tree', '--full', EVERY_TYPE];
    const plain = await runCommand(args, { terminal: true, env: { NO_COLOR: '1' } });
    expect(plain.stdout).toBe((await runCommand(args)).stdout);
  });

  test.each(['tree', 'stats', 'verify', 'tail', 'convert'])('is off for %s --json', async (command) => {
    const { stdout } = await runCommand([command, '--json', EVERY_TYPE], {
      terminal: true,
      env: { FORCE_COLOR: '1' },
    });
    for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
  });
});

test('hostile text does not reach a terminal, not even in JSON or CSV', async () => {
  const stdin = eventLine({ type: 'EVENT_TYPE_INPUT_RECEIVED', message: { text: '\u009b2J\u202e\u007f' } });
  for (const args of [
    ['tail', '--json'],
    ['tree', '--json'],
    ['convert', '--to', 'csv'],
    ['convert', '--to', 'cloudevents'],
  ]) {
    const { stdout } = await runCommand([...args, '-'], { stdin, terminal: true });
    expect(stdout).toContain('\\u009b2J\\u202e\\u007f');
    expect(stdout).not.toMatch(/[\u009b\u202e\u007f]/);
  }
});
