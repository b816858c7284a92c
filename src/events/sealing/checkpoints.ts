import type { UnsealedEvent } from '../../chaukas/event.js';
import {
  CHECKPOINT_MESSAGE,
  COSIGNED_MESSAGE,
  formatCheckpoint,
  type LogCheckpoint,
  textHash,
} from '../../chaukas/transparency-log/checkpoint-note.js';
import { MerkleTree } from '../../chaukas/transparency-log/merkle-tree.js';
import {
  formatNote,
  formatSignature,
  type NoteSignature,
} from '../../chaukas/transparency-log/signed-note.js';
import * as clock from '../../clock.js';
import { withTimeout } from '../../delivery/timeout.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { JsonObject } from '../../json/json.js';
import { CheckpointAnchors, type CheckpointPlaces } from './checkpoint-anchors.js';
import {
  type CheckpointOptions,
  DEFAULT_CHECKPOINT_INTERVAL_MILLIS,
  DEFAULT_CHECKPOINT_MAX_EVENTS,
} from './checkpoint-options.js';
import { CheckpointKey, SIGNING_TIMEOUT_MS, SignatureRefused } from './checkpoint-signer.js';

/** Emits a SYSTEM event in the session of the stream. */
type EmitInStream = (metadata: JsonObject) => void;

/** A state of the tree that is to be signed. */
interface TakenCheckpoint extends LogCheckpoint {
  readonly number: number;
  readonly time: string;
  readonly text: string;
  readonly subtrees: string[];
  readonly lastEventId: string;
}

/**
 * The signed log of a stream: a Merkle tree over its events, and checkpoints that sign the tree.
 *
 * One signature is under way at a time. The tree is taken when the period ends; if a signature is under way then, the
 * next checkpoint is made when it is there. Events are never held back. After {@link SignedCheckpoints.finish} has
 * settled, nothing is emitted any more but what {@link SignedCheckpoints.settled} waits for.
 */
export class SignedCheckpoints {
  /** The number of checkpoints in the stream. */
  made = 0;
  /** The number of signatures and anchors that failed. */
  failures = 0;
  readonly #streamId: string;
  readonly #key: CheckpointKey;
  readonly #anchors: CheckpointPlaces;
  readonly #maxEvents: number;
  readonly #intervalMillis: number;
  readonly #emitInStream: EmitInStream;
  readonly #guard: Guard;
  readonly #tree = new MerkleTree();
  /**
   * Hashes that are not in the tree yet. Together they take a quarter less time than each between two events (Node 20,
   * `npm run bench:events`).
   */
  #leaves: string[] = [];
  /** The metadata of the events that are emitted here. */
  readonly #own = new WeakSet<object>();
  #lastEventId = '';
  /** Hash of the newest checkpoint's text. */
  #previous: string | undefined;
  /** Events since the newest period ended, without those of checkpoints. */
  #events = 0;
  #timer: NodeJS.Timeout | undefined;
  #phase: 'new' | 'running' | 'finishing' | 'closed' = 'new';
  #underWay: Promise<boolean> | undefined;
  /** Whether a period ended while a signature was under way. */
  #isDue = false;
  #finished: boolean | Promise<boolean> = false;

  /** @param placesFor - makes the places outside of the stream, for a generated public key; else those of the options. */
  constructor(
    options: CheckpointOptions,
    streamId: string,
    emitInStream: EmitInStream,
    guard: Guard,
    placesFor?: (generatedKey: string | undefined) => CheckpointPlaces,
  ) {
    this.#streamId = streamId;
    this.#key = new CheckpointKey(options);
    this.#maxEvents = options.maxEvents ?? DEFAULT_CHECKPOINT_MAX_EVENTS;
    this.#intervalMillis = options.intervalMillis ?? DEFAULT_CHECKPOINT_INTERVAL_MILLIS;
    this.#emitInStream = emitInStream;
    this.#guard = guard;
    this.#anchors =
      placesFor?.(this.#key.generated) ??
      new CheckpointAnchors(options, this.#key.generated, {
        onFailure: (message, error) => this.#failed(message, error),
        onCosigned: (note) => this.#emit({ message: COSIGNED_MESSAGE, checkpoint: note }),
      });
  }

  /**
   * Whether the event was made here. Such an event is not redacted: its content is what was signed. It does not begin a
   * period either, or checkpoints would follow each other for ever.
   */
  isOwn({ metadata }: Pick<UnsealedEvent, 'metadata'>): boolean {
    return metadata !== undefined && this.#own.has(metadata);
  }

  /** Makes an event one of the log's own that was emitted by another thread. */
  adopt({ metadata }: Pick<UnsealedEvent, 'metadata'>): void {
    if (metadata !== undefined) this.#own.add(metadata);
  }

