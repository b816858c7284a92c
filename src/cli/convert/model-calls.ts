import { BoundedMap } from '../../bounded-map.js';
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { typeName } from '../events/event-type.js';
import { outcomeOf } from '../events/measures.js';
import type { ReadEvent } from '../input/read-events.js';

/** A model call with all messages that were sent, made of its two events and those that it builds on. */
export interface EndedCall {
  readonly start: ReadEvent;
  readonly end: ReadEvent;
  readonly request: UnknownRecord;
  readonly response: UnknownRecord;
  /** Every message of the request, also those that only an earlier event has. */
  readonly messages: readonly unknown[];
  /** Whether redaction changed content of the call or of a message before it. */
  readonly redacted: boolean;
}

/** A call that cannot be an example, and why, as it follows a number: `2 failed`. */
export interface LeftOutCall {
  readonly leftOut: string;
}

/** Messages of one event, and the event with those before them. */
interface SentMessages {
  readonly own: readonly unknown[];
  readonly before: SentMessages | undefined;
  readonly redacted: boolean;
}

/** Far more than are open at once, or have a call after them in the same run. */
const MAX_CALLS = 10_000;

/**
 * Puts model calls together from their START and END. A START has only the messages that are new since the run's last
 * call; the others are kept until the session ends.
 */
export class ModelCalls {
  readonly #open = new BoundedMap<string, ReadEvent>(MAX_CALLS);
  /** Messages by session and event. */
  readonly #sent = new BoundedMap<string, SentMessages>(MAX_CALLS);

  /** The STARTs without an END. */
  unfinished(): ReadEvent[] {
    return this.#open.newestFirst();
  }

  /** Returns the call that ends with this event, or the reason why it is left out. */
  add(event: ReadEvent): EndedCall | LeftOutCall | undefined {
    const type = typeName(event);
    if (type === 'MODEL_INVOCATION_START') {
      this.#open.set(spanOf(event), event);
      this.#remember(event);
      return undefined;
    }
    if (type !== 'MODEL_INVOCATION_END') return undefined;
    const start = this.#open.remove(spanOf(event));
    return start === undefined ? { leftOut: 'without a START' } : this.#call(start, event);
  }

  #remember(event: ReadEvent): void {
    const own = asArray(requestOf(event).messages);
    const since = asNonEmptyString(asRecord(event.metadata)?.messages_since);
    const before = since === undefined ? undefined : this.#sent.get(keyOf(event, since));
    // A call whose earlier messages are not here cannot be completed, nor can those after it.
    if (since !== undefined && before === undefined) return;
    this.#sent.set(keyOf(event, String(event.event_id)), { own, before, redacted: isRedacted(event) });
  }

  #call(start: ReadEvent, end: ReadEvent): EndedCall | LeftOutCall {
    const request = requestOf(start);
    const response = asRecord(asRecord(end.llm_invocation)?.response) ?? {};
    const outcome = outcomeOf(end);
    if (outcome !== 'completed') return { leftOut: outcome };
    const operation = asNonEmptyString(request.operation);
    if (operation !== undefined && operation !== 'chat') return { leftOut: `of operation ${operation}` };
    if (request.messages === undefined || response.messages === undefined)
      return { leftOut: 'without content' };
    const reason = partialRequest(start, request);
    if (reason !== undefined) return { leftOut: reason };
    const sent = this.#sent.get(keyOf(start, String(start.event_id)));
    if (sent === undefined) return { leftOut: 'whose earlier messages are not in the input' };
    const messages = allMessages(sent);
    return { start, end, request, response, messages, redacted: isRedacted(end) || anyRedacted(sent) };
  }
}

/** The reason why the messages of a request are not all that the model saw. */
function partialRequest(start: ReadEvent, request: UnknownRecord): string | undefined {
  // A response of a realtime session answers what the session holds.
  if (/realtime/i.test(asNonEmptyString(request.model) ?? '')) return 'of a realtime session';
  const onServer =
    request['previous_response.id'] !== undefined || asNonEmptyString(start.session_id)?.startsWith('conv_');
  return onServer ? 'whose earlier messages the provider keeps' : undefined;
}

function allMessages(newest: SentMessages): unknown[] {
  const parts: (readonly unknown[])[] = [];
  for (let sent: SentMessages | undefined = newest; sent !== undefined; sent = sent.before)
    parts.push(sent.own);
  return parts.reverse().flat();
}

function anyRedacted(newest: SentMessages): boolean {
  for (let sent: SentMessages | undefined = newest; sent !== undefined; sent = sent.before) {
    if (sent.redacted) return true;
  }
  return false;
}

function requestOf(event: ReadEvent): UnknownRecord {
  return asRecord(asRecord(event.llm_invocation)?.request) ?? {};
}

/** Redaction names the changed fields by their paths: `llm_invocation.request.messages[0].content`. */
function isRedacted(event: ReadEvent): boolean {
  return asArray(asRecord(event.redaction)?.fields).some((field) =>
    String(field).startsWith('llm_invocation'),
  );
}

function spanOf(event: ReadEvent): string {
  return `${event.session_id} ${event.span_id}`;
}

function keyOf(event: ReadEvent, eventId: string): string {
  return `${event.session_id} ${eventId}`;
}
