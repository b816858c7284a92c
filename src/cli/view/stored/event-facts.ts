import { type SpanEdge, spanEdge } from '../../../chaukas/event-schema.js';
import { asNonEmptyString, asNumber, asRecord } from '../../../json/readers.js';
import { eventSpanName } from '../../events/event-summary.js';
import { typeName } from '../../events/event-type.js';
import { costOf, type SessionCost, timeOf, tokensOf } from '../../events/measures.js';
import type { ReadEvent } from '../../input/read-events.js';
import type { ViewTokens } from '../view-api.js';

/** Names are shown in tables, and may be of any length. */
const NAME_CHARACTERS = 120;

interface TypeFacts {
  readonly type: string;
  readonly edge: SpanEdge | undefined;
}

/** A file may have a new type in every line. */
const MAX_TYPES = 100;
const typesByText = new Map<unknown, TypeFacts>();

/**
 * Facts of an event that both the list of sessions and the overview need, read once: a million events are indexed while
 * somebody waits. On 100 MB this takes a fifth of the indexing away (`npm run bench:viewer`).
 */
export class EventFacts {
  readonly event: ReadEvent;
  readonly type: string;
  readonly edge: SpanEdge | undefined;
  readonly time: number | undefined;
  readonly agent: string | undefined;
  #name: string | undefined;
  #hasName = false;
  #tokens: ViewTokens | undefined;
  #hasTokens = false;

  constructor(event: ReadEvent) {
    this.event = event;
    const { type, edge } = typeFacts(event);
    this.type = type;
    this.edge = edge;
    this.time = typeof event.timestamp === 'string' ? (utcTime(event.timestamp) ?? timeOf(event)) : undefined;
    this.agent = asNonEmptyString(event.agent_name) ?? asNonEmptyString(event.agent_id);
  }

  /** The name of the span that the event starts or ends: its model, its tool, its agent. */
  get spanName(): string | undefined {
    if (!this.#hasName) {
      this.#hasName = true;
      this.#name = eventSpanName(this.event, NAME_CHARACTERS);
    }
    return this.#name;
  }

  /** The tokens of an ended model call, with the part that the provider's cache had. */
  get tokens(): ViewTokens | undefined {
    if (!this.#hasTokens) {
      this.#hasTokens = true;
      this.#tokens = viewTokens(this.event);
    }
    return this.#tokens;
  }

  get cost(): SessionCost | undefined {
    return costOf(this.event);
  }
}

export function viewTokens(event: ReadEvent): ViewTokens | undefined {
  const tokens = tokensOf(event);
  if (tokens === undefined) return undefined;
  const response = asRecord(asRecord(event.llm_invocation)?.response);
  const { input, output, total } = tokens;
  return { input, output, total, cached: asNumber(response?.cache_read_input_tokens) ?? 0 };
}

function typeFacts(event: ReadEvent): TypeFacts {
  const known = typesByText.get(event.type);
  if (known !== undefined) return known;
  const type = typeName(event);
  const facts = { type, edge: spanEdge(type) };
  if (typesByText.size < MAX_TYPES) typesByText.set(event.type, facts);
  return facts;
}

const UTC_LENGTH = '2026-04-01T12:00:00.000Z'.length;
let knownDay = '';
let knownDayTime = Number.NaN;

/** Reads a time as this package writes it; `undefined` if the text has another form. `Date.parse` takes five times as long. */
function utcTime(text: string): number | undefined {
  if (text.length !== UTC_LENGTH || text.charCodeAt(23) !== 0x5a || text.charCodeAt(19) !== 0x2e)
    return undefined;
  if (!text.startsWith(knownDay) || knownDay === '') {
    const day = text.slice(0, 11);
    const time = Date.parse(`${day}00:00:00.000Z`);
    if (Number.isNaN(time)) return undefined;
    knownDay = day;
    knownDayTime = time;
  }
  const [hours, minutes, seconds] = [pair(text, 11), pair(text, 14), pair(text, 17)];
  const millis = pair(text, 20) * 10 + digit(text, 22);
  if (text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a) return undefined;
  const inRange = hours < 24 && minutes < 60 && seconds < 60 && millis >= 0;
  return inRange ? knownDayTime + ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis : undefined;
}

function pair(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

/** NaN if it is not a digit. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 0x30;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
