import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { asRecord } from '../../json/readers.js';
import {
  describedOption,
  missingOption,
  type OptionRule,
  type OptionRules,
  objectOf,
  required,
  TEXT,
  WHOLE_NUMBER,
  wrongOption,
} from '../../options/option-rules.js';
import { showValue } from '../../text/show-value.js';

/**
 * Signs with a key that the process does not have itself, such as one of a key management service.
 *
 * @param data - the message to sign, not its hash: Ed25519 does the hashing.
 * @returns the signature, 64 bytes.
 */
export type CheckpointSigner = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Options of signed checkpoints; see `checkpoints` of `ChaukasSpanProcessorConfig`. */
export interface CheckpointOptions {
  /** The Ed25519 private key: PEM (PKCS 8), the path of a file that has it, a `KeyObject`, or a function that signs. */
  readonly key: string | KeyObject | CheckpointSigner;
  /**
   * Name of the key, by which a verifier finds its public key. Required if `key` is a function.
   *
   * @defaultValue the first 16 hex digits of the SHA-256 of the public key (SPKI, DER)
   */
  readonly keyId?: string;
  /**
   * Maximum number of events between two checkpoints.
   *
   * @defaultValue 500
   */
  readonly maxEvents?: number;
  /**
   * Maximum time between two checkpoints in milliseconds. Without a new event there is no new checkpoint.
   *
   * @defaultValue 60,000
   */
  readonly intervalMillis?: number;
}

export const DEFAULT_CHECKPOINT_MAX_EVENTS = 500;
export const DEFAULT_CHECKPOINT_INTERVAL_MILLIS = 60_000;

const ACCEPTED_KEY = 'an Ed25519 private key (PEM, its file, or a KeyObject), or a function that signs';

const OPTIONS = objectOf(
  {
    key: required({ accepted: ACCEPTED_KEY, problems: keyProblems }),
    keyId: TEXT,
    maxEvents: WHOLE_NUMBER,
    intervalMillis: WHOLE_NUMBER,
  } satisfies OptionRules<CheckpointOptions>,
  'an object with "key"',
);

/** The rule for option `checkpoints`. */
export const CHECKPOINTS_RULE: OptionRule = {
  ...OPTIONS,
  problems: (option, value) => [...OPTIONS.problems(option, value), ...keyIdProblems(option, value)],
};

/** Reads the key. Called at construction, so that an unreadable key is an error then and not at the first checkpoint. */
export function privateKey(key: string | KeyObject): KeyObject {
  if (typeof key !== 'string') return key;
  return createPrivateKey(isPem(key) ? key : readFileSync(key));
}

function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN');
}

function keyProblems(option: string, key: unknown): string[] {
  if (typeof key === 'function') return [];
  if (typeof key !== 'string' && !isKeyObject(key)) return [wrongOption(option, key, ACCEPTED_KEY)];
  const described = (description: string) => [describedOption(option, description, ACCEPTED_KEY)];
  if (typeof key === 'string' && !isPem(key) && !existsSync(key)) {
    return described(`${showValue(key)}, which is not a file that exists`);
  }
  try {
    const own = privateKey(key);
    const type = own.asymmetricKeyType;
    createPublicKey(own);
    return type === 'ed25519' ? [] : described(`a key of type ${type}`);
  } catch (error) {
    // The value is not shown: it may be the key itself instead of the name of its file.
    return described(`not readable as a private key (${String(error)})`);
  }
}

/** A function that signs does not have the public key, which is what an id is made from by default. */
function keyIdProblems(option: string, value: unknown): string[] {
  const { key, keyId } = asRecord(value) ?? {};
  if (typeof key !== 'function' || keyId !== undefined) return [];
  return [missingOption(`${option}.keyId`, `${TEXT.accepted}, because "${option}.key" is a function`)];
}

function isKeyObject(value: unknown): value is KeyObject {
  return typeof value === 'object' && value !== null && 'asymmetricKeyType' in value;
}
