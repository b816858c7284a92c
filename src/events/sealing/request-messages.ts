/**
 * The messages of model calls that follow each other in a run. A model gets the whole conversation in every call, so
 * events that repeated it would grow with the square of the run's turns.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import { type ObjectTexts, objectTexts } from '../../chaukas/canonical-json.js';
import type { UnsealedEvent } from '../../chaukas/sealed-event.js';
import { type JsonObject, type JsonValue, textLength } from '../../json/json.js';
import { oneOf } from '../../options/option-rules.js';
import { finished, hashInSteps, STEP_LENGTH, type WorkSteps } from '../../steps.js';

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
  /** Its messages as they stand in the stream, which the next call continues: `sent` itself if all stand as sent. */
  readonly recorded: Transcript;
}

/**
 * Messages in order, each as its canonical JSON and a line feed: short ones as text, long ones as a hash that can be
 * continued. Most runs make one call, and a hash for nothing takes 3 µs.
 */
type Transcript = string | Hash;

/** The longest text that is kept instead of its hash. */
const MAX_TEXT = 4_096;

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
  redactedAtOnce(event: UnsealedEvent, redact: (event: UnsealedEvent) => UnsealedEvent): UnsealedEvent {
    if (event.type !== 'EVENT_TYPE_MODEL_INVOCATION_START') return redact(event);
    // biome-ignore lint/correctness/useYield: it has one step.
    const inOneStep = function* (whole: UnsealedEvent): WorkSteps<UnsealedEvent> {
      return redact(whole);
    };
    return finished(this.redacted(event, inOneStep));
  }

  /**
   * @param redact - removes from an event what must not be in the stream.
   * @param known - gets the canonical JSON of the messages in the event that is returned.
   */
  *redacted(
    event: UnsealedEvent,
    redact: (event: UnsealedEvent) => WorkSteps<UnsealedEvent>,
    known?: Map<unknown, readonly string[]>,
  ): WorkSteps<UnsealedEvent> {
    const { event_id: eventId, type } = event;
    const messages = type === 'EVENT_TYPE_MODEL_INVOCATION_START' ? messagesOf(event) : undefined;
    if (eventId === undefined || messages === undefined || messages.length === 0) return yield* redact(event);
    const keys = [event.parent_span_id, event.invocation_id].map((id) => `${event.session_id} ${id ?? ''}`);
    const { last, sent, added } = yield* recognise(this.#lastCallsOf(keys), messages);
    const from = last?.count ?? 0;
    const passed = yield* redact(last === undefined ? event : withMessages(event, messages.slice(from)));
    const kept = messagesOf(passed) ?? [];
    const isAsSent =
      kept.length === messages.length - from && kept.every((one, at) => one === messages[from + at]);
    const pieces = isAsSent ? added : yield* piecesOf(kept);
    known?.set(
      kept,
      pieces.map(({ entries }) => entries),
    );
    const isSame = isAsSent && (last === undefined || last.recorded === last.sent);
    const recorded = isSame ? sent : yield* continued(last?.recorded ?? '', pieces);
    const next: LastCall = { eventId, count: messages.length, sent, recorded };
    for (const key of keys) this.#lastCalls.set(key, next);
    if (last === undefined) return passed;
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

/** The earlier call of the run that a request continues, and the messages that it adds. */
interface Recognised {
  readonly last: LastCall | undefined;
  /** The transcript of the request. */
  readonly sent: Transcript;
  /** The messages behind those of the last call. */
  readonly added: readonly ObjectTexts[];
}

/**
 * Returns the call with the most messages among those with whose messages the request begins.
 *
 * @param calls - in the order of their number of messages.
 */
function* recognise(calls: readonly LastCall[], messages: readonly JsonValue[]): WorkSteps<Recognised> {
  let last: LastCall | undefined;
  let sent: Transcript = '';
  let added: ObjectTexts[] = [];
  let count = 0;
  for (const call of calls) {
    if (call.count > messages.length) break;
    const pieces = yield* piecesOf(messages.slice(count, call.count));
    sent = yield* continued(sent, pieces);
    count = call.count;
    const isSame =
      typeof sent === 'string' || typeof call.sent === 'string'
        ? sent === call.sent
        : digestOf(sent) === digestOf(call.sent);
    if (isSame) last = call;
    added = isSame ? [] : [...added, ...pieces];
  }
  const rest = yield* piecesOf(count === 0 ? messages : messages.slice(count));
  return { last, sent: yield* continued(sent, rest), added: [...added, ...rest] };
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

/** Returns the transcript with further messages. The one before stays as it is. */
function* continued(before: Transcript, pieces: readonly ObjectTexts[]): WorkSteps<Transcript> {
  if (pieces.length === 0) return before;
  if (typeof before === 'string' && before.length + lengthOf(pieces) <= MAX_TEXT) {
    return before + pieces.map(({ lines }) => `${lines}\n`).join('');
  }
  const next = typeof before === 'string' ? createHash('sha256').update(before) : before.copy();
  for (const { lines } of pieces) {
    yield* hashInSteps(next, lines);
    next.update('\n');
  }
  return next;
}

function lengthOf(pieces: readonly ObjectTexts[]): number {
  let length = 0;
  for (const { lines } of pieces) length += lines.length + 1;
  return length;
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
