/**
 * The messages of model calls that follow each other in a run. A model gets the whole conversation in every call, so
 * events that repeated it would grow with the square of the run's turns.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { canonicalJson, type ObjectTexts, objectTexts } from '../../chaukas/canonical-json.js';
import type { UnsealedEvent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, textLength } from '../../json/json.js';
import { oneOf } from '../../options/option-rules.js';
import { finished, hashInSteps, STEP_LENGTH, type WorkSteps } from '../../steps.js';
import { isWellFormed } from '../../text/well-formed.js';

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
  /** Its messages as they were sent, by which the next call recognises them. */
  readonly sent: Transcript;
  /**
   * The canonical JSON of its messages as they stand in the stream, which the next call continues. `undefined` if all
   * stand as sent and no call has asked for it: the next call has them, too.
   */
  readonly recorded: Transcript | undefined;
}

/**
 * Messages in order: short ones as text, long ones as a hash that can be continued. Most runs make one call, and a hash
 * for nothing takes 3 µs.
 */
type Transcript = string | Hash;

/** The longest text that is kept instead of its hash. */
const MAX_TEXT = 4_096;

/** Characters from which on a text is hashed by itself, without a copy. */
const LONG_TEXT = 512;

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

  /** Like {@link RequestHistory.redacted}, for events of ordinary size, most of which are not requests. */
  redactedAtOnce(
    event: UnsealedEvent,
    redact: (event: UnsealedEvent, firstMessage: number) => UnsealedEvent,
  ): UnsealedEvent {
    if (event.type !== 'EVENT_TYPE_MODEL_INVOCATION_START') return redact(event, 0);
    // biome-ignore lint/correctness/useYield: it has one step.
    const inOneStep = function* (whole: UnsealedEvent, firstMessage: number): WorkSteps<UnsealedEvent> {
      return redact(whole, firstMessage);
    };
    return finished(this.redacted(event, inOneStep));
  }

  /**
   * @param redact - removes from an event what must not be in the stream. Gets the number of messages that were sent before
   *   those in the event.
   * @param known - gets the canonical JSON of the messages in the event that is returned.
   */
  *redacted(
    event: UnsealedEvent,
    redact: (event: UnsealedEvent, firstMessage: number) => WorkSteps<UnsealedEvent>,
    known?: Map<unknown, readonly string[]>,
  ): WorkSteps<UnsealedEvent> {
    const { event_id: eventId, type } = event;
    const messages = type === 'EVENT_TYPE_MODEL_INVOCATION_START' ? messagesOf(event) : undefined;
    if (eventId === undefined || messages === undefined || messages.length === 0)
      return yield* redact(event, 0);
    const keys = [event.parent_span_id, event.invocation_id].map((id) => `${event.session_id} ${id ?? ''}`);
    const { last, sent } = yield* recognise(this.#lastCallsOf(keys), messages);
    const from = last?.count ?? 0;
    const shortened = last === undefined ? event : withMessages(event, messages.slice(from));
    const passed = yield* redact(shortened, from);
    const kept = messagesOf(passed) ?? [];
    const isAsSent =
      last === undefined && kept.length === messages.length && kept.every((one, at) => one === messages[at]);
    const pieces = isAsSent && known === undefined ? [] : yield* piecesOf(kept);
    known?.set(
      kept,
      pieces.map(({ entries }) => entries),
    );
    const before =
      last && (last.recorded ?? (yield* continued('', yield* piecesOf(messages.slice(0, from)))));
    const recorded = isAsSent ? undefined : yield* continued(before ?? '', pieces);
    const next: LastCall = { eventId, count: messages.length, sent, recorded };
    for (const key of keys) this.#lastCalls.set(key, next);
    if (last === undefined || recorded === undefined) return passed;
    const metadata: JsonObject = {
      ...passed.metadata,
      messages_count: messages.length,
      messages_sha256: digestOf(recorded),
      messages_since: last.eventId,
    };
    return { ...passed, metadata };
  }

  /** Returns the last calls in these places, each once, in the order of their number of messages. */
  #lastCallsOf(keys: readonly string[]): readonly LastCall[] {
    const calls = new Set(keys.flatMap((key) => this.#lastCalls.get(key) ?? []));
    return calls.size < 2 ? [...calls] : [...calls].sort((a, b) => a.count - b.count);
  }
}

/** The earlier call of the run that a request continues. */
interface Recognised {
  readonly last: LastCall | undefined;
  /** The transcript of the request. */
  readonly sent: Transcript;
}

/**
 * Returns the call with the most messages among those with whose messages the request begins.
 *
 * @param calls - in the order of their number of messages.
 */
function* recognise(calls: readonly LastCall[], messages: readonly JsonValue[]): WorkSteps<Recognised> {
  let last: LastCall | undefined;
  let sent: Transcript = '';
  let count = 0;
  for (const call of calls) {
    if (call.count > messages.length) break;
    sent = yield* withSent(sent, messages, count, call.count);
    count = call.count;
    const isSame =
      typeof sent === 'string' || typeof call.sent === 'string'
        ? sent === call.sent
        : digestOf(sent) === digestOf(call.sent);
    if (isSame) last = call;
  }
  return { last, sent: yield* withSent(sent, messages, count, messages.length) };
}

/**
 * Returns the transcript with further messages as they were sent. The one before stays as it is.
 *
 * Optimised by hand: hashing the texts themselves takes 0.8 ms for 1 MB in 1,000 messages, and hashing their canonical
 * JSON, which has to be written first, 3.5 (Node 20).
 */
function* withSent(
  before: Transcript,
  messages: readonly JsonValue[],
  from: number,
  to: number,
): WorkSteps<Transcript> {
  let hashed = typeof before === 'string' ? undefined : before.copy();
  let text = typeof before === 'string' ? before : '';
  let length = 0;
  for (let at = from; at < to; at += 1) {
    const { head, content } = identityOf(messages[at] as JsonValue);
    text += head;
    length += content.length;
    if (text.length + content.length > MAX_TEXT) hashed ??= createHash('sha256');
    if (hashed === undefined || content.length < LONG_TEXT) {
      text += content;
      if (hashed === undefined || text.length <= MAX_TEXT) continue;
      hashed.update(text);
    } else {
      hashed.update(text);
      yield* hashInSteps(hashed, content);
    }
    text = '';
    if (length < STEP_LENGTH) continue;
    length = 0;
    yield;
  }
  return text === '' ? (hashed ?? text) : (hashed?.update(text) ?? text);
}

/** A text that only the same message has: the head with the length of the content, and the content. */
interface MessageIdentity {
  readonly head: string;
  readonly content: string;
}

function identityOf(message: JsonValue): MessageIdentity {
  if (isPlainMessage(message)) {
    const { content, name, role } = message;
    const named = name === undefined ? '' : `n${name.length}:${name}`;
    return { head: `r${role.length}:${role}${named}t${content.length}:`, content };
  }
  const json = canonicalJson(message);
  return { head: `j${json.length}:`, content: json };
}

/** A message that is one text. UTF-8 has all of its characters, which it does not of lone surrogates. */
type PlainMessage = { content: string; role: string; name?: string };

function isPlainMessage(message: JsonValue): message is PlainMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return false;
  const { content, role } = message;
  if (typeof content !== 'string' || typeof role !== 'string') return false;
  for (const name in message) {
    const member = message[name];
    if (name !== 'content' && name !== 'role' && name !== 'name') return false;
    if (typeof member !== 'string' || !isWellFormed(member)) return false;
  }
  return true;
}

