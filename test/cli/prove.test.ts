import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UnsealedEvent } from '../../src/chaukas/event.js';
import { sealEvent } from '../../src/chaukas/sealed-event.js';
import { formatCheckpoint } from '../../src/chaukas/transparency-log/checkpoint-note.js';
import { MerkleTree } from '../../src/chaukas/transparency-log/merkle-tree.js';
import { parseNote } from '../../src/chaukas/transparency-log/signed-note.js';
import { formatVerifierKey } from '../../src/chaukas/transparency-log/verifier-key.js';
import { cosignatureLine, signNote } from '../harness/log-notes.js';
import { runCommand, temporaryFolder } from './run-command.js';

const folder = temporaryFolder();
const log = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const KEY = formatVerifierKey('example.com/audit', log.publicKey);
const WITNESS_KEY = formatVerifierKey('witness.example', witness.publicKey, 'cosignature');
const STREAM = 'checkpoints-0197a3c0-5a1e-7bd4-a5b0-1f9c6a1f7d00';

/** A signed stream: its START, a session with four events, two checkpoints, a cosignature, and an END that is signed. */
const lines = signedStream();
const file = written('events.jsonl', `${lines.join('\n')}\n`);

describe('agent-events prove', () => {
  it.each(lines.map((line, index) => ({ index, id: (JSON.parse(line) as { event_id: string }).event_id })))(
    'proves event $index of a stream, which verify confirms without the file',
    async ({ index, id }) => {
      const proof = written('event.tlog-proof', await proved(file, id));
      const { exitCode, stdout, stderr } = await runCommand([
        'verify',
        '--proof',
        proof,
        '--public-key',
        KEY,
        '--json',
      ]);
      expect([exitCode, stderr]).toEqual([0, '']);
      const { event, ...rest } = JSON.parse(stdout);
      const { worm_proof_id, ...hashed } = JSON.parse(lines[index] ?? '');
      expect(event).toEqual(hashed);
      expect(rest).toMatchObject({ proven: true, stream_id: STREAM, index, signers: ['example.com/audit'] });
    },
  );

  it('shows nothing of the other events', async () => {
    const proof = await proved(file, idOf(3));
    const shown = Buffer.from(/extra (\S+)/.exec(proof)?.[1] ?? '', 'base64').toString();
    expect(shown).toBe(lines[3]);
    for (const other of ['order 2', 'order 4']) expect(proof + shown).not.toContain(other);
  });

  it('reads files one after the other, and standard input', async () => {
    const parts = [lines.slice(0, 4), lines.slice(4)].map((part, index) =>
      written(`${index}.jsonl`, part.join('\n')),
    );
    const whole = await proved(file, idOf(3));
    expect((await runCommand(['prove', ...parts, idOf(3)])).stdout).toBe(whole);
    expect((await runCommand(['prove', idOf(3)], { stdin: lines.join('\n') })).stdout).toBe(whole);
  });

  it('takes the note with the signatures of witnesses', async () => {
    const proof = written('cosigned.tlog-proof', await proved(file, idOf(3)));
    const checked = await runCommand([
      'verify',
      '--proof',
      proof,
      '--public-key',
      KEY,
      '--witness-key',
      WITNESS_KEY,
    ]);
    expect(checked.stdout).toContain('  cosigned by witness.example, 2023-11-14T22:13:20.000Z\n');
    const other = formatVerifierKey('witness.example', log.publicKey, 'cosignature');
    const without = await runCommand([
      'verify',
      '--proof',
      proof,
      '--public-key',
      KEY,
      '--witness-key',
      other,
    ]);
    expect(without.stdout).not.toContain('cosigned');
  });

  it.each<[what: string, content: string, id: string, problem: string]>([
    ['an id that is not there', lines.join('\n'), 'no-such-event', 'no event here has the id no-such-event'],
    [
      'an event behind the last checkpoint',
      lines.slice(0, 8).join('\n'),
      idOf(6),
      `no checkpoint of stream ${STREAM} covers the event`,
    ],
    [
      'a file without the START of the stream',
      lines.slice(1).join('\n'),
      idOf(3),
      'the START of the stream is not here, so the place of the event is not known',
    ],
    [
      'a changed event',
      lines.join('\n').replace('order 3', 'order 9'),
      idOf(3),
      'the event does not match its content_hash',
    ],
    [
      'a file with another event changed and hashed anew',
      rehashed(2).join('\n'),
      idOf(3),
      'the events here do not lead to the root of checkpoint 1: verify says which was changed or removed',
    ],
    [
      'a file that lacks an event',
      lines.toSpliced(4, 1).join('\n'),
      idOf(3),
      'the events here do not lead to the root of checkpoint 1: verify says which was changed or removed',
    ],
    ['nothing', '', idOf(3), `no event here has the id ${idOf(3)}`],
  ])('gives no proof for %s', async (_, content, id, problem) => {
    const { exitCode, stdout, stderr } = await runCommand(['prove', id], { stdin: content });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`agent-events: no proof: ${problem}\n`);
  });

  it('says that a file cannot be read', async () => {
    expect(await runCommand(['prove', path.join(folder, 'none.jsonl'), idOf(3)])).toMatchObject({
      exitCode: 3,
      stdout: '',
    });
  });

  it('asks for a file on a terminal', async () => {
    const { exitCode, stderr } = await runCommand(['prove', idOf(3)], { terminal: true });
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('nothing to read; name a file before the event_id'),
    ]);
  });
});

