import { BoundedMap } from '../../bounded-map.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { typeName } from '../events/event-type.js';
import { outcomeOf } from '../events/measures.js';
import { isRedacted, MessageHistory, requestOf } from '../events/message-history.js';
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

/** Far more than are open at once. */
const MAX_CALLS = 10_000;

/**
 * Puts model calls together from their START and END. A START has only the messages that are new since the run's last
 * call; those before come from the events of earlier calls.
 */
export class ModelCalls {
  readonly #open = new BoundedMap<string, ReadEvent>(MAX_CALLS);
  readonly #history = new MessageHistory();

  /** The STARTs without an END. */
  unfinished(): ReadEvent[] {
    return this.#open.newestFirst();
  }

  /** Returns the call that ends with this event, or the reason why it is left out. */
  add(event: ReadEvent): EndedCall | LeftOutCall | undefined {
    const type = typeName(event);
    if (type === 'MODEL_INVOCATION_START') {
      this.#open.set(spanOf(event), event);
      this.#history.remember(event);
      return undefined;
    }
    if (type !== 'MODEL_INVOCATION_END') return undefined;
    const start = this.#open.remove(spanOf(event));
    return start === undefined ? { leftOut: 'without a START' } : this.#call(start, event);
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
    const sent = this.#history.of(start);
    if (sent === undefined) return { leftOut: 'whose earlier messages are not in the input' };
    const { messages } = sent;
    return { start, end, request, response, messages, redacted: isRedacted(end) || sent.redacted };
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

function spanOf(event: ReadEvent): string {
  return `${event.session_id} ${event.span_id}`;
}
