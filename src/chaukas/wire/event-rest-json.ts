/**
 * The public REST JSON of events, the `application/json` form of the same API: enum values have no prefix, and the
 * content is one member with its kind.
 */
import type { JsonObject, JsonValue } from '../../json/json.js';
import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { CONTENT_NAMES, CONTENT_SCHEMA, ENUM_FIELDS, ENUM_PREFIXES, shortEnumName } from '../event-schema.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import { asBatch, asEvent, asJson, batchOf, parsedJson } from './event-json.js';
import { EVENT, EVENT_BATCH } from './event-messages.js';
import { isObject } from './struct-codec.js';

const REQUIRED = ['event_id', 'type', 'status', 'timestamp', 'session_id'];

/**
 * Writes an event in the REST form of the ingest API, in canonical order: `type` is `AGENT_START`, and
 * `content: { kind: 'tool_call', name: … }`. The specification has no kind for a state update, which stays a field of its
 * own. A member that the specification requires is `""` if the event has none, which means the same in protobuf.
 *
 * @throws EventFormatError - if two members of `content` are set.
 */
export function eventToRestJson(event: ChaukasEvent): string {
  try {
    return canonicalJson(restEvent(EVENT.toJson(asJson(event))));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * Reads an event in the REST form. It returns the event that was passed to `eventToRestJson`, but a required member of the
 * content that is `""` is absent, because this form writes both alike. Content of an unknown kind is kept in `content`.
 *
 * @param json - a string of JSON, or its parsed value.
 * @throws EventFormatError - if a value is wrong, or if one of the fields that this form requires is missing:
 * `event_id`, `type`, `status`, `timestamp`, `session_id`.
 */
export function eventFromRestJson(json: unknown): ChaukasEvent {
  try {
    return asEvent(EVENT.fromJson(protoEvent(parsedJson(json))));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * Writes the body of `POST /v1/events/batch` in the REST form.
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

/**
 * Reads the body of `POST /v1/events/batch` in the REST form.
 *
 * @throws EventFormatError - as {@link eventFromRestJson} does; `events` is required.
 */
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
  for (const field of ENUM_FIELDS) {
    const name = rest[field];
    if (typeof name === 'string') rest[field] = shortEnumName(field, name);
  }
  for (const field of CONTENT_NAMES) {
    const content = rest[field];
    const { restKind, restRequired } = CONTENT_SCHEMA[field];
    if (!isObject(content) || restKind === undefined) continue;
    delete rest[field];
    // The event is of a newer specification and has a field `content`, which this form cannot carry.
    if (rest.content !== undefined) throw new EventFormatError(field, 'is set together with "content"');
    if (Object.hasOwn(content, 'kind')) throw new EventFormatError(field, 'has a member "kind"');
    const unset = Object.fromEntries(restRequired.map((name) => [name, '']));
    rest.content = { kind: restKind, ...unset, ...content };
  }
  return rest;
}

function protoEvent(rest: unknown): JsonObject {
  if (!isObject(rest)) throw wrongValue(rest, 'an object with the fields of an event');
  const missing = REQUIRED.find((field) => (rest[field] ?? null) === null);
  if (missing !== undefined) throw new EventFormatError(missing, 'is missing; this form requires it');
  const { content, ...event } = rest;
  for (const field of ENUM_FIELDS) {
    const name = event[field];
    if (typeof name === 'string') event[field] = fullName(name, ENUM_PREFIXES[field]);
  }
  return (content ?? null) === null ? event : { ...event, ...protoContent(content) };
}

/** Adds the prefix. Some writers include it already. */
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
  for (const name of CONTENT_SCHEMA[field].restRequired) {
    if (members[name] === '') delete members[name];
  }
  return { [field]: members };
}
