/** Codecs speak of JSON objects, and the public API of events. Both are the same objects. */
import type { JsonObject, JsonValue } from '../../foreign/json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { EventFormatError } from './event-format-error.js';

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
