/**
 * A signed checkpoint: at one moment the newest `content_hash` of each session that had events since the one before.
 * The chains show that no event was changed; the signature shows that nobody has made the chains anew.
 *
 * It stands in the metadata of a SYSTEM event, in the session of its key. That session is a chain like any other, so a
 * checkpoint that is taken out is missed, too.
 */
import { canonicalJson } from './canonical-json.js';

export interface Checkpoint {
  readonly algorithm: 'Ed25519';
  /** What the `worm_proof_id` of each event says that it covers. */
  readonly checkpoint_id: string;
  readonly created_at: string;
  /** How many events name it. */
  readonly event_count: number;
  /** By session, the `content_hash` of its newest event. */
  readonly heads: { [sessionId: string]: string };
  readonly key_id: string;
}

export const CHECKPOINT_MESSAGE = 'checkpoint';

/** What is signed: the canonical JSON of the checkpoint, in UTF-8. */
export function checkpointBytes(checkpoint: Checkpoint): Uint8Array {
  return Buffer.from(canonicalJson({ ...checkpoint, heads: { ...checkpoint.heads } }));
}

/** The session of a key's checkpoints. */
export function checkpointSessionId(keyId: string): string {
  return `checkpoints-${keyId}`;
}
