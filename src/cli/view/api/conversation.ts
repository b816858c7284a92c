import { createHash } from 'node:crypto';
import { asArray, asNonEmptyString, asRecord, asString } from '../../../json/readers.js';
import { eventSummary } from '../../events/event-summary.js';
import { shortName, typeName } from '../../events/event-type.js';
import { outcomeOf, timeOf } from '../../events/measures.js';
import { MessageHistory, messagesSince, requestOf } from '../../events/message-history.js';
import type { ReadEvent } from '../../input/read-events.js';
import type { EventIndex } from '../stored/event-index.js';
import type { SessionEntry } from '../stored/session-entry.js';
import type { Conversation, ConversationItem, ConversationPart, ViewOutcome } from '../view-api.js';
import { partKey, type ShownMessage, shownMessage, shownPart, textPart } from './conversation-parts.js';

const MAX_ITEMS = 10_000;
/** Characters of JSON in one answer. */
const MAX_SIZE = 16 * 1024 * 1024;
const MAX_EVENTS = 200_000;
const MAX_NOTE = 500;

const NOTES: ReadonlySet<string> = new Set(['AGENT_HANDOFF', 'POLICY_DECISION', 'RETRY', 'ERROR']);

/**
 * A session as a chat.
 *
 * @param until - number of the last event that counts; all if absent.
 */
export async function conversationOf(
  index: EventIndex,
  session: SessionEntry,
  until?: number,
): Promise<Conversation> {
  const reader = new ConversationReader();
  const numbers = index.eventsOf(session);
  const after = until === undefined ? -1 : numbers.findIndex((number) => number > until);
  const wanted = after === -1 ? numbers : numbers.subarray(0, after);
  for await (const events of index.readAll(wanted.subarray(0, MAX_EVENTS))) {
    for (const { event, number } of events) reader.add(event, number);
  }
  return reader.end({ complete: until === undefined, unread: Math.max(0, wanted.length - MAX_EVENTS) });
}

/** Puts a chat together from events in their order. Each message is shown once, though many requests repeat it. */
class ConversationReader {
  readonly #items: ConversationItem[] = [];
  readonly #history = new MessageHistory();
  /** How often each part was shown, by a digest of its key. */
  readonly #shown = new Map<string, number>();
  readonly #toolNames = new Map<string, string>();
  /** STARTs of model calls without an END so far, by span. */
  readonly #open = new Map<string, { readonly event: ReadEvent; readonly number: number }>();
  readonly #failedSpans = new Set<unknown>();
  /** The input of a run that no request has had so far. */
  #input: string | undefined;
  /** The request of the last call, if that failed: the application may send it again. */
  #failedRequest: string | undefined;
  #withoutContent = false;
  #withoutEarlier = false;
  #size = 0;
  #omitted = 0;

  add(event: ReadEvent, number: number): void {
    const type = typeName(event);
    switch (type) {
      case 'INPUT_RECEIVED':
        this.#addInput(event, number);
        break;
      case 'OUTPUT_EMITTED':
        this.#addOutput(event, number);
        break;
      case 'MODEL_INVOCATION_START':
        this.#addRequest(event, number);
        break;
      case 'MODEL_INVOCATION_END':
        this.#addResponse(event, number);
        break;
      case 'TOOL_CALL_START':
        this.#addToolCall(event, number);
        break;
      case 'TOOL_CALL_END':
        this.#addToolResult(event, number);
        break;
      default:
        if (type === 'ERROR') this.#failedSpans.add(event.span_id);
        if (NOTES.has(type)) this.#addNote(shortName(type), event, number, outcomeOf(event));
        else if (asRecord(event.metadata)?.feedback !== undefined)
          this.#addNote('feedback', event, number, 'completed');
    }
  }

