import { BoundedMap } from '../../bounded-map.js';
import {
  type ChainHead,
  type SealedEvent,
  sealEvent,
  type UnsealedEvent,
} from '../../chaukas/sealed-event.js';
import type { JsonObject } from '../../json/json.js';

/** Sessions that have ended, and may be opened again by their ids, as conversations are. */
const MAX_ENDED = 10_000;

/** Of those that are their trace: hardly anything comes after its end. */
const MAX_ENDED_TRACES = 1_000;

/**
 * The hash chains of the sessions. A chain is its session's, also where that is opened again, and by another process:
 * an event follows the one that the session had last. See rule 5 of "What must hold in every stream" of chaukas-spec.
 */
export class HashChains {
  /** Of sessions that are open, of which the ledger bounds the number. */
  readonly #open = new Map<string, ChainHead>();
  readonly #ended = new BoundedMap<string, ChainHead>(MAX_ENDED);
  readonly #endedTraces = new BoundedMap<string, ChainHead>(MAX_ENDED_TRACES);

  /** Chains that are there already go on. */
  continueFrom(heads: ReadonlyMap<string, ChainHead>): void {
    for (const [sessionId, head] of heads) this.#ended.set(sessionId, head);
  }

  /** Seals an event as the next one of its session. An END is told how many there are, itself included. */
  append(event: UnsealedEvent, wormProofId: string | undefined): SealedEvent {
    const { session_id: id, trace_id: traceId, type } = event;
    const head = this.#open.get(id) ?? this.#ended.get(id) ?? this.#endedTraces.get(id);
    const count = head === undefined ? 1 : head.count === undefined ? undefined : head.count + 1;
    const isEnd = type === 'EVENT_TYPE_SESSION_END';
    const sealed = sealEvent(isEnd ? withCount(event, count) : event, head?.hash ?? '', wormProofId);
    const next = { hash: sealed.event.content_hash ?? '', count };
    if (isEnd) {
      this.#open.delete(id);
      (id === traceId ? this.#endedTraces : this.#ended).set(id, next);
    } else {
      this.#open.set(id, next);
    }
    return sealed;
  }
}

function withCount(event: UnsealedEvent, count: number | undefined): UnsealedEvent {
  if (count === undefined) return event;
  // In the order of their names, as all of an event stands in.
  const metadata: JsonObject = { event_count: count, ...event.metadata };
  return { ...event, metadata };
}
