import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatNote, isKeyName, parseNote } from '../../../src/chaukas/transparency-log/signed-note.js';
import {
  cosignatureTime,
  formatVerifierKey,
  noteKeyId,
  parseVerifierKey,
  type VerifierKey,
  verifierKeyOf,
  verifyNote,
} from '../../../src/chaukas/transparency-log/verifier-key.js';
import { cosignatureLine, signNote } from '../../harness/log-notes.js';

/** Key and note of the documentation and tests of Go's `golang.org/x/mod/sumdb/note`. */
const GO_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}
— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

const log = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const TEXT = 'a stream\n3\nroot\n';

describe('A note of Go', () => {
  it('is read, and its signature is valid', () => {
    const note = read(GO_NOTE);
    expect(note.text).toBe(GO_TEXT);
    expect(note.signatures.map(({ name, keyId }) => [name, keyId])).toEqual([['PeterNeumann', 'c74f20a3']]);
    expect(verifyNote(note, [key(GO_KEY)])).toBe('valid');
  });

  it('is not valid once a character of the text has changed', () => {
    expect(verifyNote(read(GO_NOTE.replace('answer', 'Answer')), [key(GO_KEY)])).toBe('bad signature');
  });

  it('has a verifier key that is written as Go writes it', () => {
    expect(formatVerifierKey('PeterNeumann', key(GO_KEY).key)).toBe(GO_KEY);
  });
});

describe('parseNote', () => {
  it('takes the last empty line as the end of the text', () => {
    expect(read(GO_NOTE.replace('problem,\n', 'problem,\n\n')).text).toContain('problem,\n\nthen');
  });

  const line = GO_NOTE.split('\n').at(-2) ?? '';
  it.each<[what: string, note: string]>([
    ['a text without signatures', GO_TEXT],
    ['no signature behind the empty line', `${GO_TEXT}\n`],
    ['an unfinished last line', GO_NOTE.slice(0, -1)],
    ['a hyphen for the dash', GO_NOTE.replace('—', '-')],
    ['a signature without a name', GO_NOTE.replace('PeterNeumann ', '')],
    ['a name with a plus', GO_NOTE.replace('PeterNeumann', 'Peter+Neumann')],
    ['a name with a space of Unicode', GO_NOTE.replace('PeterNeumann', 'Peter\u2003Neumann')],
    ['base64 with a gap', GO_NOTE.replace('x08g', 'x0 8g')],
    ['base64 in another form', GO_NOTE.replace('AM=', 'AN=')],
    ['no more than a key id', `${GO_TEXT}\n— PeterNeumann x08gow==\n`],
    ['a control character', GO_NOTE.replace('think', 'thi\u001bnk')],
    ['a carriage return', GO_NOTE.replace('problem,', 'problem,\r')],
    ['half of a surrogate pair', GO_NOTE.replace('think', 'thi\ud800nk')],
    ['101 signatures', `${GO_TEXT}\n${`${line}\n`.repeat(101)}`],
    ['a text of more than a megabyte', `${'x'.repeat(1_000_000)}\n${GO_NOTE}`],
    ['nothing', ''],
  ])('does not accept %s', (_, note) => {
    expect(parseNote(note)).toBeUndefined();
  });

  it('accepts 100 signatures', () => {
    expect(read(`${GO_TEXT}\n${`${line}\n`.repeat(100)}`).signatures).toHaveLength(100);
  });
});

describe('verifyNote', () => {
  const note = signNote(TEXT, 'log', log.privateKey);
  const vkey = key(formatVerifierKey('log', log.publicKey));

  it('finds a note valid that a given key signed, also if the key has no name', () => {
    expect(verifyNote(read(note), [vkey])).toBe('valid');
    expect(verifyNote(read(note), [verifierKeyOf(pem(log.publicKey))])).toBe('valid');
  });

  it('ignores signatures of keys that are not given', () => {
    const joined = note + signNote(TEXT, 'other', other.privateKey).split('\n\n')[1];
    expect(verifyNote(read(joined), [vkey])).toBe('valid');
    expect(verifyNote(read(note), [key(formatVerifierKey('log', other.publicKey))])).toBe('unknown key');
    expect(verifyNote(read(note), [key(formatVerifierKey('other', log.publicKey))])).toBe('unknown key');
    expect(verifyNote(read(note), [])).toBe('unknown key');
  });

  it('finds a note bad if one of two known signatures is wrong', () => {
    const wrong = signNote('another text\n', 'other', other.privateKey).split('\n\n')[1];
    const keys = [vkey, key(formatVerifierKey('other', other.publicKey))];
    expect(verifyNote(read(note + wrong), keys)).toBe('bad signature');
  });

  it('finds a note bad whose signature has another length', () => {
    const keyId = noteKeyId('log', log.publicKey);
    const long = formatNote(TEXT, { name: 'log', keyId, signature: Buffer.alloc(65) });
    expect(verifyNote(read(long), [vkey])).toBe('bad signature');
  });

  it('checks the cosignature of a witness with its time', () => {
    const witness = key(formatVerifierKey('witness', other.publicKey, 'cosignature'));
    const cosigned = note + cosignatureLine(TEXT, 'witness', other.privateKey, 1_700_000_000n);
    expect(verifyNote(read(cosigned), [witness])).toBe('valid');
    expect(cosignatureTime(read(cosigned).signatures[1]?.signature ?? Buffer.alloc(0))).toBe(
      1_700_000_000_000,
    );
    expect(cosignatureTime(read(cosigned).signatures[0]?.signature ?? Buffer.alloc(0))).toBeUndefined();
    const later = note + cosignatureLine(TEXT, 'witness', other.privateKey, 1_700_000_000n, 1_800_000_000n);
    expect(verifyNote(read(later), [witness])).toBe('bad signature');
  });
});

