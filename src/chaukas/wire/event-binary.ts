import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { JsonObject } from '../../json/json.js';
import type { ChaukasEvent, EventBatch } from '../event.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import { asBatch, asEvent, asJson, batchOf } from './event-json.js';
import { EVENT, EVENT_BATCH_REQUEST, EVENT_REQUEST } from './event-messages.js';
import type { MessageCodec } from './message-codec.js';

/**
 * An event as bytes of `chaukas.spec.common.v1.Event`. `decodeEvent` gives the same event again, and its JSON the same
 * hash, with these exceptions:
 *
 * - Times come back in UTC with no, three, six or nine digits of the second.
 * - A count that is no whole number of 32 bits is brought to the nearest; NaN as a count is left out.
 * - Empty lists are left out, and so are members that are `undefined` or null.
 * - A lone surrogate in a text, which UTF-8 does not have, becomes U+FFFD.
 *
 * @throws EventFormatError - where bytes cannot carry it: a field or an enum's name that this version of the
 * specification has no number for, two members of `content`, an extension of a type that is not known.
 */
export function encodeEvent(event: ChaukasEvent): Uint8Array {
  return encoded(EVENT, asJson(event), 'event');
}

/**
 * Reads an event from bytes of `chaukas.spec.common.v1.Event`.
 *
 * Fields of a newer specification have no names in the bytes and are left out; an enum's number without a name becomes
 * `EVENT_TYPE_77`, which `encodeEvent` writes as that number again.
 *
 * @throws EventFormatError - where the bytes are none of such a message.
 */
export function decodeEvent(bytes: Uint8Array): ChaukasEvent {
  return asEvent(decoded(EVENT, bytes, 'event'));
}

/**
 * The body of `POST {endpoint}/events`: an `IngestEventRequest` of one event.
 *
 * @throws EventFormatError - as {@link encodeEvent} does.
 */
export function encodeEventRequest(event: ChaukasEvent): Uint8Array {
  return encoded(EVENT_REQUEST, { event: asJson(event) }, 'request');
}

/** @throws EventFormatError - where the bytes are no `IngestEventRequest`, or one without an event. */
export function decodeEventRequest(bytes: Uint8Array): ChaukasEvent {
  return asEvent(partOf(decoded(EVENT_REQUEST, bytes, 'request'), 'event'));
}

/**
 * The body of `POST {endpoint}/events/batch`: an `IngestEventBatchRequest`.
 *
 * ```ts
 * await fetch(`${endpoint}/events/batch`, {
 *   method: 'POST',
 *   headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-protobuf' },
 *   body: encodeBatch(events),
 * });
 * ```
 *
 * @param events - the events alone, or a batch with what it says of them.
 * @throws EventFormatError - as {@link encodeEvent} does; no event is left out.
 */
export function encodeBatch(events: readonly ChaukasEvent[] | EventBatch): Uint8Array {
  return encoded(EVENT_BATCH_REQUEST, { event_batch: asJson(batchOf(events)) }, 'request');
}

/** @throws EventFormatError - where the bytes are no `IngestEventBatchRequest`, or one without a batch. */
export function decodeBatch(bytes: Uint8Array): EventBatch {
  return asBatch(partOf(decoded(EVENT_BATCH_REQUEST, bytes, 'request'), 'event_batch'));
}

/** Its buffer has grown to the size of events already, which is half of the work. */
let spareWriter: BinaryWriter | undefined;
const MAX_SPARE_BYTES = 1_048_576;

/** @param root - what the paths in errors begin with. */
function encoded(codec: MessageCodec, message: unknown, root: string): Uint8Array {
  // Taken, so that a getter of an event that encodes another one does not write in between.
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
