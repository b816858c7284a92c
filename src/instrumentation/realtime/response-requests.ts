import { BoundedMap } from '../../bounded-map.js';
import * as clock from '../../clock.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import {
  isResponseRequestId,
  type RealtimeServerError,
  refusesItem,
  refusesResponse,
} from '../../openai-api/realtime-errors.js';
import { MAX_OPEN } from './connection-scope.js';

/** A request of the client for a response. */
export interface ResponseRequest {
  /** Its `event_id`; `undefined` if it is not known. */
  readonly id: string | undefined;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

interface PendingRequest extends ResponseRequest {
  /** Whether it is for a response outside of the conversation, which can come beside another one. */
  readonly isSeparate: boolean;
  /** Whether a response ended after it, so that the client may only then have sent it, together with others. */
  heldUntil: number | undefined;
  /** Whether a response has begun since that may have been its answer. */
  maybeAnswered: boolean;
}

/**
 * The responses that are due: those that the client has requested, and the one with which the provider will answer what
 * the user says.
 *
 * Invariant: a response that begins takes the request it answers. Requests that are answered, refused or given up are
 * not kept.
 */
export class ResponseRequests {
  readonly #pending = new Map<number, PendingRequest>();
  #count = 0;
  /** Ids of events with which the client adds items that the provider has not confirmed. */
  readonly #items = new BoundedMap<string, true>(MAX_OPEN);
  /** Ids of calls that the application has not answered. */
  readonly #calls = new BoundedMap<string, true>(MAX_OPEN);
  /** Items sent without an id. */
  #namelessItems = 0;
  #speech: 'silence' | 'speaking' | 'spoken' = 'silence';
  /** The end of the user's speech, in milliseconds since the epoch. */
  #spokenAt: number | undefined;

  /**
   * The client asks for a response.
   *
   * @param event - an object of the client or the application, of which only these members are read.
   * @returns a function that takes the request back, because it could not be sent.
   */
  requested(event: unknown): () => void {
    this.#count += 1;
    const key = this.#count;
    this.#pending.set(key, {
      id: asNonEmptyString(ownValue(event, 'event_id')),
      time: clock.now(),
      isSeparate: ownValue(ownValue(event, 'response'), 'conversation') === 'none',
      heldUntil: undefined,
      maybeAnswered: false,
    });
    // Map iterates in the order of insertion, so the first key is the oldest request.
    if (this.#pending.size > MAX_OPEN) this.#take(this.#pending.keys().next().value);
    return () => void this.#pending.delete(key);
  }

  /** The client adds an item to the conversation: a message, or the answer of a tool. */
  itemSent(event: unknown): void {
    const callId = asNonEmptyString(ownValue(ownValue(event, 'item'), 'call_id'));
    if (callId !== undefined) this.#calls.remove(callId);
    const id = asNonEmptyString(ownValue(event, 'event_id'));
    if (id === undefined) this.#namelessItems += 1;
    else this.#items.set(id, true);
  }

  /** The provider has added an item, and works off what the client sends in order. */
  itemAdded({ role, type }: UnknownRecord): void {
    if (role === 'assistant' || type === 'function_call') return;
    this.#namelessItems = Math.max(0, this.#namelessItems - 1);
  }

  /** The model calls a function that the application runs without the Agents SDK. */
  callRequested(callId: string): void {
    this.#calls.set(callId, true);
  }

  /** Whether the model waits for the answer to such a call. */
  get callsAreDue(): boolean {
    return this.#calls.size > 0;
  }

  speechStarted(): void {
    this.#speech = 'speaking';
  }

  /** @param answered - whether the provider answers speech by itself. */
  speechStopped(answered: boolean): void {
    this.#speech = answered ? 'spoken' : 'silence';
    this.#spokenAt = answered ? clock.now() : undefined;
  }

  /** The input of the user is thrown away. */
  speechCleared(): void {
    this.#speech = 'silence';
    this.#spokenAt = undefined;
  }

  /** Whether the client waits for a response that it has requested. */
  get areDue(): boolean {
    return [...this.#pending.values()].some(({ maybeAnswered }) => !maybeAnswered);
  }

  get userSpeaks(): boolean {
    return this.#speech === 'speaking';
  }

  /** Whether the provider is to answer what the user has said. */
  get userHasSpoken(): boolean {
    return this.#speech === 'spoken';
  }

  /**
   * A response begins.
   *
   * @returns when it was requested, in milliseconds since the epoch: by the client, or with the end of what the user
   * said. `undefined` if the provider began it for another reason.
   */
  responseCreated(response: UnknownRecord): number | undefined {
    const isSeparate = response.conversation_id === null;
    const [key, request] = [...this.#pending].find(([, pending]) => pending.isSeparate === isSeparate) ?? [];
    if (isSeparate) {
      this.#take(key);
      return request?.time;
    }
    const spokenAt = this.#spokenAt;
    if (this.#speech === 'spoken') this.#speech = 'silence';
    this.#spokenAt = undefined;
    if (spokenAt !== undefined && (request === undefined || spokenAt < request.time)) {
      if (request !== undefined) request.maybeAnswered = true;
      return spokenAt;
    }
    this.#take(key);
    if (request?.heldUntil === undefined) return request?.time;
    for (const [other, { isSeparate: separate, heldUntil }] of this.#pending) {
      if (!separate && heldUntil !== undefined) this.#pending.delete(other);
    }
    return request.heldUntil;
  }

  /** The client holds requests back during a response, and sends them as one afterwards (agents-realtime 0.20.0). */
  responseDone(): void {
    const now = clock.now();
    for (const request of this.#pending.values()) request.heldUntil ??= now;
  }

  /** Finds the request that an error of the provider refuses; `undefined` if the error is about something else. */
  refused(error: RealtimeServerError): ResponseRequest | undefined {
    const { requestId } = error;
    if (requestId === undefined) {
      const isRefused = refusesResponse(error) || (this.#namelessItems > 0 && refusesItem(error));
      return isRefused ? this.#takeOldest(undefined) : undefined;
    }
    for (const [key, { id }] of this.#pending) {
      if (id === requestId) return sentRequest(this.#take(key), requestId);
    }
    if (this.#items.remove(requestId) !== undefined) return this.#takeOldest(requestId);
    if (!isResponseRequestId(requestId)) return undefined;
    // A response that the provider began by itself may have been taken for the answer to this request.
    return this.#takeOldest(requestId) ?? { id: requestId, time: clock.now() };
  }

  /** Takes what is due when the connection ends. */
  takeAll(): readonly ResponseRequest[] {
    const requests = [...this.#pending.values()].filter(({ maybeAnswered }) => !maybeAnswered);
    this.#pending.clear();
    return requests.map((request) => sentRequest(request, request.id)).filter((sent) => sent !== undefined);
  }

  #takeOldest(id: string | undefined): ResponseRequest | undefined {
    const request = this.#take(this.#pending.keys().next().value);
    return sentRequest(request, id ?? request?.id);
  }

  #take(key: number | undefined): PendingRequest | undefined {
    if (key === undefined) return undefined;
    const request = this.#pending.get(key);
    this.#pending.delete(key);
    return request;
  }
}

/** A request as of the moment at which it was sent. */
function sentRequest(
  request: PendingRequest | undefined,
  id: string | undefined,
): ResponseRequest | undefined {
  return request && { id, time: request.heldUntil ?? request.time };
}