  /**
   * Adds a sealed event to the tree.
   *
   * @param isOwn - whether it was made here.
   */
  sealed(contentHash: string, eventId: string, isOwn: boolean): void {
    this.#leaves.push(contentHash);
    this.#lastEventId = eventId;
    if (isOwn || this.#phase === 'finishing' || this.#phase === 'closed') return;
    this.#events += 1;
    if (this.#events >= this.#maxEvents) this.#endPeriod();
    else this.#startTimer();
  }

  /** Called when a number of events have been sealed. The first ones get a checkpoint, so that a signed stream has one. */
  turnEnded(): void {
    if (this.#grown().size > 0 && this.#phase === 'new') this.#endPeriod();
  }

  /**
   * Makes the last checkpoint. The result says whether it is signed. It is a promise if the signer is asynchronous; then
   * it settles within 30 seconds. A stream without events has no checkpoint.
   */
  finish(): boolean | Promise<boolean> {
    if (this.#phase === 'finishing' || this.#phase === 'closed') return this.#finished;
    this.#phase = 'finishing';
    if (this.#grown().size === 0) return false;
    clock.clearTimeout(this.#timer);
    const last =
      this.#underWay === undefined ? this.#make(true) : this.#underWay.then(() => this.#make(true));
    this.#finished = typeof last === 'boolean' ? last : this.#finishInTime(last);
    return this.#finished;
  }

  /** Resolves when no more events will be emitted here. */
  async settled(): Promise<void> {
    await this.#anchors.settled();
    this.#phase = 'closed';
  }

  /**
   * Signs the whole stream for its END, whose `worm_proof_id` this is.
   *
   * @param contentHash - hash of the END.
   * @returns `undefined` if the signature fails.
   */
  signEnd(contentHash: string): string | undefined | Promise<string | undefined> {
    this.#phase = 'closed';
    const tree = this.#grown().copy();
    tree.append(contentHash);
    const text = formatCheckpoint({
      origin: this.#streamId,
      size: tree.size,
      root: tree.root(),
      isFinal: false,
    });
    const signature = this.#sign(text);
    if (!(signature instanceof Promise)) return signature && formatSignature(signature);
    return signature.then((signed) => signed && formatSignature(signed));
  }

  /** The tree over all events so far. */
  #grown(): MerkleTree {
    for (const leaf of this.#leaves) this.#tree.append(leaf);
    this.#leaves = [];
    return this.#tree;
  }

  #startTimer(): void {
    this.#timer ??= clock.setTimeout(() => this.#endPeriod(), this.#intervalMillis).unref();
  }

  #endPeriod(): void {
    this.#phase = 'running';
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#events = 0;
    if (this.#underWay !== undefined) this.#isDue = true;
    else void this.#make(false);
  }

  /** Makes a checkpoint of the tree as it is now. The result says whether it is signed. */
  #make(isFinal: boolean): boolean | Promise<boolean> {
    const taken = this.#take(isFinal);
    const signature = this.#sign(taken.text);
    if (!(signature instanceof Promise)) return this.#complete(taken, signature);
    this.#underWay = signature.then((signed) => {
      this.#underWay = undefined;
      const isSigned = this.#complete(taken, signed);
      if (this.#isDue && this.#phase === 'running') this.#endPeriod();
      return isSigned;
    });
    return this.#underWay;
  }

  #take(isFinal: boolean): TakenCheckpoint {
    this.#isDue = false;
    const tree = this.#grown();
    const checkpoint = {
      origin: this.#streamId,
      size: tree.size,
      root: tree.root(),
      number: this.made + 1,
      time: clock.isoTime(),
      ...(this.#previous !== undefined && { previous: this.#previous }),
      isFinal,
    };
    return {
      ...checkpoint,
      text: formatCheckpoint(checkpoint),
      subtrees: tree.subtrees(),
      lastEventId: this.#lastEventId,
    };
  }

  /** Resolves to `undefined` if the signature failed, which is reported. */
  #sign(text: string): NoteSignature | undefined | Promise<NoteSignature | undefined> {
    const failed = (error: unknown) => {
      const reason = error instanceof SignatureRefused ? error.message : 'the signer failed';
      this.#failed(`A checkpoint is not signed, and the next period tries again: ${reason}`, error);
      return undefined;
    };
    try {
      const signature = this.#key.sign(text);
      return signature instanceof Promise ? signature.catch(failed) : signature;
    } catch (error) {
      return failed(error);
    }
  }

  #complete(taken: TakenCheckpoint, signature: NoteSignature | undefined): boolean {
    if (signature === undefined && this.#phase === 'running') this.#startTimer();
    if (signature === undefined || this.#phase === 'closed') return false;
    const { text, number, size, root, time, subtrees, lastEventId, isFinal } = taken;
    const note = formatNote(text, signature);
    this.made = number;
    this.#previous = textHash(text);
    this.#emit({ message: CHECKPOINT_MESSAGE, checkpoint: note, last_event_id: lastEventId, subtrees });
    const details = { streamId: this.#streamId, number, size, root, time, lastEventId, final: isFinal };
    this.#guard.run('Publishing a checkpoint', () => this.#anchors.publish(note, details));
    return true;
  }

  #emit(metadata: JsonObject): void {
    if (this.#phase === 'closed') return;
    this.#own.add(metadata);
    this.#guard.run('Emitting a checkpoint', () => this.#emitInStream(metadata));
  }

  /** A signature that comes too late is ignored. */
  async #finishInTime(last: Promise<boolean>): Promise<boolean> {
    let isSigned = false;
    const signed = last.then((result) => {
      isSigned = result;
    });
    await withTimeout(signed, SIGNING_TIMEOUT_MS, () => {
      this.#phase = 'closed';
      this.#failed('The last checkpoint was not signed in time');
    });
    this.#finished = isSigned;
    return isSigned;
  }

  #failed(message: string, error?: unknown): void {
    this.failures += 1;
    this.#guard.errorOnce(message, error);
  }
}
