import {
  EVENT_SCHEMA,
  EVENT_TYPES,
  type FieldPart,
  type FieldPath,
  type SpanNameRule,
  type SummaryPart,
} from '../../chaukas/event-schema.js';
import { asArray, asNonEmptyString, asNumber, asRecord } from '../../json/readers.js';
import type { ReadEvent } from '../input/read-events.js';
import { counted, formatCost, formatDuration } from '../output/quantities.js';
import { shortType, typeName } from './event-type.js';
import { costOf, durationOf, outcomeOf, tokensOf } from './measures.js';

/** Length of the texts of an event, unless a terminal has another width. */
export const EXCERPT_CHARACTERS = 72;

/** Reads one text of an event, cut to a length; `undefined` or empty if the event does not have it. */
type TextReader = (event: ReadEvent, maxCharacters: number) => string | undefined;

/** Readers of a type's span name and of the parts of its summary, made of the rows of the schema. */
interface TypeReaders {
  readonly spanName: TextReader;
  readonly summary: readonly TextReader[];
}

const READERS: ReadonlyMap<string, TypeReaders> = new Map(
  EVENT_TYPES.map((type) => {
    const { spanName: rule, summary } = EVENT_SCHEMA[type];
    const spanName = spanNameReader(rule);
    return [shortType(type), { spanName, summary: summary.map((part) => partReader(part, spanName)) }];
  }),
);

/** One short text that says what happened. An event of an unknown type shows its metadata. */
export function eventSummary(event: ReadEvent, maxCharacters = EXCERPT_CHARACTERS): string {
  const parts = READERS.get(typeName(event))?.summary.map((read) => read(event, maxCharacters));
  return (parts ?? [jsonExcerpt(event.metadata, maxCharacters)])
    .filter((part) => part !== undefined && part !== '')
    .join('  ');
}

/** The name of the span that an event starts or ends: its model, its tool, its agent. */
export function eventSpanName(event: ReadEvent, maxCharacters = EXCERPT_CHARACTERS): string | undefined {
  return READERS.get(typeName(event))?.spanName(event, maxCharacters);
}

function spanNameReader(rule: SpanNameRule | undefined): TextReader {
  if (rule === undefined) return () => undefined;
  if (rule === 'session') return sessionName;
  const words = rule.map((fields) => firstOf(fields.map((field) => fieldReader({ as: 'text', field }))));
  const [only] = words;
  if (only !== undefined && words.length === 1) return only;
  return (event, max) =>
    words
      .map((word) => word(event, max))
      .filter((word) => word !== undefined)
      .join(' ');
}

function sessionName(event: ReadEvent, max: number): string | undefined {
  const { name, workflow, scope, service } = asRecord(event.metadata) ?? {};
  if (scope === 'process') return 'process';
  return text(name, max) ?? text(workflow, max) ?? text(service, max);
}

function partReader(part: SummaryPart, spanName: TextReader): TextReader {
  switch (part) {
    case 'name':
      return spanName;
    case 'ending':
      return ending;
    case 'tokens':
      return tokens;
    case 'cost':
      return cost;
    case 'agents':
      return agents;
    default:
      return 'first' in part ? firstOf(part.first.map(fieldReader)) : fieldReader(part);
  }
}

function ending(event: ReadEvent): string | undefined {
  const outcome = outcomeOf(event);
  const duration = durationOf(event);
  const time = duration === undefined ? undefined : formatDuration(duration);
  if (outcome === 'completed') return time;
  return time === undefined ? outcome : `${outcome}  ${time}`;
}

function tokens(event: ReadEvent): string | undefined {
  const sum = tokensOf(event);
  return sum && counted(sum.total, 'token');
}

function cost(event: ReadEvent): string | undefined {
  const sum = costOf(event);
  return sum && formatCost(sum.amount, sum.currency);
}

function agents(event: ReadEvent, max: number): string {
  const handoff = asRecord(event.agent_handoff) ?? {};
  const from = text(handoff.from_agent_name, max) ?? text(handoff.from_agent_id, max) ?? '?';
  return `${from} → ${text(handoff.to_agent_name, max) ?? text(handoff.to_agent_id, max) ?? '?'}`;
}

function firstOf(readers: readonly TextReader[]): TextReader {
  return (event, max) => {
    for (const read of readers) {
      const found = read(event, max);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function fieldReader({ as, field, label = '' }: FieldPart): TextReader {
  const value = valueReader(field);
  switch (as) {
    case 'text':
      return (event, max) => text(value(event), max);
    case 'quote':
      return (event, max) => map(text(value(event), max), (shown) => `"${shown}"`);
    case 'json':
      return (event, max) => jsonExcerpt(value(event), max);
    case 'number':
      return (event) => map(asNumber(value(event)), (number) => `${label} ${number}`);
    case 'duration':
      return (event) => map(asNumber(value(event)), (number) => `${label} ${formatDuration(number)}`);
    case 'count':
      return (event) => map(asNumber(value(event)), (number) => counted(number, label));
    case 'size':
      return (event) => map(asArray(value(event)).length || undefined, (length) => counted(length, label));
    case 'list':
      return (event) => {
        const items = asArray(value(event)).map(String);
        return items.length === 0 ? undefined : `${label} ${items.join(', ')}`;
      };
  }
}

function valueReader(field: FieldPath): (event: ReadEvent) => unknown {
  const steps = field.split('.');
  return (event) => {
    let value: unknown = event;
    for (const step of steps) value = asRecord(value)?.[step];
    return value;
  };
}

function map<Value>(value: Value | undefined, show: (value: Value) => string): string | undefined {
  return value === undefined ? undefined : show(value);
}

/** A string that is not empty, shortened. */
function text(value: unknown, max: number): string | undefined {
  return map(asNonEmptyString(value), (whole) => excerpt(whole, max));
}

/** Words of ASCII with one space between them. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

/**
 * The beginning of a text, on one line. It is copied, because a substring keeps the whole string in memory, and the
 * excerpt is kept while its session is open.
 */
export function excerpt(text: string, maxCharacters = EXCERPT_CHARACTERS): string {
  if (text.length <= maxCharacters && PLAIN.test(text)) return text;
  const head = text.slice(0, 4 * maxCharacters);
  const begin = head.trim().replace(/\s+/g, ' ');
  const cut = begin.length > maxCharacters || head.length < text.length;
  // A cut must not leave half of a surrogate pair.
  const kept = begin.slice(0, maxCharacters - 1).replace(/[\ud800-\udbff]$/, '');
  const shown = cut ? `${kept.trimEnd()}…` : begin;
  return Buffer.from(shown).toString();
}

/** The beginning of the JSON of a value. */
export function jsonExcerpt(value: unknown, maxCharacters = EXCERPT_CHARACTERS): string {
  if (value === undefined) return '';
  try {
    return excerpt(JSON.stringify(value) ?? '', maxCharacters);
  } catch {
    // The value is nested too deep for the stack.
    return '…';
  }
}
