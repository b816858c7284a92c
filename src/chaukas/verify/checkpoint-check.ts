import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { asInteger, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { CHECKPOINT_MESSAGE, type Checkpoint, checkpointBytes } from '../checkpoint.js';
import type { ChaukasEvent } from '../event.js';
import type { Findings, Subject } from './findings.js';

/** Events that name one checkpoint. */
interface Covered {
  count: number;
  /** The first of them. */
  readonly first: Subject;
}

/** Asked whether a session has an event with this hash. */
type HasEvent = (sessionId: string, hash: string) => boolean;

/** The signed checkpoints of a stream: their signatures, and that all they speak of is there. */
export class CheckpointCheck {
  /** Whose signature is right. */
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
      const what = `the checkpoint ${id}, which ${count} events from here on name,`;
      if (id === newest) {
        this.#findings.warning('unsigned_events', first, `${what} is not there yet: they are not signed`);
      } else {
        this.#findings.error('missing_checkpoint', first, `${what} is missing`);
      }
    }
    if (this.#publicKeys.length > 0 && this.#unsigned > 0) {
      this.#findings.warning('unsigned_events', { line: 0 }, `${this.#unsigned} events name no checkpoint`);
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
      this.#findings.error('bad_checkpoint', subject, 'its checkpoint cannot be read');
      return;
    }
    const { checkpoint_id: id, event_count: count, heads } = checkpoint;
    this.#seen.add(id);
    if (this.#publicKeys.length > 0)
      this.#checkSignature(checkpoint, asNonEmptyString(metadata.signature), subject);
    const found = this.#covered.get(id)?.count ?? 0;
    if (found !== count) {
      const message = `its checkpoint covers ${count} events; ${found} of them are here`;
      this.#findings.error(found < count ? 'removed_event' : 'inserted_event', subject, message);
    }
    for (const [sessionId, hash] of Object.entries(heads)) {
      if (this.#hasEvent(sessionId, hash)) continue;
      this.#findings.error(
        'removed_event',
        { ...subject, sessionId },
        `its checkpoint covers an event of session ${sessionId} that is not here, by the hash ${hash}`,
      );
    }
  }

  #checkSignature(checkpoint: Checkpoint, signature: string | undefined, subject: Subject): void {
    const data = checkpointBytes(checkpoint);
    const given = Buffer.from(signature ?? '', 'base64');
    if (this.#publicKeys.some((key) => verify(null, data, key, given))) this.verified += 1;
    else
      this.#findings.error(
        'bad_checkpoint',
        subject,
        'the signature of its checkpoint is of no key that was given',
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