  /** @param complete - whether no event was left out at the end, so that calls without an END are unfinished. */
  end({ complete, unread }: { readonly complete: boolean; readonly unread: number }): Conversation {
    if (complete) {
      for (const { event, number } of this.#open.values()) this.#addNote('model', event, number, 'open');
    }
    const missing = [
      ...(this.#withoutContent ? ['The events have no content of some model calls.'] : []),
      ...(this.#withoutEarlier ? ['Earlier messages are in events that are not in the input.'] : []),
    ];
    return {
      items: this.#items,
      ...(missing.length > 0 && { incomplete: missing.join(' ') }),
      omitted: this.#omitted + unread,
    };
  }

  #addInput(event: ReadEvent, number: number): void {
    const text = asNonEmptyString(asRecord(event.message)?.text);
    if (text === undefined) return;
    this.#show(event, number, { role: 'user', parts: [textPart(text)] });
    this.#input = text;
  }

  /** The output of a run is most often the last answer of its model. */
  #addOutput(event: ReadEvent, number: number): void {
    const text = asNonEmptyString(asRecord(event.message)?.text);
    if (text === undefined) return;
    const part = textPart(text);
    if (this.#times('assistant', part) === 0) this.#show(event, number, { role: 'assistant', parts: [part] });
  }

  #addRequest(event: ReadEvent, number: number): void {
    this.#history.remember(event);
    this.#open.set(spanOf(event), { event, number });
    const request = requestOf(event);
    this.#addInstructions(request.system_instructions, event, number);
    const since = messagesSince(event);
    if (request.messages === undefined && since === undefined) {
      this.#withoutContent = true;
      return;
    }
    if (since !== undefined && this.#history.of(event) === undefined) this.#withoutEarlier = true;
    const messages = asArray(request.messages).map(shownMessage);
    const repeated = since === undefined && digest(keysOf(messages)) === this.#failedRequest;
    if (!repeated) this.#addMessages(messages, since !== undefined, event, number);
  }

  /** Instructions are those of an agent, and the same in all of its calls. */
  #addInstructions(instructions: unknown, event: ReadEvent, number: number): void {
    const parts = asArray(instructions).map(shownPart);
    const fresh = parts.filter((part) => this.#times('system', part) === 0);
    if (fresh.length > 0) this.#show(event, number, { role: 'system', parts: fresh });
  }

  /**
   * @param onlyNew - whether the request has only the messages since the last call. Otherwise it may have the whole
   *   conversation: then a message is new if it comes more often in the request than it was shown.
   */
  #addMessages(messages: readonly ShownMessage[], onlyNew: boolean, event: ReadEvent, number: number): void {
    const continues = messages.some(
      ({ role, parts }) =>
        (role === 'assistant' || role === 'tool') && parts.some((part) => this.#times(role, part) > 0),
    );
    const counts = new Map<string, number>();
    for (const { role, parts } of messages) {
      const own = role === 'user' || role === 'agent';
      const fresh = parts.filter((part) => {
        if (own && part.kind === 'text' && part.text === this.#input) {
          this.#input = undefined;
          return false;
        }
        if (own && (onlyNew || !continues)) return true;
        const key = digest(partKey(role, part));
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        return count > (this.#shown.get(key) ?? 0);
      });
      if (fresh.length > 0) this.#show(event, number, { role, parts: fresh });
    }
  }

  #addResponse(event: ReadEvent, number: number): void {
    const open = this.#open.get(spanOf(event));
    this.#open.delete(spanOf(event));
    const outcome = outcomeOf(event);
    const response = asRecord(asRecord(event.llm_invocation)?.response);
    for (const message of asArray(response?.messages)) this.#show(event, number, shownMessage(message));
    this.#failedRequest = undefined;
    if (outcome === 'completed') {
      if (response?.messages === undefined) this.#withoutContent = true;
      return;
    }
    const messages = open === undefined ? [] : asArray(requestOf(open.event).messages).map(shownMessage);
    this.#failedRequest = digest(keysOf(messages));
    // An ERROR says more.
    if (!this.#failedSpans.has(event.span_id)) this.#addNote('model', event, number, outcome);
  }

  #addToolCall(event: ReadEvent, number: number): void {
    const call = asRecord(event.tool_call);
    const name = asString(call?.name) ?? asString(call?.function_name) ?? '';
    const id = asNonEmptyString(call?.id);
    this.#toolNames.set(id ?? spanOf(event), name);
    const part: ConversationPart = {
      kind: 'tool_call',
      ...(id !== undefined && { id }),
      name,
      arguments: call?.arguments,
    };
    // Most often the model's answer had it.
    if (this.#times('assistant', part) === 0) this.#show(event, number, { role: 'assistant', parts: [part] });
  }

  #addToolResult(event: ReadEvent, number: number): void {
    const response = asRecord(event.tool_response);
    const id = asNonEmptyString(response?.tool_call_id);
    const name = this.#toolNames.get(id ?? spanOf(event));
    const error =
      asNonEmptyString(response?.error_message) ??
      (outcomeOf(event) === 'completed' ? undefined : outcomeOf(event));
    const part: ConversationPart = {
      kind: 'tool_result',
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      result: response?.output,
      ...(error !== undefined && { error }),
    };
    if (this.#times('tool', part) === 0) this.#show(event, number, { role: 'tool', parts: [part] });
  }

  #addNote(type: string, event: ReadEvent, number: number, outcome: ViewOutcome): void {
    const part: ConversationPart = { kind: 'note', type, text: eventSummary(event, MAX_NOTE), outcome };
    this.#push(event, number, { role: 'event', parts: [part] });
  }

  /** How often a part was shown. */
  #times(role: string, part: ConversationPart): number {
    return this.#shown.get(digest(partKey(role, part))) ?? 0;
  }

  #show(event: ReadEvent, number: number, message: ShownMessage): void {
    for (const part of message.parts) {
      const key = digest(partKey(message.role, part));
      this.#shown.set(key, (this.#shown.get(key) ?? 0) + 1);
      if (part.kind === 'tool_call' && part.id !== undefined) this.#toolNames.set(part.id, part.name);
    }
    const parts = message.parts.map((part) => this.#named(part));
    if (parts.length > 0) this.#push(event, number, { role: message.role, parts });
  }

  #named(part: ConversationPart): ConversationPart {
    if (part.kind !== 'tool_result' || part.name !== undefined || part.id === undefined) return part;
    const name = this.#toolNames.get(part.id);
    return name === undefined ? part : { ...part, name };
  }

  #push(event: ReadEvent, number: number, { role, parts }: ShownMessage): void {
    const size = sizeOf(parts);
    if (this.#items.length >= MAX_ITEMS || this.#size + size > MAX_SIZE) {
      this.#omitted += 1;
      return;
    }
    this.#size += size;
    const [time, agent] = [
      timeOf(event),
      asNonEmptyString(event.agent_name) ?? asNonEmptyString(event.agent_id),
    ];
    this.#items.push({
      event: number,
      ...(time !== undefined && { time }),
      role,
      ...(agent !== undefined && { agent }),
      parts,
    });
  }
}

function keysOf(messages: readonly ShownMessage[]): string {
  return messages.flatMap(({ role, parts }) => parts.map((part) => partKey(role, part))).join('\n');
}

/** Keys hold whole texts, and there may be many. */
function digest(key: string): string {
  return key.length <= 64 ? key : createHash('sha1').update(key).digest('base64');
}

function sizeOf(parts: readonly ConversationPart[]): number {
  try {
    return JSON.stringify(parts).length;
  } catch {
    // Nested too deep to be sent.
    return Number.POSITIVE_INFINITY;
  }
}

function spanOf(event: ReadEvent): string {
  return asString(event.span_id) ?? '';
}
