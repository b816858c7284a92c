import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isKeyName } from '../../chaukas/transparency-log/signed-note.js';
import { verifierKeyOf } from '../../chaukas/transparency-log/verifier-key.js';
import { asRecord } from '../../json/readers.js';
import {
  describedOption,
  FUNCTION,
  missingOption,
  type OptionRule,
  type OptionRules,
  objectOf,
  oneOf,
  required,
  rule,
  WHOLE_NUMBER,
  wrongOption,
} from '../../options/option-rules.js';
import { showValue } from '../../text/show-value.js';

/**
 * Signs with a key that the process does not have itself, such as one of a key management service. It is called with one
 * checkpoint at a time, and may take 30 seconds. Meanwhile events go on as before.
 *
 * @param data - the message to sign, not its hash: Ed25519 does the hashing.
 * @returns the signature, 64 bytes.
 */
export type CheckpointSigner = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** The content of a checkpoint, beside its note. */
export interface CheckpointDetails {
  /** Id of the stream. */
  readonly streamId: string;
  /** Number of the checkpoint in the stream, from 1. */
  readonly number: number;
  /** Number of events that it covers, from the first of the stream on. */
  readonly size: number;
  /** Root of the Merkle tree over these events, in base64. */
  readonly root: string;
  /** When it was made, RFC 3339. */
  readonly time: string;
  /** The newest event that it covers. */
  readonly lastEventId: string;
  /** Whether it is the last one of the stream. */
  readonly final: boolean;
  /**
   * The public key as a C2SP verifier key, if the key was generated: `agent-events verify` takes it. Only with the first
   * checkpoint.
   */
  readonly verifierKey?: string;
}

/** Options of signed checkpoints; see `checkpoints` of `ChaukasSpanProcessorConfig`. */
export interface CheckpointOptions {
  /**
   * The Ed25519 private key: PEM (PKCS 8), the path of a file that has it, a `KeyObject`, or a function that signs.
   *
   * `'generate'` makes a key that exists in the memory of the process only. Its public half leaves the process with the
   * first checkpoint that goes to `onCheckpoint` or `anchor`, and is nowhere else. It proves that the stream has not
   * changed since, to someone who trusts the place where that checkpoint went. It proves nothing about who wrote the
   * stream.
   */
  readonly key: string | KeyObject | CheckpointSigner;
  /** The public key: PEM, a `KeyObject` or a C2SP verifier key. Required if `key` is a function, and only then. */
  readonly publicKey?: string | KeyObject;
  /**
   * Name of the key in signatures, such as `example.com/audit`: without spaces, `+` and control characters.
   *
   * @defaultValue the name in `publicKey`, or the first 16 hex digits of the SHA-256 of the public key (SPKI, DER)
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
  /**
   * Called with each checkpoint, to keep it where the writer of the events cannot change it. Someone who has an earlier
   * checkpoint finds a file that was cut or rewritten later.
   *
   * A witness can cosign it: return the note with further signature lines, or these lines alone, also as a promise. The
   * stream keeps them in a SYSTEM event. An error or a rejection is reported and changes nothing.
   *
   * ```ts
   * onCheckpoint: (note, { streamId }) => appendFile(`/mnt/worm/${streamId}.notes`, note)
   * ```
   *
   * @param note - the signed note, as it stands in the stream.
   */
  readonly onCheckpoint?: (note: string, details: CheckpointDetails) => unknown;
  /**
   * The destination of each checkpoint beside the stream:
   *
   * - `log`: to the global logger provider, as a log record `openai_agents.checkpoint`
   * - `span`: to the global tracer provider, as a span of that name
   *
   * @defaultValue `'log'` if there is a global logger provider when the first checkpoint is made, otherwise `false`
   */
  readonly anchor?: 'span' | 'log' | false;
}

export const DEFAULT_CHECKPOINT_MAX_EVENTS = 500;
export const DEFAULT_CHECKPOINT_INTERVAL_MILLIS = 60_000;

/** The value of `key` for a key of this process alone. */
export const GENERATED_KEY = 'generate';

const ACCEPTED_KEY =
  'an Ed25519 private key (PEM, its file, or a KeyObject), a function that signs, or "generate"';
const ACCEPTED_PUBLIC_KEY = 'an Ed25519 public key (PEM, a KeyObject, or a C2SP verifier key)';

const OPTIONS = objectOf(
  {
    key: required({ accepted: ACCEPTED_KEY, problems: keyProblems }),
    publicKey: { accepted: ACCEPTED_PUBLIC_KEY, problems: publicKeyProblems },
    keyId: rule(
      'a name without spaces, "+" and control characters',
      (value) => typeof value === 'string' && isKeyName(value),
    ),
    maxEvents: WHOLE_NUMBER,
    intervalMillis: WHOLE_NUMBER,
    onCheckpoint: FUNCTION,
    anchor: oneOf(['span', 'log', false]),
  } satisfies OptionRules<CheckpointOptions>,
  'an object with "key"',
);

/** The rule for option `checkpoints`. */
export const CHECKPOINTS_RULE: OptionRule = {
  ...OPTIONS,
  problems: (option, value) => [...OPTIONS.problems(option, value), ...pairProblems(option, value)],
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
  if (typeof key === 'function' || key === GENERATED_KEY) return [];
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

function publicKeyProblems(option: string, key: unknown): string[] {
  if (typeof key !== 'string' && !isKeyObject(key)) return [wrongOption(option, key, ACCEPTED_PUBLIC_KEY)];
  try {
    const { type } = verifierKeyOf(key);
    return type === 'ed25519' ? [] : [describedOption(option, 'the key of a witness', ACCEPTED_PUBLIC_KEY)];
  } catch (error) {
    return [describedOption(option, `not usable (${(error as Error).message})`, ACCEPTED_PUBLIC_KEY)];
  }
}

/** Options that are right or wrong only together. */
function pairProblems(option: string, value: unknown): string[] {
  const { key, publicKey, onCheckpoint, anchor } = asRecord(value) ?? {};
  const isFunction = typeof key === 'function';
  if (isFunction && publicKey === undefined) {
    // Signatures name their key by a hash of it.
    return [
      missingOption(`${option}.publicKey`, `${ACCEPTED_PUBLIC_KEY}, because "${option}.key" is a function`),
    ];
  }
  if (!isFunction && key !== undefined && publicKey !== undefined) {
    return [describedOption(`${option}.publicKey`, 'given', `left out, because "${option}.key" has it`)];
  }
  if (key === GENERATED_KEY && anchor === false && onCheckpoint === undefined) {
    return [
      describedOption(
        `${option}.anchor`,
        'false',
        'left out or combined with "onCheckpoint", because nothing else has the public key of a generated key',
      ),
    ];
  }
  return [];
}

function isKeyObject(value: unknown): value is KeyObject {
  return typeof value === 'object' && value !== null && 'asymmetricKeyType' in value;
}
