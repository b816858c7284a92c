import { BoundedMap } from '../../bounded-map.js';
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { ReadEvent } from '../input/read-events.js';

/** Messages of one event, and the event with those before them. */
interface SentMessages {
  readonly own: readonly unknown[];
  readonly before: SentMessages | undefined;
  readonly redacted: boolean;
}

/** Every message of a request. */
export interface WholeRequest {
  readonly messages: readonly unknown[];
  /** Whether redaction changed content of one of the events that have them. */
  readonly redacted: boolean;
}

/** Far more calls than have another one after them in the same run. */
const MAX_CALLS = 10_000;

/**
 * The messages of model calls. A START has only the messages that are new since the run's last call, and names the event
 * that has those before (`messages_since`), so the messages of earlier events are kept.
 */
export class MessageHistory {
  /** Messages by session and event. */
  readonly #sent = new BoundedMap<string, SentMessages>(MAX_CALLS);

  /** @param event - the START of a model call. */
  remember(event: ReadEvent): void {
    const own = asArray(requestOf(event).messages);
    const since = messagesSince(event);
    const before = since === undefined ? undefined : this.#sent.get(keyOf(event, since));
    // A call whose earlier messages are not here cannot be completed, nor can those after it.
    if (since !== undefined && before === undefined) return;
    this.#sent.set(keyOf(event, String(event.event_id)), { own, before, redacted: isRedacted(event) });
  }

  /** Returns all messages of a remembered START; `undefined` if earlier ones are not here. */
  of(start: ReadEvent): WholeRequest | undefined {
    const newest = this.#sent.get(keyOf(start, String(start.event_id)));
    if (newest === undefined) return undefined;
    const parts: (readonly unknown[])[] = [];
    let redacted = false;
    for (let sent: SentMessages | undefined = newest; sent !== undefined; sent = sent.before) {
      parts.push(sent.own);
      redacted ||= sent.redacted;
    }
    return { messages: parts.reverse().flat(), redacted };
  }
}

/** The event that has the messages before those of a START, if it has not all of them itself. */
export function messagesSince(start: ReadEvent): string | undefined {
  return asNonEmptyString(asRecord(start.metadata)?.messages_since);
}

export function requestOf(event: ReadEvent): UnknownRecord {
  return asRecord(asRecord(event.llm_invocation)?.request) ?? {};
}

/** Redaction names the changed fields by their paths: `llm_invocation.request.messages[0].content`. */
export function isRedacted(event: ReadEvent): boolean {
  return asArray(asRecord(event.redaction)?.fields).some((field) =>
    String(field).startsWith('llm_invocation'),
  );
}

function keyOf(event: ReadEvent, eventId: string): string {
  return `${event.session_id} ${eventId}`;
}
