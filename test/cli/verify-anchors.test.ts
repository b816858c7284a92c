// agent-events verify --anchor and --witness-key: checkpoints that were kept elsewhere, and signatures of witnesses.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatVerifierKey } from '../../src/chaukas/transparency-log/verifier-key.js';
import { withEverything } from '../chaukas/verify/forging.js';
import { cosigned, type TestKey } from '../chaukas/verify/reference-log.js';
import { PUBLIC_KEY, TEST_KEY } from '../chaukas/verify/sample-files.js';
import { TestProcess } from '../chaukas/verify/test-process.js';
import { runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();
const witness = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const WITNESS: TestKey = { name: 'witness.example', privateKey: witness.privateKey };
const KEY = formatVerifierKey('audit', PUBLIC_KEY);
const WITNESS_KEY = formatVerifierKey(WITNESS.name, witness.publicKey, 'cosignature');

/** A signed stream with two sessions, whose second checkpoint a witness cosigned. */
const lines: string[] = [];
const writer = new TestProcess(lines, { key: TEST_KEY, maxEvents: 4 }).whole('a').whole('b');
writer.cosign(cosigned(writer.notes[1] ?? '', WITNESS, 1_800_000_000));
writer.shutdown();
const { notes } = writer;
const whole = written('whole.jsonl', lines.join('\n'));

function written(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** The exit code, the findings as `severity code`, and the counts. */
async function verified(file: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await runCommand(['verify', '--json', ...flags, file]);
  expect(stderr).toBe('');
  const { findings, anchors, cosignatures, checkpoints } = JSON.parse(stdout);
  const found = findings.map(
    ({ severity, code }: { severity: string; code: string }) => `${severity} ${code}`,
  );
  return { exitCode, found, anchors, cosignatures, checkpoints };
}

describe('--anchor', () => {
  test.each<[string, () => string[], number]>([
    ['a note', () => [written('one.note', notes[0] ?? '')], 1],
    [
      'all notes in one file, as an application appends them',
      () => [written('all.notes', notes.join(''))],
      notes.length,
    ],
    [
      'notes with empty lines between them',
      () => [written('spaced.notes', notes.join('\n\n'))],
      notes.length,
    ],
    [
      'a file with line ends of Windows',
      () => [written('windows.notes', notes.join('').replaceAll('\n', '\r\n'))],
      notes.length,
    ],
    [
      'several files, in any order',
      () => [written('late.note', notes.at(-1) ?? ''), written('early.note', notes[0] ?? '')],
      2,
    ],
    [
      'a note with the signature of a witness',
      () => [written('cosigned.note', cosigned(notes[0] ?? '', WITNESS, 1_800_000_000))],
      1,
    ],
  ])('accepts %s', async (_, files, anchors) => {
    const flags = files().flatMap((file) => ['--anchor', file]);
    expect(await verified(whole, ...flags)).toMatchObject({ exitCode: 0, found: [], anchors });
    expect(await verified(whole, '--public-key', KEY, ...flags)).toMatchObject({
      exitCode: 0,
      found: [],
      anchors,
    });
  });

  test('says in the summary how many were found', async () => {
    const anchor = written('all.notes', notes.join(''));
    const { exitCode, stdout } = await runCommand(['verify', '--anchor', anchor, whole]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `, signatures not checked, ${notes.length} of ${notes.length} anchors found: no problems found\n$`,
      ),
    );
  });

  test('finds a file that was cut after the anchor was made, which nothing in the file shows', async () => {
    const at = lines.findIndex((line) => line.includes('"message":"checkpoint"'));
    const cut = written('cut.jsonl', lines.slice(0, at + 1).join('\n'));
    const { exitCode, found } = await verified(cut, '--anchor', written('last.note', notes.at(-1) ?? ''));
    expect(exitCode).toBe(1);
    expect(found).toContain('error missing_anchor');
    expect((await verified(cut)).found).not.toContain('error missing_anchor');
  });

  test('finds a stream that was written anew with the same key', async () => {
    // Without the cosignature, which nobody but the witness can make anew.
    const plain: string[] = [];
    const own = new TestProcess(plain, { key: TEST_KEY, maxEvents: 4 }).whole('a').whole('b');
    own.shutdown();
    const anew = withEverything(plain, [{ at: 4, to: (event) => ({ ...event, tags: ['x'] }) }], TEST_KEY);
    const other = written('anew.jsonl', anew.join('\n'));
    expect(await verified(other, '--public-key', KEY)).toMatchObject({ exitCode: 0, found: [] });
    const { exitCode, found } = await verified(
      other,
      '--anchor',
      written('newest.note', own.notes.at(-1) ?? ''),
    );
    expect({ exitCode, found }).toEqual({ exitCode: 1, found: ['error different_anchor'] });
  });

  test('does not accept a note of another key', async () => {
    const forged = new TestProcess([], {
      key: { name: 'audit', privateKey: stranger.privateKey },
      maxEvents: 4,
    });
    forged.whole('a').shutdown();
    const anchor = written('forged.note', forged.notes[0] ?? '');
    const { exitCode, found } = await verified(whole, '--public-key', KEY, '--anchor', anchor);
    expect({ exitCode, found }).toEqual({ exitCode: 1, found: ['error bad_anchor'] });
  });

  test.each([
    ['is missing', undefined, 'no such file'],
    ['is empty', '', 'the file has no signed note (c2sp.org/signed-note)'],
    ['has no note', 'hello\n', 'the file has no signed note (c2sp.org/signed-note)'],
    [
      'has something else after a note',
      `${notes[0]}hello\n`,
      'the file has no signed note (c2sp.org/signed-note)',
    ],
  ])('is wrong usage if the file %s', async (_, content, problem) => {
    const file = content === undefined ? path.join(folder, 'none.note') : written('wrong.note', content);
    expect(await runCommand(['verify', '--anchor', file, whole])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `agent-events: --anchor ${file}: ${problem}\n`,
    });
  });

  test('cannot be combined with --proof', async () => {
    const { exitCode, stderr } = await runCommand(['verify', '--proof', whole, '--anchor', whole]);
    expect([exitCode, stderr]).toEqual([2, 'error: --proof and --anchor cannot be combined\n']);
  });
});

