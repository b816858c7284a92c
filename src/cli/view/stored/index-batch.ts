import { type SpanEdge, spanEdge } from '../../../chaukas/event-schema.js';
import { asNonEmptyString, asNumber, asRecord } from '../../../json/readers.js';
import { eventSpanName, excerpt } from '../../events/event-summary.js';
import { shortType } from '../../events/event-type.js';
import {
  costOf,
  durationOf,
  type EventOutcome,
  outcomeOf,
  type SessionCost,
  timeOf,
  tokensOf,
} from '../../events/measures.js';
import type { ReadEvent } from '../../input/read-events.js';
import type { ViewTokens } from '../view-api.js';

/** Names are shown in tables, and may be of any length. */
const NAME_CHARACTERS = 120;

/** A position between two lines of a file. */
export interface LinePlace {
  readonly offset: number;
  /** Number of lines before it. */
  readonly lines: number;
}

export interface ProblemLine {
  readonly line: number;
  readonly problem: string;
}

/**
 * The events in some lines of a file, with the members that the index keeps, as plain data that a thread can hand over: a
 * row of numbers for each event, some of which are places in a list of texts. Texts repeat, and a text for each row would
 * take longer.
 */
export interface IndexBatch {
  readonly events: number;
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly types: readonly string[];
  /** The first one stands for an absent text. */
  readonly texts: readonly string[];
  readonly problems: readonly ProblemLine[];
  /** The end of the last line. */
  readonly end: LinePlace;
}

/** The columns of a row. Absent numbers are NaN. */
const OFFSET = 0;
const LENGTH = 1;
const LINE = 2;
const TYPE = 3;
const OUTCOME = 4;
const FLAGS = 5;
const TIME = 6;
const DURATION = 7;
const SESSION = 8;
const AGENT = 9;
const NAME = 10;
const SPAN = 11;
const STREAM = 12;
const USER = 13;
const COST = 14;
const CURRENCY = 15;
const INPUT = 16;
const OUTPUT = 17;
const TOTAL = 18;
const CACHED = 19;
const COLUMNS = 20;

const IS_CHECKPOINT = 1;
const IS_REFUSAL = 2;
const IS_PROCESS = 4;

const OUTCOMES: readonly EventOutcome[] = ['completed', 'failed', 'cancelled'];

const NO_TEXTS: readonly string[] = [''];

/** Events in a part of a file of this package; other files have more. */
const USUAL_EVENTS = 64;

/** Gathers a batch, event by event. */
export class BatchWriter {
  #numbers = new Float64Array(USUAL_EVENTS * COLUMNS);
  #events = 0;
  #types = new Numbered([]);
  #texts = new Numbered(NO_TEXTS);
  #problems: ProblemLine[] = [];

