import type { ChainHead } from '../chaukas/chain-head.js';
import { type SealedEvent, sealEvent, type UnsealedEvent } from '../chaukas/sealed-event.js';
import type { JsonObject } from '../foreign/json.js';
import { BoundedMap } from './bounded-map.js';

/** Sessions whose chains are remembered: twice as many as may be open. */
const MAX_CHAINS = 20_000;

/**
 * The hash chains of the sessions. A chain is its session's, also where that is opened again, and by another process:
 * an event follows the one that the session had last. See rule 5 of "What must hold in every stream" of chaukas-spec.
 */
export class HashChains {
  readonly #heads = new BoundedMap<string, ChainHead>(MAX_CHAINS);

  /** Chains that are there already go on. */
  continueFrom(heads: ReadonlyMap<string, ChainHead>): void {
    for (const [sessionId, head] of heads) this.#heads.set(sessionId, head);
  }

  /** Seals an event as the next one of its session. An END is told how many there are, itself included. */
  append(event: UnsealedEvent, wormProofId: string | undefined): SealedEvent {
    const head = this.#heads.get(event.session_id);
    const count = head === undefined ? 1 : head.count === undefined ? undefined : head.count + 1;
    const whole = event.type === 'EVENT_TYPE_SESSION_END' ? withCount(event, count) : event;
    const sealed = sealEvent(whole, head?.hash ?? '', wormProofId);
    this.#heads.set(event.session_id, { hash: sealed.event.content_hash ?? '', count });
    return sealed;
  }
}

function withCount(event: UnsealedEvent, count: number | undefined): UnsealedEvent {
  if (count === undefined) return event;
  // In the order of their names, as all of an event stands in.
  const metadata: JsonObject = { event_count: count, ...event.metadata };
  return { ...event, metadata };
}
