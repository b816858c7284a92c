/**
 * The messages of model calls that follow each other in a run. A model gets the whole conversation in every call, so
 * events that repeated it would grow with the square of the run's turns.
 */
import { createHash, type Hash } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { canonicalJson } from '../../chaukas/canonical-json.js';
import type { UnsealedEvent } from '../../chaukas/sealed-event.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { oneOf } from '../../options/option-rules.js';

/** The messages on MODEL_INVOCATION_START: those that are new since the last call of the run, or all. */
export type RequestMessages = 'new' | 'all';

export const DEFAULT_REQUEST_MESSAGES: RequestMessages = 'new';

/** The rule for option `requestMessages`. */
export const REQUEST_MESSAGES_RULE = oneOf(['new', 'all']);

/** The newest call of a run. */
interface LastCall {
  readonly eventId: string;
  /** The number of its messages. */
  readonly count: number;
  /** Digest of its messages as they were sent, by which the next call recognises them. */
  readonly sent: string;
  /** The hash of its messages as they stand in the stream, which the next call continues. */
  readonly recorded: Hash;
}

/** Runs of which the last call is remembered. The next call of a forgotten one carries all of its messages. */
const MAX_RUNS = 2000;

/**
 * Shortens the requests of model calls to what is new since the last call of the same agent or, after a handoff, of the
 * same run. `metadata` then says where the earlier messages are:
 *
 * - `messages_since`: the event of that call
 * - `messages_count`: the number of all messages of the request
 * - `messages_sha256`: SHA-256 of all messages as they stand in the stream: the canonical JSON of each, and a line feed
 *
 * A request that does not begin with the messages of the last call carries all of its own.
 */
export class RequestHistory {
  readonly #lastCalls = new BoundedMap<string, LastCall>(MAX_RUNS);

  /** @param redact - removes from an event what must not be in the stream. */
  redacted(event: UnsealedEvent, redact: (event: UnsealedEvent) => UnsealedEvent): UnsealedEvent {
    const { event_id: eventId, type } = event;
    const messages = type === 'EVENT_TYPE_MODEL_INVOCATION_START' ? messagesOf(event) : undefined;
    if (eventId === undefined || messages === undefined || messages.length === 0) return redact(event);
    const keys = [event.parent_span_id, event.invocation_id].map((id) => `${event.session_id} ${id ?? ''}`);
    const { last, sent } = this.#recognise(keys, messages);
    const passed = redact(last === undefined ? event : withMessages(event, messages.slice(last.count)));
    const recorded = last?.recorded.copy() ?? createHash('sha256');
    for (const message of messagesOf(passed) ?? []) recorded.update(`${canonicalJson(message)}\n`);
    const next = { eventId, count: messages.length, sent, recorded };
    for (const key of keys) this.#lastCalls.set(key, next);
    if (last === undefined) return passed;
    const metadata: JsonObject = {
      ...passed.metadata,
      messages_count: messages.length,
      messages_sha256: recorded.copy().digest('hex'),
      messages_since: last.eventId,
    };
    return { ...passed, metadata };
  }

  /** Returns the call whose messages the request begins with, and the digest of the whole request. */
  #recognise(
    keys: readonly string[],
    messages: readonly JsonValue[],
  ): { last: LastCall | undefined; sent: string } {
    const candidates = new Set(keys.map((key) => this.#lastCalls.get(key)));
    const digest = createHash('sha256');
    let last: LastCall | undefined;
    for (const [index, message] of messages.entries()) {
      digest.update(`${JSON.stringify(message)}\n`);
      const ending = [...candidates].find((call) => call?.count === index + 1);
      if (ending !== undefined && ending.sent === digest.copy().digest('hex')) last = ending;
    }
    return { last, sent: digest.digest('hex') };
  }
}

function messagesOf({ llm_invocation }: UnsealedEvent): readonly JsonValue[] | undefined {
  const messages = llm_invocation?.request?.messages;
  return Array.isArray(messages) ? messages : undefined;
}

function withMessages(event: UnsealedEvent, messages: JsonValue[]): UnsealedEvent {
  const { llm_invocation } = event;
  return {
    ...event,
    llm_invocation: { ...llm_invocation, request: { ...llm_invocation?.request, messages } },
  };
}