  /** @param time - of the event, where it is known already. */
  add(event: ReadEvent, line: number, offset: number, length: number, time = timeOf(event)): void {
    const at = this.#events * COLUMNS;
    if (at === this.#numbers.length) this.#grow();
    this.#events += 1;
    const numbers = this.#numbers;
    const { type, edge } = typeFacts(String(event.type));
    const metadata = asRecord(event.metadata);
    numbers[at + OFFSET] = offset;
    numbers[at + LENGTH] = length;
    numbers[at + LINE] = line;
    numbers[at + TYPE] = this.#types.numberOf(type);
    numbers[at + OUTCOME] = OUTCOMES.indexOf(outcomeOf(event));
    numbers[at + TIME] = time ?? Number.NaN;
    numbers[at + SESSION] = this.#text(asNonEmptyString(event.session_id));
    numbers[at + AGENT] = this.#text(agentOf(event));
    let flags = typeof metadata?.checkpoint === 'string' ? IS_CHECKPOINT : 0;
    if (edge === undefined) {
      numbers[at + DURATION] = durationOf(event) ?? Number.NaN;
      if (type === 'POLICY_DECISION' && asRecord(event.policy)?.outcome !== 'allow') flags |= IS_REFUSAL;
      if (type === 'DATA_ACCESS') {
        const model = asNonEmptyString(metadata?.model);
        numbers[at + NAME] = this.#text(model && excerpt(model, NAME_CHARACTERS));
        this.#addUsage(event, at);
      } else {
        numbers[at + NAME] = 0;
        this.#addNoUsage(at);
      }
    } else {
      numbers[at + DURATION] = edge.edge === 'end' ? (durationOf(event) ?? Number.NaN) : Number.NaN;
      numbers[at + NAME] = this.#text(eventSpanName(event, NAME_CHARACTERS));
      numbers[at + SPAN] = this.#text(asNonEmptyString(event.span_id));
      if (edge.family === 'SESSION') {
        numbers[at + STREAM] = this.#text(asNonEmptyString(metadata?.stream_id));
        numbers[at + USER] = this.#text(asNonEmptyString(metadata?.user_id));
        if (metadata?.scope === 'process') flags |= IS_PROCESS;
      }
      if (edge.family === 'MODEL_INVOCATION' && edge.edge === 'end') this.#addUsage(event, at);
      else this.#addNoUsage(at);
    }
    numbers[at + FLAGS] = flags;
  }

  addProblem(line: number, problem: string): void {
    this.#problems.push({ line, problem });
  }

  /** Returns what was gathered since the last time. */
  take(end: LinePlace): IndexBatch {
    const batch: IndexBatch = {
      events: this.#events,
      numbers: this.#numbers,
      types: this.#types.values,
      texts: this.#texts.values,
      problems: this.#problems,
      end,
    };
    // The next batch has as many events, more or less.
    this.#numbers = new Float64Array(Math.max(USUAL_EVENTS, this.#events + (this.#events >> 3)) * COLUMNS);
    this.#events = 0;
    this.#types = new Numbered([]);
    this.#texts = new Numbered(NO_TEXTS);
    this.#problems = [];
    return batch;
  }

  #text(text: string | undefined): number {
    return text === undefined ? 0 : this.#texts.numberOf(text);
  }

  #addUsage(event: ReadEvent, at: number): void {
    const numbers = this.#numbers;
    const tokens = viewTokens(event);
    numbers[at + INPUT] = tokens?.input ?? 0;
    numbers[at + OUTPUT] = tokens?.output ?? 0;
    numbers[at + TOTAL] = tokens?.total ?? Number.NaN;
    numbers[at + CACHED] = tokens?.cached ?? 0;
    const cost = costOf(event);
    numbers[at + COST] = cost?.amount ?? Number.NaN;
    numbers[at + CURRENCY] = this.#text(cost?.currency);
  }

  #addNoUsage(at: number): void {
    this.#numbers[at + TOTAL] = Number.NaN;
    this.#numbers[at + COST] = Number.NaN;
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#numbers.length);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

/** Different texts with their places in a list. */
class Numbered {
  readonly values: string[];
  readonly #numbers = new Map<string, number>();
  #last = '';
  #lastNumber = -1;

  constructor(values: readonly string[]) {
    this.values = [...values];
    for (const [number, value] of values.entries()) this.#numbers.set(value, number);
  }

  numberOf(value: string): number {
    if (value === this.#last && this.#lastNumber >= 0) return this.#lastNumber;
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.values.push(value) - 1;
      this.#numbers.set(value, number);
    }
    this.#last = value;
    this.#lastNumber = number;
    return number;
  }
}

interface TypeFacts {
  readonly type: string;
  readonly edge: SpanEdge | undefined;
}

/** A file may have a new type in every line. */
const MAX_TYPES = 100;
const typesByText = new Map<string, TypeFacts>();

/** @param text - with or without its prefix. */
function typeFacts(text: string): TypeFacts {
  const known = typesByText.get(text);
  if (known !== undefined) return known;
  const type = shortType(text);
  const facts = { type, edge: spanEdge(type) };
  if (typesByText.size < MAX_TYPES) typesByText.set(text, facts);
  return facts;
}

function agentOf(event: ReadEvent): string | undefined {
  return asNonEmptyString(event.agent_name) ?? asNonEmptyString(event.agent_id);
}

