import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { LineOrigins } from '../../src/cli/verify/verified-inputs.js';
import { EVERY_TYPE, eventLine, runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();
const source = readFileSync(EVERY_TYPE, 'utf8');
const lines = source.trimEnd().split('\n');

function written(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The exit code, and the findings as `line code`. */
async function verified(content: string, ...flags: string[]) {
  const { exitCode, stdout } = await runCommand(['verify', '--json', ...flags], { stdin: content });
  const { findings } = JSON.parse(stdout);
  return {
    exitCode,
    found: findings.map(({ line, code }: { line: number | null; code: string }) => `${line} ${code}`),
  };
}

test('verify finds nothing in an unchanged file', async () => {
  expect(await runCommand(['verify', EVERY_TYPE])).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: '27 events, 2 sessions, 1 stream, signatures not checked: no problems found\n',
  });
});

describe('verify finds', () => {
  const moved = [...lines.slice(0, 9), lines[10], lines[9], ...lines.slice(11)];
  test.each([
    ['a changed event', source.replace('max_100_eur', 'max_999_eur'), ['9 changed_event']],
    [
      'a removed event',
      lines.toSpliced(13, 1).join('\n'),
      ['10 missing_end', '14 removed_event', '25 wrong_count', '26 wrong_count'],
    ],
    ['a truncated file', lines.slice(0, -3).join('\n'), ['24 unclosed_stream']],
    ['reordered events', moved.join('\n'), ['11 reordered_event']],
  ])('%s', async (_, content, found) => {
    expect(await verified(content)).toEqual({ exitCode: 1, found });
  });

  test('the line, the session and the event of a problem', async () => {
    const file = written('changed.jsonl', source.replace('max_100_eur', 'max_999_eur'));
    expect(await runCommand(['verify', file])).toEqual({
      exitCode: 1,
      stderr: '',
      stdout: `${file}:9: error changed_event: the content does not match content_hash (session order-1042, event 01931f2a-7c00-7000-8000-00000000000a)
changed_event: The event was edited after it was written.
27 events, 2 sessions, 1 stream, signatures not checked: 1 error, 0 warnings
`,
    });
    expect(JSON.parse((await runCommand(['verify', '--json', file])).stdout)).toEqual({
      events: 27,
      sessions: 2,
      streams: 1,
      checkpoints: 0,
      cosignatures: 0,
      anchors: 0,
      signers: [],
      findings: [
        {
          file,
          line: 9,
          severity: 'error',
          code: 'changed_event',
          message: 'the content does not match content_hash',
          meaning: 'The event was edited after it was written.',
          session_id: 'order-1042',
          event_id: '01931f2a-7c00-7000-8000-00000000000a',
        },
      ],
      findings_omitted: 0,
    });
  });
});

test('verify accepts reformatted lines', async () => {
  const pretty = lines.map((line) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())),
  );
  expect(await verified(`\ufeff${pretty.join('\r\n\r\n')}`)).toEqual({ exitCode: 0, found: [] });
});

test('a session may continue in the next file, and a finding there has the line of that file', async () => {
  const first = written('first.jsonl', `${lines.slice(0, 8).join('\n')}\n`);
  const second = written('second.jsonl', `\n${lines.slice(8).join('\n')}\n`);
  expect((await runCommand(['verify', first, second])).exitCode).toBe(0);
  writeFileSync(second, readFileSync(second, 'utf8').replace('max_100_eur', 'max_999_eur'));
  expect((await runCommand(['verify', first, second])).stdout).toContain(`${second}:2: error changed_event`);
  expect((await runCommand(['verify', second, first])).exitCode).toBe(1);
});

describe('Input that proves nothing is not a success', () => {
  test('without any event the exit code is 3', async () => {
    expect(await runCommand(['verify', written('empty.jsonl', '')])).toEqual({
      exitCode: 3,
      stderr: `agent-events: ${path.join(folder, 'empty.jsonl')}: is empty\n`,
      stdout: '0 events, 0 sessions, 0 streams, signatures not checked: nothing to verify\n',
    });
  });

  test('with a missing file the exit code is 3', async () => {
    const { exitCode, stdout } = await runCommand(['verify', EVERY_TYPE, path.join(folder, 'missing.jsonl')]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 3,
      stdout: '27 events, 2 sessions, 1 stream, signatures not checked: no problems found\n',
    });
  });

  test('with a finding and a missing file the exit code is 1', async () => {
    const { exitCode } = await runCommand(['verify', written('bad.jsonl', eventLine({})), 'missing.jsonl']);
    expect(exitCode).toBe(1);
  });
});

describe('A public key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const pem = { type: 'spki', format: 'pem' } as const;

  test('makes a stream without a checkpoint an error', async () => {
    const key = written('public.pem', publicKey.export(pem));
    expect(await runCommand(['verify', '--public-key', key, EVERY_TYPE])).toEqual({
      exitCode: 1,
      stderr: '',
      stdout: `${EVERY_TYPE}:1: error missing_checkpoint: the stream has no checkpoint with a valid signature (session stream-01931f2a-7c00-7000-8000-000000000000, event 01931f2a-7c00-7000-8000-000000000001)
missing_checkpoint: Checkpoints were removed, or the stream was forged without the key.
27 events, 2 sessions, 1 stream, 0 signed checkpoints: 1 error, 0 warnings
`,
    });
    expect(await runCommand(['verify', '--public-key', key, written('nothing.jsonl', '')])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('error missing_checkpoint: there is no stream, and so no checkpoint\n'),
    });
  });

  test.each([
    ['missing.pem', undefined, 'no such file'],
    ['text.pem', 'no key', 'the key is neither PEM nor a verifier key (name+id+base64)'],
    ['rsa.pem', rsa.export(pem), 'the key is rsa; checkpoints are signed with ed25519'],
    [
      'private.pem',
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'this is a private key; use the public key',
    ],
  ])('in %s is rejected', async (name, content, message) => {
    const file = content === undefined ? path.join(folder, name) : written(name, content);
    expect(await runCommand(['verify', '--public-key', file, EVERY_TYPE])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `agent-events: --public-key ${file}: ${message}\n`,
    });
  });
});

test('LineOrigins maps lines of the stream to their inputs', () => {
  const origins = new LineOrigins();
  const numbers: number[] = [];
  for (const [name, inputLines] of [
    ['a', [1, 3]],
    ['empty', []],
    ['b', [2]],
  ] as const) {
    origins.begin(name);
    for (const line of inputLines) numbers.push(origins.inStream(line));
  }
  expect(numbers).toEqual([1, 3, 5]);
  expect(numbers.map((line) => origins.of(line))).toEqual([
    { input: 'a', line: 1 },
    { input: 'a', line: 3 },
    { input: 'b', line: 2 },
  ]);
  expect(origins.of(0)).toBeUndefined();
});
