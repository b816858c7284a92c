import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { JsonObject } from '../../json/json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import { asBatch, asEvent, asJson, batchOf } from './event-json.js';
import { EVENT, EVENT_BATCH_REQUEST, EVENT_REQUEST } from './event-messages.js';
import type { MessageCodec } from './message-codec.js';

/**
 * Encodes an event as bytes of `chaukas.spec.common.v1.Event`. `decodeEvent` returns the same event, whose JSON has the
 * same hash, with these exceptions:
 *
 * - Times are returned in UTC with zero, three, six or nine fractional digits.
 * - A count becomes the nearest 32-bit integer; a count of NaN is left out.
 * - Empty lists are left out, as are members that are `undefined` or null.
 * - A lone surrogate in a string, which UTF-8 cannot encode, becomes U+FFFD.
 *
 * @throws EventFormatError - if bytes cannot carry the event: it has a field or an enum name without a number in this
 * version of the specification, two members of `content`, or an extension of an unknown type.
 */
export function encodeEvent(event: ChaukasEvent): Uint8Array {
  return encoded(EVENT, asJson(event), 'event');
}

/**
 * Decodes an event from bytes of `chaukas.spec.common.v1.Event`.
 *
 * Fields of a newer specification have no names in the bytes and are left out. An enum number without a name becomes
 * `EVENT_TYPE_77`, which `encodeEvent` writes as that number again.
 *
 * @throws EventFormatError - if the bytes are not such a message.
 */
export function decodeEvent(bytes: Uint8Array): ChaukasEvent {
  return asEvent(decoded(EVENT, bytes, 'event'));
}

/**
 * Encodes the body of `POST {endpoint}/events`: an `IngestEventRequest` with one event.
 *
 * @throws EventFormatError - as {@link encodeEvent} does.
 */
export function encodeEventRequest(event: ChaukasEvent): Uint8Array {
  return encoded(EVENT_REQUEST, { event: asJson(event) }, 'request');
}

/**
 * Decodes the body of `POST {endpoint}/events`.
 *
 * @throws EventFormatError - if the bytes are not an `IngestEventRequest`, or if it has no event.
 */
export function decodeEventRequest(bytes: Uint8Array): ChaukasEvent {
  return asEvent(partOf(decoded(EVENT_REQUEST, bytes, 'request'), 'event'));
}

/**
 * Encodes the body of `POST {endpoint}/events/batch`: an `IngestEventBatchRequest`.
 *
 * ```ts
 * await fetch(`${endpoint}/events/batch`, {
 *   method: 'POST',
 *   headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' },
 *   body: encodeBatch(events),
 * });
 * ```
 *
 * @param events - the events, or a batch of events with its totals and metadata.
 * @throws EventFormatError - as {@link encodeEvent} does; no event is skipped.
 */
export function encodeBatch(events: readonly ChaukasEvent[] | EventBatch): Uint8Array {
  return encoded(EVENT_BATCH_REQUEST, { event_batch: asJson(batchOf(events)) }, 'request');
}

/**
 * Decodes the body of `POST {endpoint}/events/batch`.
 *
 * @throws EventFormatError - if the bytes are not an `IngestEventBatchRequest`, or if it has no batch.
 */
export function decodeBatch(bytes: Uint8Array): EventBatch {
  return asBatch(partOf(decoded(EVENT_BATCH_REQUEST, bytes, 'request'), 'event_batch'));
}

/** A writer for the next event. Its buffer already has the size of events; growing it is half of the work. */
let spareWriter: BinaryWriter | undefined;
const MAX_SPARE_BYTES = 1_048_576;

/** @param root - first step of the paths in errors. */
function encoded(codec: MessageCodec, message: unknown, root: string): Uint8Array {
  // Removed while in use, so that a getter of the event that encodes another event gets its own writer.
  const writer = spareWriter ?? new BinaryWriter();
  spareWriter = undefined;
  try {
    codec.writeMembers(writer, message);
  } catch (error) {
    throw within(root, error);
  }
  const bytes = writer.finish();
  if (bytes.length <= MAX_SPARE_BYTES) spareWriter = writer;
  return bytes;
}

function decoded(codec: MessageCodec, bytes: Uint8Array, root: string): JsonObject {
  try {
    if (!(bytes instanceof Uint8Array)) throw wrongValue(bytes, 'a Uint8Array');
    return codec.readMembers(new BinaryReader(bytes), bytes.length);
  } catch (error) {
    throw within(root, error);
  }
}

function partOf(request: JsonObject, name: string): JsonObject {
  const part = request[name];
  if (part === undefined) throw new EventFormatError(`request.${name}`, 'is missing');
  return part as JsonObject;
}
