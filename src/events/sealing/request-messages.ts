/**
 * The messages of model calls that follow each other in a run. A model gets the whole conversation in every call, so
 * events that repeated it would grow with the square of the run's turns.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { canonicalJson } from '../../chaukas/canonical-json.js';
import type { UnsealedEvent } from '../../chaukas/sealed-event.js';
import type { JsonObject, JsonValue } from '../../json/json.js';
import { oneOf } from '../../options/option-rules.js';
import { STEP_LENGTH, sha256InSteps, type WorkSteps } from '../../steps.js';

/** The messages on MODEL_INVOCATION_START: those that are new since the last call of the run, or all. */
export type RequestMessages = 'new' | 'all';

export const DEFAULT_REQUEST_MESSAGES: RequestMessages = 'new';

/** The rule for option `requestMessages`. */
export const REQUEST_MESSAGES_RULE = oneOf(['new', 'all']);

/** The newest call of a run. */
interface LastCall {
  readonly eventId: string;
  /** The number of messages that each of the run's calls so far had. The last one is that of this call. */
  readonly counts: readonly number[];
  /**
   * Digest of its messages as they were sent, by which the next call recognises them: of the digest of the call before,
   * and of the messages since. A call thus hashes each message once.
   */
  readonly sent: string;
  /** Its messages as they stand in the stream, which the next call continues: short ones as text, long ones as hash. */
  readonly recorded: string | Hash;
}

/** The longest text that is kept instead of its hash. Most runs make one call, and a hash for nothing takes 3 µs. */
const MAX_RECORDED_TEXT = 4_096;

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
  *redacted(
    event: UnsealedEvent,
    redact: (event: UnsealedEvent) => WorkSteps<UnsealedEvent>,
  ): WorkSteps<UnsealedEvent> {
    const { event_id: eventId, type } = event;
    const messages = type === 'EVENT_TYPE_MODEL_INVOCATION_START' ? messagesOf(event) : undefined;
    if (eventId === undefined || messages === undefined || messages.length === 0) return yield* redact(event);
    const keys = [event.parent_span_id, event.invocation_id].map((id) => `${event.session_id} ${id ?? ''}`);
    const { last, ...recognised } = yield* this.#recognise(keys, messages);
    const passed = yield* redact(
      last === undefined ? event : withMessages(event, messages.slice(last.counts.at(-1))),
    );
    const recorded = yield* continued(last?.recorded ?? '', messagesOf(passed) ?? []);
    const next = { eventId, recorded, ...recognised };
    for (const key of keys) this.#lastCalls.set(key, next);
    if (last === undefined) return passed;
    const metadata: JsonObject = {
      ...passed.metadata,
      messages_count: messages.length,
      messages_sha256:
        typeof recorded === 'string' ? hash('sha256', recorded) : recorded.copy().digest('hex'),
      messages_since: last.eventId,
    };
    return { ...passed, metadata };
  }

  /** Returns the call whose messages the request begins with, and by what the next call recognises the request. */
  *#recognise(
    keys: readonly string[],
    messages: readonly JsonValue[],
  ): WorkSteps<{ last: LastCall | undefined } & Pick<LastCall, 'counts' | 'sent'>> {
    const lines = yield* linesOf(messages, (message) => JSON.stringify(message));
    let last: LastCall | undefined;
    for (const key of keys) {
      const call = this.#lastCalls.get(key);
      if (call === undefined || call === last || lengthOf(call) <= lengthOf(last)) continue;
      if (lengthOf(call) <= lines.length && (yield* digestOf(lines, call.counts)) === call.sent) last = call;
    }
    if (last !== undefined && lengthOf(last) === lines.length)
      return { last, counts: last.counts, sent: last.sent };
    return {
      last,
      counts: [...(last?.counts ?? []), lines.length],
      sent: yield* digestAfter(last?.sent ?? '', lines, lengthOf(last), lines.length),
    };
  }
}

function lengthOf(call: LastCall | undefined): number {
  return call?.counts.at(-1) ?? 0;
}

function* digestOf(lines: readonly string[], counts: readonly number[]): WorkSteps<string> {
  let digest = '';
  let from = 0;
  for (const to of counts) {
    digest = yield* digestAfter(digest, lines, from, to);
    from = to;
  }
  return digest;
}

function* digestAfter(before: string, lines: readonly string[], from: number, to: number): WorkSteps<string> {
  const added = lines.slice(from, to);
  if (lengthOfLines(added) > STEP_LENGTH) return yield* sha256InSteps([before, ...added]);
  return hash('sha256', before + added.join(''));
}

/** Returns the messages as lines. */
function* linesOf(
  messages: readonly JsonValue[],
  toText: (message: JsonValue) => string,
): WorkSteps<readonly string[]> {
  const lines: string[] = [];
  let length = 0;
  for (const message of messages) {
    const line = `${toText(message)}\n`;
    lines.push(line);
    length += line.length;
    if (length < STEP_LENGTH) continue;
    length = 0;
    yield;
  }
  return lines;
}

function lengthOfLines(lines: readonly string[]): number {
  let length = 0;
  for (const line of lines) length += line.length;
  return length;
}

function* continued(recorded: string | Hash, messages: readonly JsonValue[]): WorkSteps<string | Hash> {
  const lines = yield* linesOf(messages, canonicalJson);
  if (typeof recorded === 'string' && recorded.length + lengthOfLines(lines) <= MAX_RECORDED_TEXT) {
    return recorded + lines.join('');
  }
  const next = typeof recorded === 'string' ? createHash('sha256').update(recorded) : recorded.copy();
  let length = 0;
  for (const line of lines) {
    next.update(line);
    length += line.length;
    if (length < STEP_LENGTH) continue;
    length = 0;
    yield;
  }
  return next;
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
