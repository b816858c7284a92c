/**
 * A signed checkpoint: the newest `content_hash` of each session that had events since the previous checkpoint. The
 * chains show that no event was changed; the signature shows that the chains were not rebuilt.
 *
 * A checkpoint stands in the metadata of a SYSTEM event, in the session of its key. That session is a chain like any
 * other, so a removed checkpoint is noticed, too.
 */
import { canonicalJson } from './canonical-json.js';

export interface Checkpoint {
  readonly algorithm: 'Ed25519';
  /** The `worm_proof_id` of each event that the checkpoint covers. */
  readonly checkpoint_id: string;
  readonly created_at: string;
  /** Number of events that name the checkpoint. */
  readonly event_count: number;
  /** The `content_hash` of the newest event of each session. */
  readonly heads: { [sessionId: string]: string };
  readonly key_id: string;
}

export const CHECKPOINT_MESSAGE = 'checkpoint';

/** The signed bytes: the canonical JSON of the checkpoint, in UTF-8. */
export function checkpointBytes(checkpoint: Checkpoint): Uint8Array {
  return Buffer.from(canonicalJson({ ...checkpoint, heads: { ...checkpoint.heads } }));
}