describe('agent-events verify --proof', () => {
  it('prints the event and what is proven of it', async () => {
    const proof = written('shown.tlog-proof', await proved(file, idOf(3)));
    const { content_hash } = JSON.parse(lines[3] ?? '') as { content_hash: string };
    expect(await runCommand(['verify', '--proof', proof, '--public-key', KEY])).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `2026-11-29T16:20:00.000Z  TOOL_CALL_START         orders  lookup  {"text":"order 3"}
proven: event 4 of 5 events of stream ${STREAM}
  content_hash ${content_hash}
  signed by example.com/audit, 2026-11-29T16:20:00.000Z
`,
    });
  });

  it('escapes what stands in the event', async () => {
    const proof = written('hostile.tlog-proof', await proved(file, idOf(7)));
    const { stdout } = await runCommand(['verify', '--proof', proof, '--public-key', KEY], {
      terminal: true,
    });
    expect(stdout).toContain('\\u001b[2Jorder\\udb40\\udc41');
    expect(stdout).not.toContain('\u{e0041}');
  });

  it('does not find it proven with another key or another event', async () => {
    const text = await proved(file, idOf(3));
    const proof = written('good.tlog-proof', text);
    const other = formatVerifierKey('example.com/audit', witness.publicKey);
    expect(await runCommand(['verify', '--proof', proof, '--public-key', other])).toEqual({
      exitCode: 1,
      stderr: '',
      stdout: `${proof}: not proven: none of the given public keys signed the checkpoint\n`,
    });
    const extra = Buffer.from(lines[2] ?? '').toString('base64');
    const forged = written('forged.tlog-proof', text.replace(/extra .*/, `extra ${extra}`));
    const { exitCode, stdout } = await runCommand([
      'verify',
      '--proof',
      forged,
      '--public-key',
      KEY,
      '--json',
    ]);
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      1,
      {
        file: forged,
        proven: false,
        problem: 'the path does not lead from the event to the root of the checkpoint',
      },
    ]);
  });

  it.each<[what: string, args: readonly string[], exitCode: number, says: string]>([
    ['a key', ['--proof', file], 2, '--proof needs --public-key'],
    [
      'a key that can be read',
      ['--proof', file, '--public-key', 'none.pem'],
      2,
      '--public-key none.pem: no such file',
    ],
    ['a file that can be read', ['--proof', 'none', '--public-key', KEY], 3, 'none: no such file'],
    [
      'no files of events',
      ['--proof', file, '--public-key', KEY, file],
      2,
      '--proof and files of events cannot be combined',
    ],
  ])('needs %s', async (_, args, exitCode, says) => {
    const result = await runCommand(['verify', ...args]);
    expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringContaining(says)]);
  });

  it('takes the key as a file of PEM or of a verifier key', async () => {
    const proof = written('good.tlog-proof', await proved(file, idOf(3)));
    for (const content of [KEY, log.publicKey.export({ type: 'spki', format: 'pem' }) as string]) {
      const key = written('key', content);
      expect((await runCommand(['verify', '--proof', proof, '--public-key', key])).exitCode).toBe(0);
    }
  });
});

