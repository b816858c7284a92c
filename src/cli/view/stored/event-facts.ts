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
 * the user waits. On 1 GB this takes a fifth of the indexing away (`npm run bench:viewer`).
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
    this.time = timeOf(event);
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
