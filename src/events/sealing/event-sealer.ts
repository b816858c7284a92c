import { BoundedMap } from '../../bounded-map.js';
import type { KnownLists } from '../../chaukas/canonical-json.js';
import type { ChaukasEvent, UnsealedEvent } from '../../chaukas/event.js';
import {
  type ChainHead,
  type NewlySealedEvent,
  type SealedEvent,
  sealEvent,
  sealInSteps,
} from '../../chaukas/sealed-event.js';
import { StreamSum } from '../../chaukas/stream-sum.js';
import * as clock from '../../clock.js';
import type { Guard } from '../../diagnostics/guard.js';
import { type JsonObject, textLength } from '../../json/json.js';
import { textWithoutMedia, withoutMedia } from '../../json/media.js';
import { LONG_STEP, type WorkSteps } from '../../steps.js';
import type { SignedCheckpoints } from './checkpoints.js';
import type { EarlierEvents, EarlierStream } from './earlier-streams.js';
import type { RequestHistory } from './request-messages.js';

/** The number of events that are sealed in one turn of the event loop, if they take less than the time of a turn. */
export const EVENTS_PER_TURN = 256;

/** The time after which a turn ends. A step that has begun is finished, so a turn takes a little longer. */
export const TURN_MILLIS = 4;

/** Characters of content from which on an event is sealed in steps, between which a turn may end. */
const LARGE_EVENT = 65_536;

interface EventSealerOptions {
  /** The id of the session that stands for the stream. */
  readonly streamId: string;
  /** The number of events that may wait. If there are more, all of them are sealed synchronously, and none is lost. */
  readonly maxPending: number;
  /** Returns what the destinations hold from earlier processes. Called once, before the first event is sealed. */
  readonly earlierEvents: () => EarlierEvents;
  readonly redact: EventRedactor;
  /** Shortens requests to what is new; `undefined` leaves them whole. */
  readonly requestHistory: RequestHistory | undefined;
  readonly checkpoints: SignedCheckpoints | undefined;
  readonly deliver: (event: SealedEvent) => void;
  readonly guard: Guard;
  /** Called for each event that is done, sealed or not. */
  readonly onDone?: (() => void) | undefined;
  /** Spans and signals of which no events have been made yet. */
  readonly unmade?: UnmadeEvents | undefined;
}

/** Adds events to the sealer when it is asked for them. */
export interface UnmadeEvents {
  /** Returns the number of things that wait. */
  waiting(): number;
  /** Adds the events of what waits until `isOver` says that the turn is over. */
  pass(isOver: () => boolean): void;
}

/**
 * Removes from an event what must not leave the process. `firstMessage` is the number of messages that were sent before
 * those in the event's request.
 */
export interface EventRedactor {
  (event: UnsealedEvent, firstMessage?: number): UnsealedEvent;
  /** Does the same in steps. */
  readonly inSteps?: (event: UnsealedEvent, firstMessage?: number) => WorkSteps<UnsealedEvent>;
}

/**
 * Makes events evidence, in the order in which they were emitted: redacts them and adds the hash of the event and of the
 * previous event. This happens in later turns of the event loop, so that the application does not wait for it, and no
 * turn takes long: it ends after a number of events or a few milliseconds, also in the middle of a large event.
 *
 * The START of the stream gets the names of the streams before it, and its END the sums of the stream.
 */
