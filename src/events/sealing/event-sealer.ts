import { BoundedMap } from '../../bounded-map.js';
import {
  type ChainHead,
  type SealedEvent,
  sealEvent,
  type UnsealedEvent,
} from '../../chaukas/sealed-event.js';
import * as clock from '../../clock.js';
import type { Guard } from '../../diagnostics/guard.js';
import type { JsonObject } from '../../json/json.js';
import { textWithoutMedia, withoutMedia } from '../../json/media.js';
import type { SignedCheckpoints } from './checkpoints.js';
import type { RequestHistory } from './request-messages.js';

/** The number of events that are sealed in one turn of the event loop. They take a few milliseconds. */
const EVENTS_PER_TURN = 256;

interface EventSealerOptions {
  /** The number of events that may wait. If there are more, all of them are sealed synchronously, and none is lost. */
  readonly maxPending: number;
  /** Returns the chain heads that earlier processes left. Called once, before the first event is sealed. */
  readonly chainHeads: () => Iterable<ReadonlyMap<string, ChainHead>>;
  /** Removes from an event what must not leave the process. */
  readonly redact: (event: UnsealedEvent) => UnsealedEvent;
  /** Shortens requests to what is new; `undefined` leaves them whole. */
  readonly requestHistory: RequestHistory | undefined;
  readonly checkpoints: SignedCheckpoints | undefined;
  readonly deliver: (event: SealedEvent) => void;
  readonly guard: Guard;
}

/**
 * Makes events evidence, in the order in which they were emitted: redacts them and adds the hash of the event and of the
 * previous event. This happens in a later turn of the event loop, so that the application does not wait for it.
 */
export class EventSealer {
  readonly #options: EventSealerOptions;
  readonly #chains = new HashChains();
  #pending: UnsealedEvent[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  #continued = false;
  #lost = 0;

  constructor(options: EventSealerOptions) {
    this.#options = options;
  }

  /** The number of events that are not sealed yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** The number of events that could not be sealed. */
  get lost(): number {
    return this.#lost;
  }

  add(event: UnsealedEvent): void {
    if (this.#pending.length >= this.#options.maxPending) this.sealAll();
    this.#pending.push(event);
    this.#schedule();
  }

  /** Seals all waiting events synchronously. */
  sealAll(): void {
    clock.clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    // Sealing can emit further events, such as a checkpoint.
    while (this.#pending.length > 0) this.#seal(this.#pending.splice(0));
  }

  #schedule(): void {
    this.#scheduled ??= clock.setImmediate(() => {
      this.#scheduled = undefined;
      this.#seal(this.#pending.splice(0, EVENTS_PER_TURN));
      if (this.#pending.length > 0) this.#schedule();
    });
  }

  #seal(events: readonly UnsealedEvent[]): void {
    const { guard } = this.#options;
    if (!this.#continued) {
      this.#continued = true;
      guard.run('Reading the existing hash chains', () => {
        for (const heads of this.#options.chainHeads()) this.#chains.continueFrom(heads);
      });
    }
    for (const event of events) {
      const sealed = guard.run('Sealing an event', () => this.#sealOne(event));
      if (sealed === undefined) this.#lost += 1;
    }
  }

  #sealOne(event: UnsealedEvent): SealedEvent {
    const { checkpoints, deliver, guard } = this.#options;
    const redacted = checkpoints?.isOwn(event) ? event : this.#redacted(event);
    const sealed = this.#chains.append(redacted, checkpoints?.idFor(event));
    deliver(sealed);
    guard.run('Entering an event in a checkpoint', () => checkpoints?.sealed(sealed.event));
    return sealed;
  }

  #redacted(event: UnsealedEvent): UnsealedEvent {
    const { redact, requestHistory } = this.#options;
    const clean = (whole: UnsealedEvent) => redact(withoutMediaContent(whole));
    return requestHistory === undefined ? clean(event) : requestHistory.redacted(event, clean);
  }
}

/** The number of ended sessions whose chain is remembered. They may be opened again by their ids, as conversations are. */
const MAX_ENDED = 10_000;

/** The number of ended sessions that are traces. Few events come after the end of a trace. */
const MAX_ENDED_TRACES = 1_000;

/**
 * The hash chains of the sessions. A chain belongs to a session even if the session is opened again, by this process or
 * by another one: an event follows the last event of its session. See rule 5 of "What must hold in every stream" of
 * chaukas-spec.
 */
class HashChains {
  /** Chains of open sessions. The session ledger limits their number. */
  readonly #open = new Map<string, ChainHead>();
  readonly #ended = new BoundedMap<string, ChainHead>(MAX_ENDED);
  readonly #endedTraces = new BoundedMap<string, ChainHead>(MAX_ENDED_TRACES);

  /** Continues the chains that an earlier process left. */
  continueFrom(heads: ReadonlyMap<string, ChainHead>): void {
    for (const [sessionId, head] of heads) this.#ended.set(sessionId, head);
  }

  /** Seals an event as the next one of its session. An END gets the number of events in the session, itself included. */
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
  const metadata: JsonObject = { event_count: count, ...event.metadata };
  return { ...event, metadata };
}

/** Returns the event with the digests of images, audio and other base64 in its content, in the place of the data. */
function withoutMediaContent(event: UnsealedEvent): UnsealedEvent {
  const { llm_invocation, mcp_call, message, metadata, tool_call, tool_response } = event;
  const content = { llm_invocation, mcp_call, metadata, tool_call, tool_response };
  const kept = withoutMedia(content as unknown as JsonObject) as unknown as typeof content;
  const text = message?.text === undefined ? undefined : textWithoutMedia(message.text);
  const messageMetadata = message?.metadata && withoutMedia(message.metadata);
  const sameMessage = text === message?.text && messageMetadata === message?.metadata;
  if (kept === content && sameMessage) return event;
  return {
    ...event,
    ...kept,
    ...(!sameMessage && {
      message: {
        ...message,
        ...(text !== undefined && { text }),
        ...(messageMetadata && { metadata: messageMetadata }),
      },
    }),
  };
}
