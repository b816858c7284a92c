import type { JsonObject, JsonValue } from '../../json/json.js';
import { canonicalJson } from '../canonical-json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { EventFormatError, within } from './event-format-error.js';
import { EVENT } from './event-messages.js';

/**
 * Writes an event as one line of proto JSON with snake_case names, for files, standard output and the data of a
 * CloudEvent: in canonical order (RFC 8785), without the end of the line. For an event of the processor it is the text
 * that was hashed.
 *
 * Members that are `undefined` and empty lists are left out. A value that its field cannot hold becomes the nearest one:
 * the nearest 32-bit integer, or `"NaN"` and `"Infinity"` in a field for a double.
 *
 * @throws EventFormatError - if two members of `content` are set.
 */
export function eventToJson(event: ChaukasEvent): string {
  try {
    return canonicalJson(EVENT.toJson(asJson(event)));
  } catch (error) {
    throw within('event', error);
  }
}

/**
 * Reads an event from proto JSON: snake_case or camelCase names, enums by name or number, numbers also as strings, null
 * for unset fields. The event has snake_case names, enums by name, and its `timestamp` unchanged; a time without a zone is
 * UTC and gets its `Z`.
 *
 * A field or an enum name of a newer specification is kept, and an enum number without a name becomes `EVENT_TYPE_77`.
 * No field is required, as in protobuf.
 *
 * @param json - a string of JSON, or its parsed value.
 * @throws EventFormatError - a TypeError that names the place, the value and the accepted values.
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

/**
 * Codecs take JSON objects, and the public API takes events. Both are the same objects, but TypeScript does not accept
 * an interface as a JSON object, because it has no index signature.
 */
export function asJson(event: ChaukasEvent | EventBatch): JsonValue {
  return event as unknown as JsonObject;
}

/** @param json - the result of a codec. No field is required, as in protobuf. */
export function asEvent(json: JsonObject): ChaukasEvent {
  return json as unknown as ChaukasEvent;
}

export function asBatch(json: JsonObject): EventBatch {
  return { ...json, events: (json.events ?? []) as unknown as ChaukasEvent[] };
}

export function batchOf(events: readonly ChaukasEvent[] | EventBatch): EventBatch {
  return 'events' in events ? events : { events };
}

/** Parses a string of JSON; returns any other value as it is. */
export function parsedJson(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new EventFormatError('', `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