async function proved(from: string, id: string): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(['prove', from, id]);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

function written(name: string, content: string): string {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  expect(readFileSync(target, 'utf8')).toBe(content);
  return target;
}

function idOf(index: number): string {
  return (JSON.parse(lines[index] ?? '{}') as { event_id: string }).event_id;
}

/** The stream, with the content of an event changed and all hashes of its session made anew. */
function rehashed(changed: number): string[] {
  return signedStream(changed);
}

function signedStream(changed?: number): string[] {
  const original = changed === undefined ? undefined : lines;
  const tree = new MerkleTree();
  const heads = new Map<string, string>();
  const made: string[] = [];
  let number = 0;
  const add = (session: string, type: string, rest: object, proof?: (hash: string) => string) => {
    const event = {
      event_id: `0197a3c0-5a1e-7bd4-a5b0-1f9c6a1f7d${String(made.length).padStart(2, '0')}`,
      session_id: session,
      timestamp: '2026-11-29T16:20:00.000000Z',
      type,
      ...rest,
    } as unknown as UnsealedEvent;
    const before = heads.get(session) ?? '';
    const { event: sealed } = sealEvent(event, before);
    const content = sealed.content_hash ?? '';
    made.push(sealEvent(event, before, proof?.(content)).line);
    heads.set(session, content);
    tree.append(content);
  };
  const checkpoint = () => {
    const old = original?.[made.length];
    number += 1;
    const text = formatCheckpoint({
      origin: STREAM,
      size: tree.size,
      root: tree.root(),
      number,
      time: '2026-11-29T16:20:00.000Z',
      isFinal: false,
    });
    // Someone without the key can only keep the signed note.
    const note = old === undefined ? signNote(text, 'example.com/audit', log.privateKey) : noteIn(old);
    add(STREAM, 'EVENT_TYPE_SYSTEM', { metadata: { message: 'checkpoint', checkpoint: note } });
    return note;
  };
  const tool = (index: number, text: string) =>
    add('orders', 'EVENT_TYPE_TOOL_CALL_START', {
      tool_call: { name: 'lookup', arguments: { text } },
      index,
    });

  add(STREAM, 'EVENT_TYPE_SESSION_START', { metadata: { stream_id: STREAM, scope: 'process' } });
  add('orders', 'EVENT_TYPE_SESSION_START', { metadata: { stream_id: STREAM } });
  tool(2, changed === 2 ? 'order X' : 'order 2');
  tool(3, 'order 3');
  tool(4, 'order 4');
  const note = checkpoint();
  add(STREAM, 'EVENT_TYPE_SYSTEM', {
    metadata: {
      message: 'checkpoint cosigned',
      checkpoint:
        note +
        cosignatureLine(parseNote(note)?.text ?? '', 'witness.example', witness.privateKey, 1_700_000_000n),
    },
  });
  tool(7, '\u001b[2Jorder\u{e0041}');
  checkpoint();
  add('orders', 'EVENT_TYPE_SESSION_END', { metadata: { event_count: 6 } });
  add(STREAM, 'EVENT_TYPE_SESSION_END', { metadata: { closed: true } }, (hash) => {
    const whole = tree.copy();
    whole.append(hash);
    const text = formatCheckpoint({ origin: STREAM, size: whole.size, root: whole.root(), isFinal: false });
    return signNote(text, 'example.com/audit', log.privateKey).split('\n— ')[1]?.trimEnd() ?? '';
  });
  return made;
}

function noteIn(line: string): string {
  return (JSON.parse(line) as { metadata: { checkpoint: string } }).metadata.checkpoint;
}
