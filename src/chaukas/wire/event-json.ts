import type { JsonObject, JsonValue } from '../../json/json.js';
import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { EventFormatError, within } from './event-format-error.js';
import { EVENT } from './event-messages.js';

/**
 * An event as one line of proto JSON with snake_case names, for files, standard output and the data of a CloudEvent:
 * in canonical order (RFC 8785), without a line's end. For an event of the processor it is the text whose hash the event
 * has.
 *
 * Members that are `undefined` and empty lists are left out. Where an event has what its field cannot hold, the line has
 * the nearest: the nearest whole number of 32 bits, `"NaN"` and `"Infinity"` in a field for a double.
 *
 * @throws EventFormatError - where two members of `content` are set.
 */
export function eventToJson(event: ChaukasEvent): string {
  try {
    return canonicalJson(EVENT.toJson(asJson(event)));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * Reads an event from proto JSON: snake_case or camelCase names, enums by name or number, numbers also as texts, null
 * for what is not set. Names come out in snake_case, enums by name, and a `timestamp` as the text that it was.
 *
 * A field or an enum's name of a newer specification stays as it is, and an enum's number without a name becomes
 * `EVENT_TYPE_77`. Which fields are there is not checked, as protobuf demands none.
 *
 * @param json - a text, or what `JSON.parse` made of one.
 * @throws EventFormatError - a TypeError that names where what is wrong, and what it must be.
 *
 * ```ts
 * for await (const line of readline.createInterface({ input })) events.push(eventFromJson(line));
 * ```
 */
export function eventFromJson(json: unknown): ChaukasEvent {
  try {
    return asEvent(EVENT.fromJson(parsedJson(json)));
  } catch (error) {
    throw within('event', error);
  }
}

/** Codecs speak of JSON objects, and the public API of events. Both are the same objects. */

/** An interface has no index signature, so that TypeScript takes none for a JSON object. */
export function asJson(event: ChaukasEvent | EventBatch): JsonValue {
  return event as unknown as JsonObject;
}

/** @param json - what a codec made. Which fields an event has is not checked: protobuf demands none. */
export function asEvent(json: JsonObject): ChaukasEvent {
  return json as unknown as ChaukasEvent;
}

export function asBatch(json: JsonObject): EventBatch {
  return { ...json, events: (json.events ?? []) as unknown as ChaukasEvent[] };
}

export function batchOf(events: readonly ChaukasEvent[] | EventBatch): EventBatch {
  return 'events' in events ? events : { events };
}

/** The value that a text of JSON holds; anything else as it is. */
export function parsedJson(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new EventFormatError('', `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
