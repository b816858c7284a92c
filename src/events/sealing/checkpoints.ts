import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { CHECKPOINT_MESSAGE, type Checkpoint, checkpointBytes } from '../../chaukas/checkpoint.js';
import type { ChaukasEvent } from '../../chaukas/event.js';
import type { UnsealedEvent } from '../../chaukas/sealed-event.js';
import * as clock from '../../clock.js';
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

/** The number of checkpoints that may wait while the signer fails or does not answer. Beyond it the oldest is dropped. */
const MAX_UNSIGNED = 100;

/** Emits a checkpoint in the session of the stream. */
type EmitCheckpoint = (timestamp: string, metadata: JsonObject) => void;

/**
 * Signed checkpoints over the hash chains.
 *
 * Each event names the checkpoint that ends its period. The id of the checkpoint is made with the first event of the
 * period, because a line that has been written cannot be changed.
 */
export class SignedCheckpoints {
  readonly #keyId: string;
  /** The session of the stream. */
  readonly #streamId: string;
  readonly #sign: CheckpointSigner;
  readonly #maxEvents: number;
  readonly #intervalMillis: number;
  readonly #emit: EmitCheckpoint;
  readonly #guard: Guard;
  readonly #unsigned: Checkpoint[] = [];
  #id: string | undefined;
  #heads = new Map<string, string>();
  #events = 0;
  #timer: NodeJS.Timeout | undefined;
  #signing: Promise<void> = Promise.resolve();

  constructor(options: CheckpointOptions, streamId: string, emit: EmitCheckpoint, guard: Guard) {
    const { key } = options;
    this.#streamId = streamId;
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
    this.#emit = emit;
    this.#guard = guard;
  }

  /**
   * Whether the event is a checkpoint. Such an event is not redacted and names no checkpoint itself: its content is what
   * was signed, and the session ids and hashes in it are those of events that have already been redacted.
   */
  isOwn({ session_id, metadata }: Pick<UnsealedEvent, 'session_id' | 'metadata'>): boolean {
    return session_id === this.#streamId && metadata?.message === CHECKPOINT_MESSAGE;
  }

  /** Returns the id of the checkpoint that will cover the event. */
  idFor(event: UnsealedEvent): string | undefined {
    if (event.session_id === this.#streamId) return undefined;
    this.#id ??= newEventId();
    return this.#id;
  }

  /** Records a sealed event as the head of its chain. */
  sealed(event: ChaukasEvent): void {
    const { session_id, content_hash } = event;
    if (session_id === this.#streamId || content_hash === undefined) return;
    this.#heads.set(session_id, content_hash);
    this.#events += 1;
    if (this.#events >= this.#maxEvents) this.#endPeriod();
    else this.#timer ??= clock.setTimeout(() => this.#endPeriod(), this.#intervalMillis).unref();
  }

  /** Makes the last checkpoint. Resolves when it is signed, or when its signing has failed. */
  finish(): Promise<void> {
    this.#endPeriod();
    return this.#signing;
  }

  #endPeriod(): void {
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#id !== undefined && this.#events > 0) {
      this.#unsigned.push({
        algorithm: 'Ed25519',
        checkpoint_id: this.#id,
        created_at: timestampOfMillis(clock.now()),
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

  /** Signs synchronously if the signer can, so that a process that exits has its last checkpoint. */
  #signAll(): void {
    for (let next = this.#unsigned[0]; next !== undefined; next = this.#unsigned[0]) {
      const checkpoint = next;
      const signature = this.#guard.run('Signing a checkpoint', () =>
        this.#sign(checkpointBytes(checkpoint)),
      );
      if (signature === undefined) return;
      this.#unsigned.shift();
      if (signature instanceof Uint8Array) this.#emitSigned(checkpoint, signature);
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
      this.#emitSigned(checkpoint, signed.value);
    } else {
      this.#guard.caught('Signing a checkpoint', signed.reason);
      // Signing is tried again with the next checkpoint.
      this.#unsigned.unshift(checkpoint);
    }
  }

  #emitSigned(checkpoint: Checkpoint, signature: Uint8Array): void {
    this.#guard.run('Emitting a checkpoint', () =>
      this.#emit(checkpoint.created_at, {
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
