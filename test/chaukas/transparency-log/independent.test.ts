import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealEvent, type UnsealedEvent } from '../../../src/chaukas/sealed-event.js';
import {
  formatCheckpoint,
  type LogCheckpoint,
  textHash,
} from '../../../src/chaukas/transparency-log/checkpoint-note.js';
import { formatProof } from '../../../src/chaukas/transparency-log/inclusion-proof.js';
import { inclusionPath } from '../../../src/chaukas/transparency-log/merkle-tree.js';
import { formatVerifierKey } from '../../../src/chaukas/transparency-log/verifier-key.js';
import { buildLogCheck, logCheck, logCheckMissing } from '../../harness/log-check.js';
import { cosignatureLine, signNote, treeOf } from '../../harness/log-notes.js';

const log = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const LOG_KEY = formatVerifierKey('log.example/1', log.publicKey);
const WITNESS_KEY = formatVerifierKey('witness.example', witness.publicKey, 'cosignature');

const SIZE = 13;
const events = Array.from({ length: SIZE }, (_, index) =>
  sealEvent({ event_id: `event-${index}`, type: 'EVENT_TYPE_SYSTEM', session_id: 's' } as UnsealedEvent, ''),
);
const hashes = events.map(({ event }) => event.content_hash ?? '');

describe.skipIf(logCheckMissing() !== undefined)('An implementation in Go', () => {
  beforeAll(buildLogCheck, 180_000);

  const text = formatCheckpoint(checkpoint());
  const note = signNote(text, 'log.example/1', log.privateKey);

  it('opens a note, and reads the checkpoint in it', () => {
    expect(logCheck('note', [LOG_KEY], note).answer).toEqual({
      origin: 'checkpoints-1',
      size: SIZE,
      root: treeOf(hashes).root(),
      extensions: [
        'checkpoint 2',
        'time 2026-11-29T16:20:00.000Z',
        `previous ${textHash('before\n')}`,
        'final',
      ],
      signers: [{ name: 'log.example/1' }],
    });
  });

  it('finds the cosignature of a witness, and its time', () => {
    expect(
      logCheck(
        'note',
        [LOG_KEY, WITNESS_KEY],
        note + cosignatureLine(text, 'witness.example', witness.privateKey, 1_700_000_000n),
      ).answer,
    ).toMatchObject({
      signers: [{ name: 'log.example/1' }, { name: 'witness.example', time: 1_700_000_000 }],
    });
  });

  it.each<[what: string, keys: readonly string[], note: string]>([
    ['another key', [formatVerifierKey('log.example/1', witness.publicKey)], note],
    ['another size', [LOG_KEY], note.replace(`\n${SIZE}\n`, `\n${SIZE + 1}\n`)],
    [
      'a cosignature of another text',
      [LOG_KEY, WITNESS_KEY],
      note + cosignatureLine('text\n', 'witness.example', witness.privateKey, 1_700_000_000n),
    ],
  ])('refuses a note with %s', (_, keys, changed) => {
    expect(logCheck('note', keys, changed).error).toMatch(/^log-check: /);
  });

  it.each(hashes.map((_, index) => index))('finds the proof of event %i valid', (index) => {
    expect(logCheck('proof', [LOG_KEY], proofOf(index)).answer).toMatchObject({
      index,
      event: `event-${index}`,
      size: SIZE,
    });
  });

  it('refuses a proof whose event is another one', () => {
    const [first = '', second = ''] = events.map(({ line }) => Buffer.from(line).toString('base64'));
    expect(logCheck('proof', [LOG_KEY], proofOf(0).replace(first, second)).error).toMatch(/^log-check: /);
  });
});

function proofOf(index: number): string {
  const note = signNote(formatCheckpoint(checkpoint()), 'log.example/1', log.privateKey);
  return formatProof({ line: events[index]?.line ?? '', index, path: inclusionPath(hashes, index), note });
}

function checkpoint(): LogCheckpoint {
  return {
    origin: 'checkpoints-1',
    size: SIZE,
    root: treeOf(hashes).root(),
    number: 2,
    time: '2026-11-29T16:20:00.000Z',
    previous: textHash('before\n'),
    isFinal: true,
  };
}
