import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  CHECKPOINT_MESSAGE,
  type Checkpoint,
  checkpointBytes,
  checkpointSessionId,
} from '../../chaukas/checkpoint.js';
import type { ChaukasEvent } from '../../chaukas/event.js';
import type { UnsealedEvent } from '../../chaukas/sealed-event.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { JsonObject } from '../../json/json.js';
import { newEventId } from '../ids.js';
import { timestampOfMillis } from '../spans/span-snapshot.js';
import {
  type CheckpointOptions,
  type CheckpointSigner,
  DEFAULT_CHECKPOINT_INTERVAL_MILLIS,
  DEFAULT_CHECKPOINT_MAX_EVENTS,
  privateKey,
} from './checkpoint-options.js';

/** Checkpoints that may wait for a signer that fails or does not answer; later periods have none. */
const MAX_UNSIGNED = 100;

/** Tells a checkpoint in the stream, in the session of this id. */
type TellCheckpoint = (sessionId: string, timestamp: string, metadata: JsonObject) => void;

/**
 * Signed checkpoints over the chains. The events of a period name the checkpoint that will end it, by an id that is
 * made with the first of them: a line that is written cannot be changed any more.
 */
export class Checkpoints {
  readonly #keyId: string;
  /** Of the events that tell the checkpoints. */
  readonly #sessionId: string;
  readonly #sign: CheckpointSigner;
  readonly #maxEvents: number;
  readonly #intervalMillis: number;
  readonly #tell: TellCheckpoint;
  readonly #guard: Guard;
  readonly #unsigned: Checkpoint[] = [];
  #id: string | undefined;
  #heads = new Map<string, string>();
  #events = 0;
  #timer: NodeJS.Timeout | undefined;
  #signing: Promise<void> = Promise.resolve();

  constructor(options: CheckpointOptions, tell: TellCheckpoint, guard: Guard) {
    const { key } = options;
    if (typeof key === 'function') {
      this.#sign = key;
      this.#keyId = options.keyId ?? '';
    } else {
      const own = privateKey(key);
      this.#sign = (data) => sign(null, data, own);
      this.#keyId = options.keyId ?? keyIdOf(own);
    }
    this.#maxEvents = options.maxEvents ?? DEFAULT_CHECKPOINT_MAX_EVENTS;
    this.#intervalMillis = options.intervalMillis ?? DEFAULT_CHECKPOINT_INTERVAL_MILLIS;
    this.#sessionId = checkpointSessionId(this.#keyId);
    this.#tell = tell;
    this.#guard = guard;
  }

  /**
   * Whether the event tells a checkpoint: it is covered by what it says, and that was signed as it is. The ids of
   * sessions and the hashes in it are those of events that were redacted themselves.
   */
  isOwn({ session_id }: Pick<UnsealedEvent, 'session_id'>): boolean {
    return session_id === this.#sessionId;
  }

  /** The checkpoint that will cover the event. */
  idFor(event: UnsealedEvent): string | undefined {
    if (this.isOwn(event)) return undefined;
    this.#id ??= newEventId();
    return this.#id;
  }

  sealed(event: ChaukasEvent): void {
    const { session_id, content_hash } = event;
    if (this.isOwn(event) || content_hash === undefined) return;
    this.#heads.set(session_id, content_hash);
    this.#events += 1;
    if (this.#events >= this.#maxEvents) this.#endPeriod();
    else this.#timer ??= setTimeout(() => this.#endPeriod(), this.#intervalMillis).unref();
  }

  /** Makes the last checkpoint; resolved when its signature is there, or will not be. */
  finish(): Promise<void> {
    this.#endPeriod();
    return this.#signing;
  }

  #endPeriod(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#id !== undefined && this.#events > 0) {
      this.#unsigned.push({
        algorithm: 'Ed25519',
        checkpoint_id: this.#id,
        created_at: timestampOfMillis(Date.now()),
        event_count: this.#events,
        heads: Object.fromEntries(this.#heads),
        key_id: this.#keyId,
      });
      if (this.#unsigned.length > MAX_UNSIGNED) this.#unsigned.shift();
    }
    this.#id = undefined;
    this.#heads = new Map();
    this.#events = 0;
    this.#signAll();
  }

  /** What can be signed at once is, so that a process that exits has its last checkpoint. */
  #signAll(): void {
    for (let next = this.#unsigned[0]; next !== undefined; next = this.#unsigned[0]) {
      const checkpoint = next;
      const signature = this.#guard.run('Signing a checkpoint', () =>
        this.#sign(checkpointBytes(checkpoint)),
      );
      if (signature === undefined) return;
      this.#unsigned.shift();
      if (signature instanceof Uint8Array) this.#tellSigned(checkpoint, signature);
      else this.#signing = this.#signLater(checkpoint, signature, this.#signing);
    }
  }

  async #signLater(
    checkpoint: Checkpoint,
    signature: Promise<Uint8Array>,
    earlier: Promise<void>,
  ): Promise<void> {
    const [signed] = await Promise.allSettled([signature, earlier]);
    if (signed.status === 'fulfilled') {
      this.#tellSigned(checkpoint, signed.value);
    } else {
      this.#guard.caught('Signing a checkpoint', signed.reason);
      // With the next one it is tried again.
      this.#unsigned.unshift(checkpoint);
    }
  }

  #tellSigned(checkpoint: Checkpoint, signature: Uint8Array): void {
    this.#guard.run('Telling a checkpoint', () =>
      this.#tell(this.#sessionId, checkpoint.created_at, {
        checkpoint: { ...checkpoint, heads: { ...checkpoint.heads } },
        message: CHECKPOINT_MESSAGE,
        signature: Buffer.from(signature).toString('base64'),
      }),
    );
  }
}

function keyIdOf(key: KeyObject): string {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
}
