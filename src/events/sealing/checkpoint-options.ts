import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { showValue } from '../../text/show-value.js';

/**
 * Signs for the process: with a key that it does not have itself, such as one of a key management service.
 *
 * @param data - what is signed, not its hash: Ed25519 hashes itself.
 * @returns the signature, 64 bytes.
 */
export type CheckpointSigner = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Options of signed checkpoints; see `checkpoints` of `ChaukasSpanProcessorConfig`. */
export interface CheckpointOptions {
  /** The Ed25519 private key: PEM (PKCS 8), the path of a file that has it, a `KeyObject`, or a function that signs. */
  readonly key: string | KeyObject | CheckpointSigner;
  /**
   * What names the key to those who verify.
   *
   * @defaultValue the first 16 hex digits of the SHA-256 of the public key (SPKI, DER). A function's must be given.
   */
  readonly keyId?: string;
  /**
   * Events after which there is a checkpoint, at the latest.
   *
   * @defaultValue 500
   */
  readonly maxEvents?: number;
  /**
   * Milliseconds after which there is one, where there was an event.
   *
   * @defaultValue 60,000
   */
  readonly intervalMillis?: number;
}

export const DEFAULT_CHECKPOINT_MAX_EVENTS = 500;
export const DEFAULT_CHECKPOINT_INTERVAL_MILLIS = 60_000;

/** What is wrong with the option `checkpoints`, in words. */
export function checkpointProblems(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`option "checkpoints" is ${showValue(value)}; it must be an object with "key"`];
  }
  const options = value as Readonly<Record<string, unknown>>;
  return [
    ...Object.keys(options)
      .filter((name) => !['key', 'keyId', 'maxEvents', 'intervalMillis'].includes(name))
      .map(
        (name) => `unknown option "checkpoints.${name}"; known are: key, keyId, maxEvents, intervalMillis`,
      ),
    ...keyProblems(options),
    ...positiveProblems('maxEvents', options.maxEvents),
    ...positiveProblems('intervalMillis', options.intervalMillis),
  ];
}

/** Read once, at construction: a key that cannot be read must not be found missing at the first checkpoint. */
export function privateKey(key: string | KeyObject): KeyObject {
  if (typeof key !== 'string') return key;
  return createPrivateKey(isPem(key) ? key : readFileSync(key));
}

function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN');
}

function keyProblems({ key, keyId }: Readonly<Record<string, unknown>>): string[] {
  if (keyId !== undefined && (typeof keyId !== 'string' || keyId === '')) {
    return [`option "checkpoints.keyId" is ${showValue(keyId)}; it must be a non-empty string`];
  }
  if (typeof key === 'function') {
    return keyId === undefined
      ? ['option "checkpoints.keyId" is missing; a function that signs needs one']
      : [];
  }
  const wanted =
    'it must be an Ed25519 private key (PEM, its file, or a KeyObject), or a function that signs';
  if (typeof key !== 'string' && !isKeyObject(key)) {
    return [`option "checkpoints.key" is ${typeof key === 'object' ? 'no key' : showValue(key)}; ${wanted}`];
  }
  if (typeof key === 'string' && !isPem(key) && !existsSync(key)) {
    return [`option "checkpoints.key" names no file that exists: ${showValue(key)}; ${wanted}`];
  }
  try {
    const own = privateKey(key);
    const type = own.asymmetricKeyType;
    createPublicKey(own);
    return type === 'ed25519' ? [] : [`option "checkpoints.key" is a key of type ${type}; ${wanted}`];
  } catch (error) {
    // Not the value: it may be the key itself instead of its file's name.
    return [`option "checkpoints.key" cannot be read as a private key (${String(error)}); ${wanted}`];
  }
}

function isKeyObject(value: unknown): value is KeyObject {
  return typeof value === 'object' && value !== null && 'asymmetricKeyType' in value;
}

function positiveProblems(name: string, value: unknown): string[] {
  const fine = value === undefined || (Number.isSafeInteger(value) && (value as number) > 0);
  return fine
    ? []
    : [`option "checkpoints.${name}" is ${showValue(value)}; it must be a whole number above 0`];
}