/** The tokens of an ended model call, with the part that the provider's cache had. */
export function viewTokens(event: ReadEvent): ViewTokens | undefined {
  const tokens = tokensOf(event);
  if (tokens === undefined) return undefined;
  const response = asRecord(asRecord(event.llm_invocation)?.response);
  const { input, output, total } = tokens;
  return { input, output, total, cached: asNumber(response?.cache_read_input_tokens) ?? 0 };
}

/**
 * The facts of one event after the other in a batch. It is the same object for all of them: a million events are indexed
 * while the user waits.
 */
export class EventFacts {
  readonly #batch: IndexBatch;
  readonly #linesBefore: number;
  readonly #types: readonly TypeFacts[];
  #at = -COLUMNS;

  /** @param linesBefore - number of lines before those that the batch counts. */
  constructor(batch: IndexBatch, linesBefore = 0) {
    this.#batch = batch;
    this.#linesBefore = linesBefore;
    this.#types = batch.types.map(typeFacts);
  }

  /** Goes on to the next event. @returns whether there is one. */
  next(): boolean {
    this.#at += COLUMNS;
    return this.#at < this.#batch.events * COLUMNS;
  }

  get offset(): number {
    return this.#number(OFFSET);
  }

  get length(): number {
    return this.#number(LENGTH);
  }

  get line(): number {
    return this.#linesBefore + this.#number(LINE);
  }

  get type(): string {
    return this.#types[this.#number(TYPE)]?.type ?? '';
  }

  get edge(): SpanEdge | undefined {
    return this.#types[this.#number(TYPE)]?.edge;
  }

  /** A number for the id of its session, within the batch; 0 if it has none. */
  get session(): number {
    return this.#number(SESSION);
  }

  get sessionId(): string | undefined {
    return this.#text(SESSION);
  }

  get time(): number | undefined {
    return this.#known(TIME);
  }

  get agent(): string | undefined {
    return this.#text(AGENT);
  }

  /** The name of the span that the event starts or ends: its model, its tool, its agent. The model of an access to data. */
  get spanName(): string | undefined {
    return this.#text(NAME);
  }

  /** The span that an event starts or ends. */
  get spanId(): string | undefined {
    return this.#text(SPAN);
  }

  /** The stream that a SESSION_START names. */
  get streamId(): string | undefined {
    return this.#text(STREAM);
  }

  /** The user that a SESSION_START or SESSION_END names. */
  get userId(): string | undefined {
    return this.#text(USER);
  }

  get outcome(): EventOutcome {
    return OUTCOMES[this.#number(OUTCOME)] ?? 'completed';
  }

  /** The duration of an ended span or of a single event. */
  get durationMs(): number | undefined {
    return this.#known(DURATION);
  }

  /** The tokens of an ended model call, or of an access to its response. */
  get tokens(): ViewTokens | undefined {
    const total = this.#known(TOTAL);
    if (total === undefined) return undefined;
    const [input, output, cached] = [this.#number(INPUT), this.#number(OUTPUT), this.#number(CACHED)];
    return { input, output, total, cached };
  }

  /** The cost of an ended model call, or of an access to its response. */
  get cost(): SessionCost | undefined {
    const amount = this.#known(COST);
    return amount === undefined ? undefined : { amount, currency: this.#text(CURRENCY) ?? '' };
  }

  get isCheckpoint(): boolean {
    return (this.#number(FLAGS) & IS_CHECKPOINT) !== 0;
  }

  /** Whether a POLICY_DECISION did not allow what was asked. */
  get isRefusal(): boolean {
    return (this.#number(FLAGS) & IS_REFUSAL) !== 0;
  }

  /** Whether a SESSION_START or SESSION_END is that of a process. */
  get isProcess(): boolean {
    return (this.#number(FLAGS) & IS_PROCESS) !== 0;
  }

  #number(column: number): number {
    return this.#batch.numbers[this.#at + column] as number;
  }

  #known(column: number): number | undefined {
    const number = this.#number(column);
    return Number.isNaN(number) ? undefined : number;
  }

  #text(column: number): string | undefined {
    const place = this.#number(column);
    return place === 0 ? undefined : this.#batch.texts[place];
  }
}
