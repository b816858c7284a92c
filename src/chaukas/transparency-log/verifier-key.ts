/**
 * Keys that check the signatures of notes: of the log itself (Ed25519), and of witnesses, whose cosignatures say when
 * they saw a checkpoint (https://c2sp.org/tlog-cosignature).
 *
 * The text form of a key is a C2SP `vkey`: `<name>+<key id>+<base64 of type and key>`.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isKeyName, type NoteSignature, type SignedNote } from './signed-note.js';

type VerifierKeyType = 'ed25519' | 'cosignature';

export interface VerifierKey {
  /** The name that signatures of this key must have; `undefined` accepts any, since a PEM file has no name. */
  readonly name?: string;
  readonly key: KeyObject;
  readonly type: VerifierKeyType;
}

/** - `unknown key`: none of the signatures is of one of the keys. */
export type NoteVerdict = 'valid' | 'bad signature' | 'unknown key';

/** The types that C2SP has assigned. */
const TYPE_BYTES: Readonly<Record<VerifierKeyType, number>> = { ed25519: 0x01, cosignature: 0x04 };

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIMESTAMP_BYTES = 8;

const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/;

/** Reads a `vkey`; `undefined` if the text is not one, its key id is wrong, or its type is unknown. */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name = '', keyId, base64 = ''] = VERIFIER_KEY.exec(text.trim()) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  const type = typeOfByte(bytes[0]);
  if (!isKeyName(name) || type === undefined || bytes.length !== 1 + KEY_BYTES) return undefined;
  const raw = bytes.subarray(1);
  if (bytes.toString('base64') !== base64 || keyIdOf(name, type, raw) !== keyId) return undefined;
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return { name, key, type };
}

/**
 * Returns an Ed25519 key as a `vkey`, the form in which transparency logs, their witnesses and Go publish keys.
 *
 * @param name - name of the key: `keyId` of option `checkpoints`.
 * @param key - the public key, or the private key whose public half is meant.
 * @param type - `cosignature` for the key of a witness.
 * @throws TypeError if the name contains a space, a plus or a control character, or the key is not Ed25519.
 */
export function formatVerifierKey(name: string, key: KeyObject, type: VerifierKeyType = 'ed25519'): string {
  if (!isKeyName(name)) {
    throw new TypeError('the name of a key must not be empty or contain spaces, "+" or control characters');
  }
  const raw = rawKey(key);
  const bytes = Buffer.concat([Buffer.of(TYPE_BYTES[type]), raw]);
  return `${name}+${keyIdOf(name, type, raw)}+${bytes.toString('base64')}`;
}

/**
 * Reads a public key in any form: PEM, `KeyObject` or `vkey`.
 *
 * @param type - type of a key whose form does not say it, which only a `vkey` does.
 * @throws TypeError that says why the key cannot be used. A private key is refused, since it is in the wrong place.
 */
export function verifierKeyOf(key: string | KeyObject, type: VerifierKeyType = 'ed25519'): VerifierKey {
  if (typeof key === 'string' && !key.includes('-----BEGIN')) {
    const parsed = parseVerifierKey(key);
    if (parsed === undefined)
      throw new TypeError('the key is neither PEM nor a verifier key (name+id+base64)');
    return parsed;
  }
  const isPrivate = typeof key === 'string' ? key.includes('PRIVATE KEY') : key.type === 'private';
  if (isPrivate) throw new TypeError('this is a private key; use the public key');
  const publicKey = typeof key === 'string' ? publicKeyOfPem(key) : key;
  rawKey(publicKey);
  return { key: publicKey, type };
}

/** The key id of a key's signatures in notes, in hex. */
export function noteKeyId(name: string, key: KeyObject, type: VerifierKeyType = 'ed25519'): string {
  return keyIdOf(name, type, rawKey(key));
}

/**
 * Checks the signatures of a note. Those of unknown keys are ignored, as the specification says. If one of a known key
 * is wrong, the note is `bad signature`, even if another one is right.
 *
 * A key of a witness counts as any other, so pass the keys of the log and those of witnesses separately.
 */
export function verifyNote(note: SignedNote, keys: readonly VerifierKey[]): NoteVerdict {
  const signatures = signaturesBy(keys, note);
  if (signatures === undefined) return 'bad signature';
  return signatures.length > 0 ? 'valid' : 'unknown key';
}

/** Returns the signatures that one of the keys made; `undefined` if one that names such a key is wrong. */
export function signaturesBy(keys: readonly VerifierKey[], note: SignedNote): NoteSignature[] | undefined {
  const valid: NoteSignature[] = [];
  for (const signature of note.signatures) {
    const named = keys.filter((known) => isNamed(known, signature));
    if (named.length === 0) continue;
    // Two keys can have one short id.
    if (!named.some((known) => isSignatureOf(known, note.text, signature.signature))) return undefined;
    valid.push(signature);
  }
  return valid;
}

/**
 * Returns the time at which a witness says it saw the checkpoint, in milliseconds since the epoch; `undefined` for a
 * signature of another type, which has no time.
 *
 * @param signature - a signature that has been checked.
 */
export function cosignatureTime(signature: Uint8Array): number | undefined {
  if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return undefined;
  return Number(Buffer.from(signature).readBigUInt64BE(0)) * 1000;
}

/** Whether a key has made this signature of the text. */
export function isSignatureOf({ key, type }: VerifierKey, text: string, signature: Uint8Array): boolean {
  if (type === 'ed25519') {
    return signature.length === SIGNATURE_BYTES && verify(null, Buffer.from(text), key, signature);
  }
  if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return false;
  const seconds = Buffer.from(signature).readBigUInt64BE(0);
  const message = Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
  return verify(null, message, key, signature.subarray(TIMESTAMP_BYTES));
}

function isNamed({ name, key, type }: VerifierKey, signature: NoteSignature): boolean {
  if (name !== undefined && name !== signature.name) return false;
  return noteKeyId(signature.name, key, type) === signature.keyId;
}

function keyIdOf(name: string, type: VerifierKeyType, raw: Uint8Array): string {
  const digest = createHash('sha256').update(`${name}\n`).update(Buffer.of(TYPE_BYTES[type])).update(raw);
  return digest.digest('hex').slice(0, 8);
}

function typeOfByte(byte: number | undefined): VerifierKeyType | undefined {
  if (byte === TYPE_BYTES.ed25519) return 'ed25519';
  return byte === TYPE_BYTES.cosignature ? 'cosignature' : undefined;
}

/** The 32 bytes of an Ed25519 public key. */
function rawKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(
      `the key is ${key.asymmetricKeyType ?? key.type}; checkpoints are signed with ed25519`,
    );
  }
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}

function publicKeyOfPem(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new TypeError('the text has no public key in PEM format');
  }
}
