import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { types } from 'node:util';
import type { NoteSignature } from '../../chaukas/transparency-log/signed-note.js';
import {
  formatVerifierKey,
  isSignatureOf,
  noteKeyId,
  verifierKeyOf,
} from '../../chaukas/transparency-log/verifier-key.js';
import { inTime } from '../../delivery/timeout.js';
import { type CheckpointOptions, GENERATED_KEY, privateKey } from './checkpoint-options.js';

/** The longest time for which a signature is awaited. */
export const SIGNING_TIMEOUT_MS = 30_000;

const SIGNATURE_BYTES = 64;

/** A reason why an answer of a function that signs is not a signature. */
export class SignatureRefused extends Error {}

/** Signs texts with the key of the options, and accepts nothing else for a signature from a function that signs. */
export class CheckpointKey {
  readonly #name: string;
  readonly #keyId: string;
  readonly #publicKey: KeyObject;
  /** `undefined` if a function signs. */
  readonly #privateKey: KeyObject | undefined;
  readonly #function: ((data: Uint8Array) => unknown) | undefined;
  /** The public key as a C2SP `vkey`, if the key was generated, and so nobody has it yet. */
  readonly generated: string | undefined;

  constructor({ key, keyId, publicKey }: CheckpointOptions) {
    let name = keyId;
    if (typeof key === 'function') {
      this.#function = key;
      const verifier = verifierKeyOf(publicKey ?? '');
      this.#publicKey = verifier.key;
      name ??= verifier.name;
    } else {
      this.#privateKey = key === GENERATED_KEY ? generateKeyPairSync('ed25519').privateKey : privateKey(key);
      this.#publicKey = createPublicKey(this.#privateKey);
    }
    this.#name = name ?? defaultName(this.#publicKey);
    this.#keyId = noteKeyId(this.#name, this.#publicKey);
    this.generated = key === GENERATED_KEY ? formatVerifierKey(this.#name, this.#publicKey) : undefined;
  }

  /**
   * Signs a text: synchronously if the signer can, so that a process that exits has its last checkpoint.
   *
   * @throws if the signer does, or returns something else than a signature. The promise rejects for these reasons, and
   * if there is no answer in time.
   */
  sign(text: string): NoteSignature | Promise<NoteSignature> {
    const data = Buffer.from(text);
    if (this.#privateKey !== undefined) return this.#named(sign(null, data, this.#privateKey));
    const answer = this.#function?.(data);
    if (types.isUint8Array(answer)) return this.#checked(text, answer);
    return inTime(Promise.resolve(answer), SIGNING_TIMEOUT_MS, lateError).then((signature) =>
      this.#checked(text, signature),
    );
  }

  #checked(text: string, answer: unknown): NoteSignature {
    if (!types.isUint8Array(answer) || answer.length !== SIGNATURE_BYTES) {
      throw new SignatureRefused(
        'the signer returned something else than the 64 bytes of an Ed25519 signature',
      );
    }
    const signature = Uint8Array.from(answer);
    if (!isSignatureOf({ key: this.#publicKey, type: 'ed25519' }, text, signature)) {
      throw new SignatureRefused(
        'the signer returned a signature that "checkpoints.publicKey" does not confirm',
      );
    }
    return this.#named(signature);
  }

  #named(signature: Uint8Array): NoteSignature {
    return { name: this.#name, keyId: this.#keyId, signature };
  }
}

function lateError(): Error {
  return new SignatureRefused(`the signer did not answer within ${SIGNING_TIMEOUT_MS / 1000} s`);
}

function defaultName(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}
