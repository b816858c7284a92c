import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
const WANTED = 'it must be an Ed25519 private key (PEM, its file, or a KeyObject), or a function that signs';
const sign = () => new Uint8Array(64);

describe('The option checkpoints', () => {
  it.each<[what: string, options: object]>([
    ['a file', { key: FILE }],
    ['PEM', { key: PEM }],
    ['a key', { key: privateKey }],
    ['a function with the name of its key', { key: sign, keyId: 'kms-1' }],
    ['all options', { key: FILE, keyId: 'audit', maxEvents: 1, intervalMillis: 1 }],
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
      'a function without a name',
      { key: sign },
      [
        'option "checkpoints.keyId" is missing; it must be a non-empty string, because "checkpoints.key" is a function',
      ],
    ],
    [
      'several things',
      { key: FILE, maxEvents: 0, intervalMillis: 1.5, every: 5 },
      [
        'unknown option "checkpoints.every"; known options: key, keyId, maxEvents, intervalMillis',
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