describe('--witness-key', () => {
  test('counts the cosignatures of this witness, with the key itself and from a file', async () => {
    for (const key of [WITNESS_KEY, written('witness.pub', `${WITNESS_KEY}\n`)]) {
      const flags = ['--public-key', KEY, '--witness-key', key];
      expect(await verified(whole, ...flags)).toMatchObject({ exitCode: 0, found: [], cosignatures: 1 });
      const { stdout } = await runCommand(['verify', ...flags, whole]);
      expect(stdout).toMatch(/ signed checkpoints, 1 cosignature: no problems found\n$/);
    }
  });

  test('takes several witnesses, of whom one is enough', async () => {
    const other = formatVerifierKey('other.example', stranger.publicKey, 'cosignature');
    const flags = ['--public-key', KEY, '--witness-key', other, '--witness-key', WITNESS_KEY];
    expect(await verified(whole, ...flags)).toMatchObject({ exitCode: 0, found: [], cosignatures: 1 });
  });

  test('warns of a stream that no given witness cosigned, which --strict makes a failure', async () => {
    const other = formatVerifierKey('other.example', stranger.publicKey, 'cosignature');
    const flags = ['--public-key', KEY, '--witness-key', other];
    expect(await verified(whole, ...flags)).toMatchObject({
      exitCode: 0,
      found: ['warning missing_cosignature'],
      cosignatures: 0,
    });
    expect((await verified(whole, '--strict', ...flags)).exitCode).toBe(1);
  });

  test('finds a cosignature that was changed', async () => {
    const another = (_: string, before: string, character: string) =>
      before + (character === 'x' ? 'y' : 'x');
    const changed = lines.map((line) => line.replace(/(— witness.example .{20})(.)/, another));
    const { exitCode, found } = await verified(
      written('changed.jsonl', changed.join('\n')),
      '--public-key',
      KEY,
      '--witness-key',
      WITNESS_KEY,
    );
    expect(exitCode).toBe(1);
    expect(found).toContain('error bad_cosignature');
  });

  test('does not take the key of a log', async () => {
    const { exitCode, stderr } = await runCommand(['verify', '--witness-key', 'none.pub', whole]);
    expect([exitCode, stderr]).toEqual([2, 'agent-events: --witness-key none.pub: no such file\n']);
  });
});
