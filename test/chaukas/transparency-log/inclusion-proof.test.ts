import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { UnsealedEvent } from '../../../src/chaukas/event.js';
import { sealEvent } from '../../../src/chaukas/sealed-event.js';
import { formatCheckpoint } from '../../../src/chaukas/transparency-log/checkpoint-note.js';
import {
  formatProof,
  type InclusionProof,
  parseProof,
  verifyProof,
} from '../../../src/chaukas/transparency-log/inclusion-proof.js';
import { inclusionPath } from '../../../src/chaukas/transparency-log/merkle-tree.js';
import { parseNote } from '../../../src/chaukas/transparency-log/signed-note.js';
import { formatVerifierKey } from '../../../src/chaukas/transparency-log/verifier-key.js';
import { cosignatureLine, signNote, treeOf } from '../../harness/log-notes.js';

const log = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519').publicKey;
const publicKeys = [log.publicKey];

const sealed = Array.from({ length: 11 }, (_, index) => sealEvent(event(index), ''));
const hashes = sealed.map(({ event: { content_hash = '' } }) => content_hash);

describe('A proof of an event', () => {
  it('is a text in the form of C2SP', () => {
    expect(
      formatProof({ line: '{"a":1}', index: 2, path: ['AAA=', 'BBB='], note: 'text\n\n— a AAAA\n' }),
    ).toBe('c2sp.org/tlog-proof@v1\nextra eyJhIjoxfQ==\nindex 2\nAAA=\nBBB=\n\ntext\n\n— a AAAA\n');
  });

  it.each(sealed.map((_, index) => index))('is valid for event %i', (index) => {
    const proof = proofOf(index);
    expect(parseProof(formatProof(proof))).toEqual(proof);
    expect(verifyProof(formatProof(proof), { publicKeys })).toEqual({
      proven: {
        event: sealed[index]?.event,
        streamId: 'checkpoints-1',
        index,
        size: 11,
        time: '2026-11-29T16:20:00.000Z',
        signers: ['log'],
        witnesses: [],
      },
    });
  });

  it('names the witnesses whose keys are given, and when they saw the checkpoint', () => {
    const proof = proofOf(4);
    const { text = '' } = parseNote(proof.note) ?? {};
    const cosigned = formatProof({
      ...proof,
      note: proof.note + cosignatureLine(text, 'witness', witness.privateKey, 1_700_000_000n),
    });
    expect(verifyProof(cosigned, { publicKeys }).proven?.witnesses).toEqual([]);
    for (const key of [formatVerifierKey('witness', witness.publicKey, 'cosignature'), witness.publicKey]) {
      expect(verifyProof(cosigned, { publicKeys, witnessKeys: [key] }).proven?.witnesses).toEqual([
        { name: 'witness', time: 1_700_000_000_000 },
      ]);
    }
    const forged = formatProof({
      ...proof,
      note: proof.note + cosignatureLine('other text\n', 'witness', witness.privateKey, 1_700_000_000n),
    });
    expect(verifyProof(forged, { publicKeys, witnessKeys: [witness.publicKey] }).problem).toBe(
      'the cosignature of a witness is wrong',
    );
    // A witness does not stand in for the log.
    expect(verifyProof(cosigned, { publicKeys: [witness.publicKey] }).problem).toBe(
      'none of the given public keys signed the checkpoint',
    );
  });

  it('does not prove what is not hashed', () => {
    const proof = proofOf(4);
    const line = proof.line.replace(/\}$/, ',"worm_proof_id":"invented"}');
    expect(verifyProof(formatProof({ ...proof, line }), { publicKeys }).proven?.event).toEqual(
      sealed[4]?.event,
    );
  });

  const PATH = 'the path does not lead from the event to the root of the checkpoint';
  const proof = proofOf(4);
  const { line, path } = proof;
  it.each<[what: string, changed: InclusionProof, problem: string]>([
    [
      'another content',
      { ...proof, line: line.replace('tool 4', 'tool 5') },
      'the event does not match its content_hash',
    ],
    ['another event of the stream', { ...proof, line: sealed[5]?.line ?? '' }, PATH],
    ['an event of another stream', { ...proof, line: sealEvent(event(99), '').line }, PATH],
    ['another index', { ...proof, index: 5 }, PATH],
    ['an index behind the end', { ...proof, index: 11 }, PATH],
    ['a hash less', { ...proof, path: path.slice(1) }, PATH],
    ['a hash more', { ...proof, path: [...path, ...path.slice(0, 1)] }, PATH],
    ['its path in another order', { ...proof, path: [...path].reverse() }, PATH],
    ['another root', { ...proof, note: noteOver(hashes.slice(1)) }, PATH],
    [
      'a text that was not signed',
      { ...proof, note: proof.note.replace('\n11\n', '\n12\n') },
      'the signature of the checkpoint is wrong',
    ],
    [
      'a note that is not a checkpoint',
      { ...proof, note: signNote('text\n', 'log', log.privateKey) },
      'the checkpoint cannot be read',
    ],
    ['no note', { ...proof, note: '' }, 'the checkpoint cannot be read'],
    ['no event', { ...proof, line: '[]' }, 'the proof has no event'],
    ['an event that is not JSON', { ...proof, line: '{' }, 'the event in the proof cannot be read'],
    [
      'a member twice',
      { ...proof, line: line.replace('"type":', '"type":"EVENT_TYPE_ERROR","type":') },
      'an object has the member "type" twice: programs differ in which of the two they read',
    ],
    [
      'an event nested too deep',
      {
        ...proof,
        line: `{"content_hash":"a","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      },
      'the event in the proof cannot be read',
    ],
  ])('is not valid with %s', (_, changed, problem) => {
    expect(verifyProof(formatProof(changed), { publicKeys })).toEqual({ problem });
  });

  const text = formatProof(proof);
  it.each<[what: string, text: string]>([
    ['another version', text.replace('@v1', '@v2')],
    ['no event', text.replace(/extra .*\n/, '')],
    ['no index', text.replace(/index .*\n/, '')],
    ['an index with a leading zero', text.replace('index 4', 'index 04')],
    ['no note', text.slice(0, text.indexOf('\n\n'))],
    ['nothing', ''],
  ])('is not read from a text with %s', (_, changed) => {
    expect(verifyProof(changed, { publicKeys }).problem).toBe(
      'the text is not a proof of an event (c2sp.org/tlog-proof@v1)',
    );
  });

  it('needs a key that signed it', () => {
    const none = { problem: 'none of the given public keys signed the checkpoint' };
    expect(verifyProof(text, { publicKeys: [stranger] })).toEqual(none);
    expect(verifyProof(text, { publicKeys: [] })).toEqual(none);
    expect(verifyProof(text, { publicKeys: [stranger, log.publicKey] }).proven?.index).toBe(4);
    expect(() => verifyProof(text, { publicKeys: ['key.pem'] })).toThrow(TypeError);
  });
});

function proofOf(index: number): InclusionProof {
  return {
    line: sealed[index]?.line ?? '',
    index,
    path: inclusionPath(hashes, index),
    note: noteOver(hashes),
  };
}

function noteOver(leaves: readonly string[]): string {
  const tree = treeOf(leaves);
  const text = formatCheckpoint({
    origin: 'checkpoints-1',
    size: tree.size,
    root: tree.root(),
    number: 1,
    time: '2026-11-29T16:20:00.000Z',
    isFinal: false,
  });
  return signNote(text, 'log', log.privateKey);
}

function event(index: number): UnsealedEvent {
  return {
    event_id: `0197a3c0-5a1e-7bd4-a5b0-1f9c6a1f7d${String(index).padStart(2, '0')}`,
    type: 'EVENT_TYPE_TOOL_CALL_START',
    session_id: 'session',
    timestamp: '2026-11-29T16:20:00.000000Z',
    tool_call: { id: `call-${index}`, name: `tool ${index}` },
  } as unknown as UnsealedEvent;
}
