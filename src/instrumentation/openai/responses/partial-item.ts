import { asInteger, asString, type ForeignRecord } from '../../../foreign/read.js';

/** Where the text of an event belongs: a member of the item, or of an entry in one of its lists. */
interface TextPlace {
  /** What the item is, should its announcement have been missed. */
  readonly itemType: string;
  readonly list?: 'content' | 'summary';
  /** The event's word for the entry's position in the list. */
  readonly index?: 'content_index' | 'summary_index';
  readonly entryType?: string;
  readonly member: 'text' | 'refusal' | 'arguments' | 'input' | 'code';
}

const CONTENT = { list: 'content', index: 'content_index' } as const;
const SUMMARY = { list: 'summary', index: 'summary_index' } as const;

/** By the events' type without its last word: `delta` brings more of the text, `done` the whole. */
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

/** An output item of which only some has come: its announcement and the texts since. */
export class PartialItem {
  #announced: ForeignRecord | undefined;
  readonly #texts: PartialText[] = [];

  announce(item: ForeignRecord): void {
    this.#announced = item;
  }

  /** Takes the text out of an event, if it is one that has any. */
  addText(event: ForeignRecord): void {
    const textEvent = TEXT_EVENTS.get(event.type);
    if (textEvent === undefined) return;
    const { place, whole } = textEvent;
    const text = asString(whole ? event[place.member] : event.delta);
    if (text === undefined) return;
    const known = this.#textAt(place, (place.index && asInteger(event[place.index])) ?? 0);
    known.text = whole ? text : known.text + text;
  }

  /** The item as the API would have it, as far as it is known; `undefined` where nothing is. */
  toItem(): ForeignRecord | undefined {
    const [first] = this.#texts;
    if (first === undefined) return this.#announced;
    const { itemType } = first.place;
    const item: Record<string, unknown> = {
      ...(this.#announced ?? { type: itemType, ...(itemType === 'message' && { role: 'assistant' }) }),
      status: 'incomplete',
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