describe('A verifier key', () => {
  const text = formatVerifierKey('log.example/1', log.publicKey);
  const [name = '', id = '', base64 = ''] = text.split(/\+(.{8})\+/);

  it.each(['ed25519', 'cosignature'] as const)('of type %s is read as it was written', (type) => {
    const parsed = parseVerifierKey(formatVerifierKey('log.example/1', log.publicKey, type));
    expect([parsed?.name, parsed?.type, parsed?.key.equals(log.publicKey)]).toEqual([
      'log.example/1',
      type,
      true,
    ]);
  });

  it('is the public half of a private key', () => {
    expect(formatVerifierKey('log.example/1', log.privateKey)).toBe(text);
  });

  it.each<[what: string, text: string]>([
    ['another key id', `${name}+00000000+${base64}`],
    ['another name', `other+${id}+${base64}`],
    [
      'a type that is not known',
      `${name}+${id}+${Buffer.from([6, ...raw(base64).slice(1)]).toString('base64')}`,
    ],
    ['a key that is too short', `${name}+${id}+${raw(base64).subarray(0, 32).toString('base64')}`],
    ['no key', `${name}+${id}+`],
    ['a space in its name', `${name} +${id}+${base64}`],
    ['a PEM file', pem(log.publicKey)],
    ['nothing', ''],
  ])('is not one with %s', (_, changed) => {
    expect(parseVerifierKey(changed)).toBeUndefined();
  });

  it.each(['', 'a b', 'a+b', 'a\nb', 'a\u0000', 'a\u0085', 'a\ud800'])('cannot have the name %j', (wrong) => {
    expect(isKeyName(wrong)).toBe(false);
    expect(() => formatVerifierKey(wrong, log.publicKey)).toThrow(TypeError);
  });
});

describe('verifierKeyOf', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });

  it.each<[what: string, input: Parameters<typeof verifierKeyOf>[0]]>([
    ['PEM', pem(log.publicKey)],
    ['a KeyObject', log.publicKey],
    ['a vkey', `${formatVerifierKey('log', log.publicKey)}\n`],
  ])('reads %s', (_, input) => {
    expect(verifierKeyOf(input).key.equals(log.publicKey)).toBe(true);
  });

  it('gives a key without a type of its own the type that is asked for', () => {
    expect(verifierKeyOf(log.publicKey, 'cosignature').type).toBe('cosignature');
    expect(verifierKeyOf(formatVerifierKey('log', log.publicKey), 'cosignature').type).toBe('ed25519');
  });

  it.each<[what: string, input: Parameters<typeof verifierKeyOf>[0], says: string]>([
    [
      'a private key in PEM',
      log.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      'private key',
    ],
    ['a private KeyObject', log.privateKey, 'private key'],
    ['a key of another type', rsa.publicKey, 'the key is rsa'],
    ['PEM of another type', pem(rsa.publicKey), 'the key is rsa'],
    ['broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'no public key'],
    ['any other text', 'log.pem', 'neither PEM nor a verifier key'],
  ])('refuses %s', (_, input, says) => {
    expect(() => verifierKeyOf(input)).toThrow(says);
  });
});

function read(note: string) {
  const parsed = parseNote(note);
  if (parsed === undefined) throw new Error(`not a note: ${note}`);
  return parsed;
}

function key(text: string): VerifierKey {
  const parsed = parseVerifierKey(text);
  if (parsed === undefined) throw new Error(`not a key: ${text}`);
  return parsed;
}

function pem(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }) as string;
}

function raw(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