function digestOf(transcript: Transcript): string {
  return typeof transcript === 'string' ? hash('sha256', transcript) : transcript.copy().digest('hex');
}

/** Returns the messages as texts of a step's length. */
function* piecesOf(messages: readonly JsonValue[]): WorkSteps<readonly ObjectTexts[]> {
  const pieces: ObjectTexts[] = [];
  let from = 0;
  let length = 0;
  for (let at = 0; at < messages.length; at += 1) {
    length += textLength(messages[at]);
    if (length < STEP_LENGTH && at < messages.length - 1) continue;
    pieces.push(objectTexts(messages.slice(from, at + 1)));
    from = at + 1;
    if (length >= STEP_LENGTH) yield;
    length = 0;
  }
  return pieces;
}

/** Returns the transcript with the canonical JSON of further messages, and a line feed behind each. */
function* continued(before: Transcript, pieces: readonly ObjectTexts[]): WorkSteps<Transcript> {
  if (pieces.length === 0) return before;
  const length = pieces.reduce((sum, { entries }) => sum + entries.length + 1, 0);
  if (typeof before === 'string' && before.length + length <= MAX_TEXT) {
    return before + pieces.map((piece) => `${piece.lines()}\n`).join('');
  }
  const next = typeof before === 'string' ? createHash('sha256').update(before) : before.copy();
  for (const piece of pieces) {
    yield* hashInSteps(next, piece.lines());
    next.update('\n');
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
