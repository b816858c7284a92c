import { asArray, asInteger, asString, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { Failure } from '../../semconv/failure.js';
import type { ChunkAccumulator } from '../client-operation.js';
import { reportedFailure } from '../model-response.js';
import { laterUsage } from '../usage.js';
import { ENDED_STATUSES } from './response.js';

/** The last event of a stream, and the status that it reports. */
const TERMINAL_EVENTS: ReadonlyMap<unknown, string> = new Map([
  ['response.completed', 'completed'],
  ['response.incomplete', 'incomplete'],
  ['response.failed', 'failed'],
]);

/**
 * Assembles the events of a streamed response into the response. OpenAI's last event carries all of it. Compatible
 * servers leave out its output, or send it empty, and have the id, the model and the usage in one event or the other.
 * Then, and before the last event, the response consists of what the events have said so far, and of the items and texts
 * that have arrived. A resumed stream has no first event, so only what arrives is known.
 */
export class ResponsesChunks implements ChunkAccumulator {
  readonly #keepContent: boolean;
  readonly #wholeItems = new Map<number, UnknownRecord>();
  /** Items that have arrived in part. An entry of `#wholeItems` with the same index replaces it. */
  readonly #partialItems = new Map<number, PartialItem>();
  #snapshot: Record<string, unknown> | undefined;
  #complete = false;
  #failure: Failure | undefined;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get response(): unknown {
    if (this.#snapshot === undefined) return undefined;
    if (this.#complete && asArray(this.#snapshot.output).length > 0) return this.#snapshot;
    return { ...this.#snapshot, output: this.#arrivedItems() };
  }

  add(event: unknown): void {
    if (!isRecord(event) || this.#complete) return;
    if (isRecord(event.response)) {
      const status = TERMINAL_EVENTS.get(event.type);
      this.#snapshot = laterSnapshot(this.#snapshot, event.response);
      this.#complete = status !== undefined;
      if (status !== undefined && !ENDED_STATUSES.has(this.#snapshot.status)) this.#snapshot.status = status;
      return;
    }
    // openai 5.23.2 to 7.0.0 pass it on as an event, while 5.0.1 and 7.55.0 throw it.
    if (event.type === 'error') this.#failure = readErrorEvent(event);
    const index = asInteger(event.output_index);
    if (index === undefined) return;
    // The status of a response while it is streamed, including when a stream is resumed.
    this.#snapshot ??= { status: 'in_progress' };
    if (this.#keepContent) this.#addContent(index, event);
    // The finish reason depends on the types of the items.
    else if (isRecord(event.item)) {
      const { type, call_id } = event.item;
      this.#wholeItems.set(index, { type, call_id });
    }
  }

  #addContent(index: number, event: UnknownRecord): void {
    if (event.type === 'response.output_item.done') {
      if (isRecord(event.item)) this.#wholeItems.set(index, event.item);
      return;
    }
    const item = this.#partialItems.get(index) ?? new PartialItem();
    this.#partialItems.set(index, item);
    if (event.type !== 'response.output_item.added') item.addText(event);
    else if (isRecord(event.item)) item.announce(event.item);
  }

  #arrivedItems(): UnknownRecord[] {
    const items = new Map(this.#wholeItems);
    for (const [index, partial] of this.#partialItems) {
      const item = items.get(index) ?? partial.toItem(this.#complete);
      if (item !== undefined) items.set(index, item);
    }
    return [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
  }
}

/** Returns the response after an event with a snapshot of it. What the event leaves out or empty stays as it was. */
function laterSnapshot(known: UnknownRecord | undefined, later: UnknownRecord): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...known };
  for (const [name, value] of Object.entries(later)) {
    if (name === 'usage' && isRecord(value)) merged.usage = laterUsage(merged.usage, value);
    else if (!isEmpty(value) || merged[name] === undefined) merged[name] = value;
  }
  return merged;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** The error is the event itself or, as OpenAI's server also sends it, its member `error`. */
function readErrorEvent(event: UnknownRecord): Failure {
  const { code, message, error = { code, message } } = event;
  return reportedFailure(error, 'the stream reported an error');
}

/**
 * The place in an item where the text of an event belongs: a member of the item, or of an entry in one of its lists.
 */
interface TextPlace {
  /** The item's type, in case its announcement was missed. */
  readonly itemType: string;
  readonly list?: 'content' | 'summary';
  /** The event's member that has the entry's position in the list. */
  readonly index?: 'content_index' | 'summary_index';
  readonly entryType?: string;
  readonly member: 'text' | 'refusal' | 'arguments' | 'input' | 'code';
}

const CONTENT = { list: 'content', index: 'content_index' } as const;
const SUMMARY = { list: 'summary', index: 'summary_index' } as const;

/** Text places by the event type without its suffix: `delta` brings more of the text, `done` all of it. */
const TEXT_PLACES: Readonly<Record<string, TextPlace>> = {
  'response.output_text': { itemType: 'message', ...CONTENT, entryType: 'output_text', member: 'text' },
  'response.refusal': { itemType: 'message', ...CONTENT, entryType: 'refusal', member: 'refusal' },
  'response.reasoning_text': {
    itemType: 'reasoning',
    ...CONTENT,
    entryType: 'reasoning_text',
    member: 'text',
  },
  'response.reasoning_summary_text': {
    itemType: 'reasoning',
    ...SUMMARY,
    entryType: 'summary_text',
    member: 'text',
  },
  'response.function_call_arguments': { itemType: 'function_call', member: 'arguments' },
  'response.custom_tool_call_input': { itemType: 'custom_tool_call', member: 'input' },
  'response.mcp_call_arguments': { itemType: 'mcp_call', member: 'arguments' },
  'response.code_interpreter_call_code': { itemType: 'code_interpreter_call', member: 'code' },
};

interface TextEvent {
  readonly place: TextPlace;
  readonly whole: boolean;
}

const TEXT_EVENTS: ReadonlyMap<unknown, TextEvent> = new Map(
  Object.entries(TEXT_PLACES).flatMap(([type, place]): [string, TextEvent][] => [
    [`${type}.delta`, { place, whole: false }],
    [`${type}.done`, { place, whole: true }],
  ]),
);

interface PartialText {
  readonly place: TextPlace;
  readonly position: number;
  text: string;
}

/** An output item that has arrived in part: its announcement and the texts since. */
class PartialItem {
  #announced: UnknownRecord | undefined;
  readonly #texts: PartialText[] = [];

  announce(item: UnknownRecord): void {
    this.#announced = item;
  }

  /** Adds the text of an event, if the event has one. */
  addText(event: UnknownRecord): void {
    const textEvent = TEXT_EVENTS.get(event.type);
    if (textEvent === undefined) return;
    const { place, whole } = textEvent;
    const text = asString(whole ? event[place.member] : event.delta);
    if (text === undefined) return;
    const known = this.#textAt(place, (place.index && asInteger(event[place.index])) ?? 0);
    known.text = whole ? text : known.text + text;
  }

  /** The item in the API's shape, as far as it is known; `undefined` if nothing is known. */
  toItem(complete: boolean): UnknownRecord | undefined {
    const [first] = this.#texts;
    if (first === undefined) return this.#announced;
    const { itemType } = first.place;
    const item: Record<string, unknown> = {
      ...(this.#announced ?? { type: itemType, ...(itemType === 'message' && { role: 'assistant' }) }),
      status: complete ? 'completed' : 'incomplete',
    };
    for (const { place, text } of this.#texts) if (place.list === undefined) item[place.member] = text;
    for (const list of ['content', 'summary'] as const) {
      const entries = this.#texts.filter(({ place }) => place.list === list);
      if (entries.length > 0) {
        item[list] = entries.map(({ place, text }) => ({ type: place.entryType, [place.member]: text }));
      }
    }
    return item;
  }

  #textAt(place: TextPlace, position: number): PartialText {
    const known = this.#texts.find((text) => text.place === place && text.position === position);
    if (known !== undefined) return known;
    const created = { place, position, text: '' };
    this.#texts.push(created);
    this.#texts.sort((a, b) => a.position - b.position);
    return created;
  }
}
