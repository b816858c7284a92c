/**
 * The public REST JSON of events, `application/json` of the same API: enum values without their prefix, and the content
 * in one member, with its kind.
 */
import type { JsonObject, JsonValue } from '../../json/json.js';
import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { CONTENT_NAMES, CONTENT_SCHEMA, ENUM_PREFIXES } from '../event-schema.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import { asBatch, asEvent, asJson, batchOf, parsedJson } from './event-json.js';
import { EVENT, EVENT_BATCH } from './event-messages.js';
import { isObject } from './struct-codec.js';

/** Its names are free, and one may be `kind`, so it stands in a member of its own. */
const NESTED = 'state_update';

const REQUIRED = ['event_id', 'type', 'status', 'timestamp', 'session_id'];

/**
 * An event as the REST form of the ingest API has it, in canonical order: `type` is `AGENT_START`, and
 * `content: { kind: 'tool_call', name: … }`. The specification has no kind for a state update; here it is
 * `{ kind: 'state_update', state_update: {…} }`.
 *
 * @throws EventFormatError - where two members of `content` are set.
 */
export function eventToRestJson(event: ChaukasEvent): string {
  try {
    return canonicalJson(restEvent(EVENT.toJson(asJson(event))));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * Reads an event of the REST form. It gives the event of which `eventToRestJson` made it; content of a kind that is not
 * known stays as it is, in `content`.
 *
 * @param json - a text, or what `JSON.parse` made of one.
 * @throws EventFormatError - naming where what is wrong: a value, or one of the fields that this form demands
 * (`event_id`, `type`, `status`, `timestamp`, `session_id`) is missing.
 */
export function eventFromRestJson(json: unknown): ChaukasEvent {
  try {
    return asEvent(EVENT.fromJson(protoEvent(parsedJson(json))));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * The body of `POST /v1/events/batch` in the REST form.
 *
 * @throws EventFormatError - as {@link eventToRestJson} does.
 */
export function batchToRestJson(events: readonly ChaukasEvent[] | EventBatch): string {
  try {
    const batch = EVENT_BATCH.toJson(asJson(batchOf(events)));
    return canonicalJson({ ...batch, events: eachEvent(batch.events ?? [], restEvent) });
  } catch (error) {
    throw within('batch', error);
  }
}

/** @throws EventFormatError - as {@link eventFromRestJson} does; `events` is required. */
export function batchFromRestJson(json: unknown): EventBatch {
  try {
    const batch = parsedJson(json);
    if (!isObject(batch)) throw wrongValue(batch, 'an object with "events"');
    return asBatch(EVENT_BATCH.fromJson({ ...batch, events: eachEvent(batch.events, protoEvent) }));
  } catch (error) {
    throw within('batch', error);
  }
}

function eachEvent(events: unknown, change: (event: unknown) => JsonObject): JsonObject[] {
  try {
    if (!Array.isArray(events)) throw wrongValue(events, 'an array of events');
    return events.map((event, index) => {
      try {
        return change(event);
      } catch (error) {
        throw within(`[${index}]`, error);
      }
    });
  } catch (error) {
    throw within('events', error);
  }
}

function restEvent(event: unknown): JsonObject {
  const rest = { ...(event as JsonObject) };
  for (const [field, prefix] of Object.entries(ENUM_PREFIXES)) {
    const name = rest[field];
    if (typeof name === 'string' && name.startsWith(prefix)) rest[field] = name.slice(prefix.length);
  }
  for (const field of CONTENT_NAMES) {
    const content = rest[field];
    if (!isObject(content)) continue;
    delete rest[field];
    const members = field === NESTED ? { [NESTED]: content } : content;
    // Of a newer specification, whose events this form cannot carry.
    if (rest.content !== undefined) throw new EventFormatError(field, 'stands beside "content"');
    if (Object.hasOwn(members, 'kind')) throw new EventFormatError(field, 'has a member "kind"');
    rest.content = { kind: CONTENT_SCHEMA[field].restKind, ...members };
  }
  return rest;
}

function protoEvent(rest: unknown): JsonObject {
  if (!isObject(rest)) throw wrongValue(rest, 'an object with the fields of an event');
  const missing = REQUIRED.find((field) => (rest[field] ?? null) === null);
  if (missing !== undefined) throw new EventFormatError(missing, 'is missing; this form demands it');
  const { content, ...event } = rest;
  for (const [field, prefix] of Object.entries(ENUM_PREFIXES)) {
    const name = event[field];
    if (typeof name === 'string') event[field] = fullName(name, prefix);
  }
  return (content ?? null) === null ? event : { ...event, ...protoContent(content) };
}

/** With the prefix already, as some write it, it stays as it is. */
function fullName(name: string, prefix: string): string {
  return name === '' || name.startsWith(prefix) ? name : prefix + name;
}

function protoContent(content: JsonValue | undefined): JsonObject {
  if (!isObject(content) || typeof content.kind !== 'string') {
    throw within('content', wrongValue(content, 'an object with "kind"'));
  }
  const { kind, ...members } = content;
  const field = CONTENT_NAMES.find((name) => CONTENT_SCHEMA[name].restKind === kind);
  if (field === undefined) return { content };
  return { [field]: field === NESTED ? (members[NESTED] ?? {}) : members };
}
