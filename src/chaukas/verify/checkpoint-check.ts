import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { asInteger, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { CHECKPOINT_MESSAGE, type Checkpoint, checkpointBytes } from '../checkpoint.js';
import type { ChaukasEvent } from '../event.js';
import type { Findings, Subject } from './findings.js';

/** Events that name one checkpoint. */
interface Covered {
  count: number;
  /** The first of these events. */
  readonly first: Subject;
}

/** Returns whether a session has an event with this hash. */
type HasEvent = (sessionId: string, hash: string) => boolean;

/** Checks the signed checkpoints of a stream: their signatures, and that the events they cover are present. */
export class CheckpointCheck {
  /** Number of checkpoints with a valid signature. */
  verified = 0;
  readonly #findings: Findings;
  readonly #publicKeys: readonly KeyObject[];
  readonly #hasEvent: HasEvent;
  readonly #covered = new Map<string, Covered>();
  readonly #seen = new Set<string>();
  #unsigned = 0;

  constructor(findings: Findings, publicKeys: readonly (string | KeyObject)[], hasEvent: HasEvent) {
    this.#findings = findings;
    this.#publicKeys = publicKeys.map((key) => (typeof key === 'string' ? createPublicKey(key) : key));
    this.#hasEvent = hasEvent;
  }

  add(event: ChaukasEvent, subject: Subject): void {
    const proof = event.worm_proof_id;
    if (proof !== undefined) this.#cover(proof, subject);
    else if (!event.session_id.startsWith('checkpoints-')) this.#unsigned += 1;
    const { metadata } = event;
    if (event.type === 'EVENT_TYPE_SYSTEM' && metadata?.message === CHECKPOINT_MESSAGE) {
      this.#checkpoint(asRecord(metadata) ?? {}, subject);
    }
  }

  end(): void {
    const newest = [...this.#covered.keys()].at(-1);
    for (const [id, { count, first }] of this.#covered) {
      if (this.#seen.has(id)) continue;
      const checkpoint = `the checkpoint ${id}, named by ${count} events from here on,`;
      if (id === newest) {
        this.#findings.warning(
          'unsigned_events',
          first,
          `${checkpoint} has not been written yet: the events are not signed`,
        );
      } else {
        this.#findings.error('missing_checkpoint', first, `${checkpoint} is missing`);
      }
    }
    if (this.#publicKeys.length > 0 && this.#unsigned > 0) {
      this.#findings.warning(
        'unsigned_events',
        { line: 0 },
        `${this.#unsigned} events do not name a checkpoint`,
      );
    }
  }

  #cover(id: string, subject: Subject): void {
    const covered = this.#covered.get(id);
    if (covered === undefined) this.#covered.set(id, { count: 1, first: subject });
    else covered.count += 1;
  }

  #checkpoint(metadata: UnknownRecord, subject: Subject): void {
    const checkpoint = readCheckpoint(asRecord(metadata.checkpoint));
    if (checkpoint === undefined) {
      this.#findings.error('bad_checkpoint', subject, 'the checkpoint cannot be read');
      return;
    }
    const { checkpoint_id: id, event_count: count, heads } = checkpoint;
    this.#seen.add(id);
    if (this.#publicKeys.length > 0)
      this.#checkSignature(checkpoint, asNonEmptyString(metadata.signature), subject);
    const found = this.#covered.get(id)?.count ?? 0;
    if (found !== count) {
      const message = `the checkpoint covers ${count} events, but ${found} events here name it`;
      this.#findings.error(found < count ? 'removed_event' : 'inserted_event', subject, message);
    }
    for (const [sessionId, hash] of Object.entries(heads)) {
      if (this.#hasEvent(sessionId, hash)) continue;
      this.#findings.error(
        'removed_event',
        { ...subject, sessionId },
        `the checkpoint covers an event of session ${sessionId} with the hash ${hash}, which is missing`,
      );
    }
  }

  #checkSignature(checkpoint: Checkpoint, signature: string | undefined, subject: Subject): void {
    const data = checkpointBytes(checkpoint);
    const signed = Buffer.from(signature ?? '', 'base64');
    if (this.#publicKeys.some((key) => verify(null, data, key, signed))) this.verified += 1;
    else
      this.#findings.error(
        'bad_checkpoint',
        subject,
        'the checkpoint is not signed with any of the given public keys',
      );
  }
}

function readCheckpoint(value: UnknownRecord | undefined): Checkpoint | undefined {
  const heads = asRecord(value?.heads);
  const id = asNonEmptyString(value?.checkpoint_id);
  const createdAt = asNonEmptyString(value?.created_at);
  const count = asInteger(value?.event_count);
  const keyId = asNonEmptyString(value?.key_id);
  if (!heads || !id || !createdAt || count === undefined || !keyId) return undefined;
  if (value?.algorithm !== 'Ed25519') return undefined;
  const texts = Object.entries(heads).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    algorithm: 'Ed25519',
    checkpoint_id: id,
    created_at: createdAt,
    event_count: count,
    heads: Object.fromEntries(texts),
    key_id: keyId,
  };
}