export class EventSealer {
  readonly #options: EventSealerOptions;
  readonly #chains = new HashChains();
  readonly #sum = new StreamSum();
  /** Events that are not sealed, oldest first. Those that are done are removed at the end of a turn. */
  #pending: (UnsealedEvent | undefined)[] = [];
  /** The number of events at the beginning of `#pending` that are done. */
  #done = 0;
  /** The number of events at its beginning that are done or redacted. One that could not be redacted is `undefined`. */
  #clean = 0;
  /** The steps of the oldest event that is not done, if it has begun. */
  #begun: WorkSteps<unknown> | undefined;
  /** Whether the next step of it needs a turn of its own. */
  #isNextLong = false;
  #scheduled: NodeJS.Immediate | undefined;
  #earlier: EarlierEvents | undefined;
  #lost = 0;
  #isSealing = false;
  /** Delivers the END of the stream, while it waits for its signature. */
  #deliverEnd: ((wormProofId: string | undefined) => void) | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: EventSealerOptions) {
    this.#options = options;
  }

  /** The number of events that are not sealed yet. */
  get waiting(): number {
    return this.#pending.length - this.#done + (this.#deliverEnd === undefined ? 0 : 1);
  }

  /** The number of events that could not be sealed. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves when the END of the stream is delivered, if it has been sealed. It may wait for its signature. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Events that are emitted while others are sealed, such as checkpoints, come after these, as their ids do. */
  add(event: UnsealedEvent): void {
    this.#pending.push(event);
    this.schedule();
    if (this.#pending.length > this.#options.maxPending) this.sealAll();
  }

  /** Seals all waiting events synchronously. Does nothing if a callback of the application calls it during sealing. */
  sealAll(): void {
    if (this.#isSealing) return;
    clock.clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#seal(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** Sees to it that a turn follows. */
  schedule(): void {
    if (this.#isSealing) return;
    this.#scheduled ??= clock.setImmediate(() => {
      this.#scheduled = undefined;
      this.#seal(EVENTS_PER_TURN, clock.ticks() + TURN_MILLIS);
    });
  }

  /** Delivers an END that still waits for its signature without it, because the process exits. */
  endNow(): void {
    this.#deliverEnd?.(undefined);
  }

  /** Seals events until there are none, or so many of them are done, or the time is over. */
  #seal(most: number, until: number): void {
    const { guard } = this.#options;
    if (this.#earlier === undefined) {
      this.#earlier = this.#options.earlierEvents();
      this.#chains.continueFrom(this.#earlier.chainHeads);
    }
    this.#isSealing = true;
    const isTurn = until !== Number.POSITIVE_INFINITY;
    this.#options.unmade?.pass(() => isTurn && (this.#pending.length >= most || clock.ticks() >= until));
    // Sealing can emit further events, such as a checkpoint.
    do {
      while (this.#done < this.#pending.length && this.#done < most) {
        if (this.#begun === undefined && this.#clean === this.#done) this.#cleanAhead(until);
        try {
          if (this.#clean === this.#done) this.#nextStep(this.#pending[this.#done] as UnsealedEvent);
          else this.#sealClean(this.#pending[this.#done]);
        } catch (error) {
          this.#drop(error);
        }
        if (isTurn && (this.#isNextLong || clock.ticks() >= until)) break;
      }
      guard.run('Making the first checkpoint', () => this.#options.checkpoints?.turnEnded());
    } while (!isTurn && this.#done < this.#pending.length);
    this.#pending.splice(0, this.#done);
    this.#clean -= this.#done;
    this.#done = 0;
    this.#isSealing = false;
    if (this.#pending.length > 0 || (this.#options.unmade?.waiting() ?? 0) > 0) this.schedule();
  }

  #nextStep(event: UnsealedEvent): void {
    this.#begun ??= this.#sealSteps(event);
    const { done, value } = this.#begun.next();
    this.#isNextLong = done !== true && value === LONG_STEP;
    if (done !== true) return;
    this.#begun = undefined;
    this.#isDone();
  }

  /**
   * Redacts the next events, up to a large one. Events go through redaction one after the other, and then through the
   * rest: a processor's cache has no room for the code of both. Each event on its own through all of it took 10 to 20 %
   * longer from span to line, and 64 of them 7 % longer (`npm run bench:events`, on a busy machine).
   */
  #cleanAhead(until: number): void {
    const { checkpoints, redact, requestHistory } = this.#options;
    const clean = (whole: UnsealedEvent, firstMessage?: number) =>
      redact(withoutMediaContent(whole), firstMessage);
    const pending = this.#pending;
    const end = Math.min(pending.length, this.#done + EVENTS_PER_TURN);
    for (let at = this.#done; at < end; at += 1) {
      const event = pending[at] as UnsealedEvent;
      try {
        if (contentLength(event) >= LARGE_EVENT) return;
        const isOwn = checkpoints?.isOwn(event) ?? false;
        if (!isOwn) pending[at] = requestHistory?.redactedAtOnce(event, clean) ?? clean(event);
      } catch (error) {
        this.#options.guard.caught('Sealing an event', error);
        pending[at] = undefined;
      }
      this.#clean = at + 1;
      if (clock.ticks() >= until) return;
    }
  }

  /** @param event - `undefined` if it could not be redacted. */
  #sealClean(event: UnsealedEvent | undefined): void {
    if (event === undefined) {
      this.#lost += 1;
    } else {
      const complete = this.#inStream(event);
      const isOwn = this.#options.checkpoints?.isOwn(event) ?? false;
      this.#deliver(complete, this.#chains.append(complete), isOwn);
    }
    this.#isDone();
  }

  #isDone(): void {
    this.#done += 1;
    if (this.#clean < this.#done) this.#clean = this.#done;
    this.#options.onDone?.();
  }

  /** Gives the event up whose step has failed. */
  #drop(error: unknown): void {
    this.#options.guard.caught('Sealing an event', error);
    this.#begun = undefined;
    this.#isNextLong = false;
    this.#lost += 1;
    this.#isDone();
  }

  /** Seals a large event, to the same bytes as {@link EventSealer.#sealClean}. */
  *#sealSteps(event: UnsealedEvent): WorkSteps<void> {
    const { checkpoints, redact, requestHistory } = this.#options;
    const known = new Map<unknown, readonly string[]>();
    const clean = function* (whole: UnsealedEvent, firstMessage?: number): WorkSteps<UnsealedEvent> {
      yield;
      const plain = withoutMediaContent(whole);
      yield;
      return redact.inSteps === undefined
        ? redact(plain, firstMessage)
        : yield* redact.inSteps(plain, firstMessage);
    };
    const isOwn = checkpoints?.isOwn(event) ?? false;
    const redacted = isOwn ? event : yield* requestHistory?.redacted(event, clean, known) ?? clean(event);
    yield;
    const complete = this.#inStream(redacted);
    const sealed = yield* this.#chains.appendInSteps(complete, known);
    yield;
    this.#deliver(complete, sealed, isOwn);
  }

  #deliver(event: UnsealedEvent, sealed: NewlySealedEvent, isOwn: boolean): void {
    const { checkpoints, deliver, guard } = this.#options;
    if (checkpoints !== undefined && isSignedEnd(event, this.#options.streamId)) {
      this.#signEnd(sealed.event, checkpoints);
      return;
    }
    this.#sum.add(sealed.contentHash);
    deliver(sealed);
    if (checkpoints !== undefined) {
      guard.run('Entering an event in the log', () =>
        checkpoints.sealed(sealed.contentHash, event.event_id ?? '', isOwn),
      );
    }
  }

  /** Delivers the END when it is signed. Without a signature it says that the stream is not closed. */
  #signEnd(end: ChaukasEvent, checkpoints: SignedCheckpoints): void {
    const { hash_prev = '', metadata } = end;
    this.#deliverEnd = (wormProofId) => {
      this.#deliverEnd = undefined;
      const event = wormProofId === undefined ? { ...end, metadata: { ...metadata, closed: false } } : end;
      this.#options.deliver(sealEvent(event, hash_prev, wormProofId));
    };
    const proof = checkpoints.signEnd(end.content_hash ?? '');
    if (proof instanceof Promise) this.#ended = proof.then((signature) => this.#deliverEnd?.(signature));
    else this.#deliverEnd(proof);
  }

  /** Adds what joins an event to its stream. After the redaction, which may take an id for a card number. */
  #inStream(event: UnsealedEvent): UnsealedEvent {
    const { streamId } = this.#options;
    const isOfStream = event.session_id === streamId;
    if (event.type === 'EVENT_TYPE_SESSION_START') {
      const previous = isOfStream ? previousStreams(this.#earlier?.streams ?? []) : undefined;
      return { ...event, metadata: { ...event.metadata, stream_id: streamId, ...previous } };
    }
    if (event.type !== 'EVENT_TYPE_SESSION_END' || !isOfStream) return event;
    return { ...event, metadata: { ...event.metadata, ...this.#sum.toMetadata() } };
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
  append(event: UnsealedEvent): NewlySealedEvent {
    const { complete, before, count } = this.#place(event);
    return this.#appended(event, sealEvent(complete, before), count);
  }

  *appendInSteps(event: UnsealedEvent, known: KnownLists): WorkSteps<NewlySealedEvent> {
    const { complete, before, count } = this.#place(event);
    return this.#appended(event, yield* sealInSteps(complete, before, known), count);
  }

  #place(event: UnsealedEvent): { complete: UnsealedEvent; before: string; count: number | undefined } {
    const { session_id: id } = event;
    const head = this.#open.get(id) ?? this.#ended.get(id) ?? this.#endedTraces.get(id);
    const count = head === undefined ? 1 : head.count === undefined ? undefined : head.count + 1;
    return { complete: isEnd(event) ? withCount(event, count) : event, before: head?.hash ?? '', count };
  }

  #appended(event: UnsealedEvent, sealed: NewlySealedEvent, count: number | undefined): NewlySealedEvent {
    const { session_id: id, trace_id: traceId } = event;
    const next = { hash: sealed.contentHash, count };
    if (isEnd(event)) {
      this.#open.delete(id);
      (id === traceId ? this.#endedTraces : this.#ended).set(id, next);
    } else {
      this.#open.set(id, next);
    }
    return sealed;
  }
}

function isEnd({ type }: UnsealedEvent): boolean {
  return type === 'EVENT_TYPE_SESSION_END';
}

/** Whether an event ends the stream and says that it is closed. With a key, that has to be signed. */
function isSignedEnd({ session_id, type, metadata }: UnsealedEvent, streamId: string): boolean {
  return session_id === streamId && type === 'EVENT_TYPE_SESSION_END' && metadata?.closed === true;
}

function previousStreams(streams: readonly EarlierStream[]): JsonObject | undefined {
  if (streams.length === 0) return undefined;
  return {
    previous_streams: streams.map(({ streamId, eventId, contentHash, closed, sinks }) => ({
      ...(streamId !== undefined && { stream_id: streamId }),
      event_id: eventId,
      content_hash: contentHash,
      closed,
      ...(sinks !== undefined && { sinks: [...sinks] }),
    })),
  };
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

/** Returns the number of characters in the texts of an event's content. */
export function contentLength({
  agent_handoff,
  llm_invocation,
  mcp_call,
  message,
  metadata,
  state_update,
  tool_call,
  tool_response,
}: UnsealedEvent): number {
  return (
    textLength(llm_invocation?.request) +
    textLength(llm_invocation?.response) +
    textLength(mcp_call) +
    textLength(message) +
    textLength(metadata) +
    textLength(tool_call) +
    textLength(tool_response) +
    textLength(agent_handoff) +
    textLength(state_update)
  );
}
