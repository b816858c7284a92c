import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatVerifierKey } from '../../../src/chaukas/transparency-log/verifier-key.js';
import { CHECKPOINTS_RULE } from '../../../src/events/sealing/checkpoint-options.js';

const folder = mkdtempSync(path.join(tmpdir(), 'checkpoint-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

function keyFile(name: string, content: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const PEM = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const FILE = keyFile('key.pem', PEM);
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const WANTED =
  'it must be an Ed25519 private key (PEM, its file, or a KeyObject), a function that signs, or "generate"';
const WANTED_PUBLIC = 'it must be an Ed25519 public key (PEM, a KeyObject, or a C2SP verifier key)';
const VKEY = formatVerifierKey('example.com/kms', publicKey);
const sign = () => new Uint8Array(64);

describe('The option checkpoints', () => {
  it.each<[what: string, options: object]>([
    ['a file', { key: FILE }],
    ['PEM', { key: PEM }],
    ['a key', { key: privateKey }],
    ['a function with its public key', { key: sign, publicKey }],
    ['a function with a verifier key', { key: sign, publicKey: VKEY }],
    ['a generated key', { key: 'generate' }],
    [
      'a generated key that only the application gets',
      { key: 'generate', anchor: false, onCheckpoint: sign },
    ],
    [
      'all options',
      {
        key: FILE,
        keyId: 'example.com/audit',
        maxEvents: 1,
        intervalMillis: 1,
        onCheckpoint: sign,
        anchor: 'span',
      },
    ],
  ])('accepts %s', (_what, options) => {
    expect(CHECKPOINTS_RULE.problems('checkpoints', options)).toEqual([]);
  });

  it.each<[what: string, options: unknown, problems: string[]]>([
    ['no object', true, ['option "checkpoints" is true; it must be an object with "key"']],
    ['no key', {}, [`option "checkpoints.key" is missing; ${WANTED}`]],
    [
      'a file that is not there',
      { key: 'no.pem' },
      [`option "checkpoints.key" is 'no.pem', which is not a file that exists; ${WANTED}`],
    ],
    ['a key of another kind', { key: RSA }, [`option "checkpoints.key" is a key of type rsa; ${WANTED}`]],
    ['an object that is no key', { key: {} }, [`option "checkpoints.key" is an object; ${WANTED}`]],
    [
      'a function without its public key',
      { key: sign },
      [
        `option "checkpoints.publicKey" is missing; ${WANTED_PUBLIC}, because "checkpoints.key" is a function`,
      ],
    ],
    [
      'a private key for the public key',
      { key: sign, publicKey: privateKey },
      [
        `option "checkpoints.publicKey" is not usable (this is a private key; use the public key); ${WANTED_PUBLIC}`,
      ],
    ],
    [
      'the key of a witness',
      { key: sign, publicKey: formatVerifierKey('witness', publicKey, 'cosignature') },
      [`option "checkpoints.publicKey" is the key of a witness; ${WANTED_PUBLIC}`],
    ],
    [
      'a public key that is a number',
      { key: sign, publicKey: 7 },
      [`option "checkpoints.publicKey" is 7; ${WANTED_PUBLIC}`],
    ],
    [
      'a public key beside the private key',
      { key: FILE, publicKey },
      ['option "checkpoints.publicKey" is given; it must be left out, because "checkpoints.key" has it'],
    ],
    [
      'a generated key whose public half goes nowhere',
      { key: 'generate', anchor: false },
      [
        'option "checkpoints.anchor" is false; it must be left out or combined with "onCheckpoint", because nothing else has the public key of a generated key',
      ],
    ],
    ...['', 'my key', 'a+b', 'a\nb', 7].map((keyId): [string, unknown, string[]] => [
      `the name ${JSON.stringify(keyId)}`,
      { key: FILE, keyId },
      [
        `option "checkpoints.keyId" is ${typeof keyId === 'number' ? keyId : `'${keyId}'`}; it must be a name without spaces, "+" and control characters`,
      ],
    ]),
    [
      'an anchor that does not exist',
      { key: FILE, anchor: 'rekor', onCheckpoint: 'log' },
      [
        `option "checkpoints.onCheckpoint" is 'log'; it must be a function`,
        `option "checkpoints.anchor" is 'rekor'; it must be 'span', 'log' or false`,
      ],
    ],
    [
      'several things',
      { key: FILE, maxEvents: 0, intervalMillis: 1.5, every: 5 },
      [
        'unknown option "checkpoints.every"; known options: key, publicKey, keyId, maxEvents, intervalMillis, onCheckpoint, anchor',
        'option "checkpoints.maxEvents" is 0; it must be a whole number above 0',
        'option "checkpoints.intervalMillis" is 1.5; it must be a whole number above 0',
      ],
    ],
  ])('refuses %s', (_what, options, problems) => {
    expect(CHECKPOINTS_RULE.problems('checkpoints', options)).toEqual(problems);
  });

  it.each<[what: string, key: unknown]>([
    ['a public key', publicKey],
    ['a file that holds none', keyFile('none.pem', 'not a key')],
  ])('refuses %s, and says how it failed', (_what, key) => {
    expect(CHECKPOINTS_RULE.problems('checkpoints', { key })).toEqual([
      expect.stringMatching(
        /^option "checkpoints\.key" is not readable as a private key \(.+\); it must be /,
      ),
    ]);
  });

  it('does not show a key that cannot be read', () => {
    const torn = PEM.replace('-----END', '');
    const [problem = ''] = CHECKPOINTS_RULE.problems('checkpoints', { key: torn });
    expect(problem).toContain('option "checkpoints.key" is not readable as a private key');
    expect(problem).not.toContain(PEM.split('\n')[1]);
  });
});
