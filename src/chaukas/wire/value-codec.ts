import type { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JsonValue } from '../../json/json.js';

/**
 * Writes and reads the values of one protobuf type. A value has the same form everywhere, that of proto JSON. For a value
 * of another type each method throws an `EventFormatError`, to which callers add the path.
 */
export interface ValueCodec {
  readonly wireType: WireType;
  /** Writes the tag and the value, or nothing if the value is left out. */
  write(writer: BinaryWriter, tag: number, value: unknown): void;
  /**
   * @param previous - value of an earlier occurrence of the same field, since protobuf merges messages.
   */
  read(reader: BinaryReader, previous: JsonValue | undefined): JsonValue;
  /** Returns the value that proto JSON of another writer means, which may have several forms. Never called with null. */
  fromJson(value: unknown): JsonValue;
  /** Returns the proto JSON of a value of an event; `undefined` if the value is left out. */
  toJson(value: JsonValue): JsonValue | undefined;
}

/** Reads the length of a message and returns the position of its end. */
export function messageEnd(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new Error('premature EOF');
  return end;
}

/** Checks, after a message was read, that no field extends beyond the message. */
export function assertEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new Error('a field is longer than its message');
}

/** Skips a field of a newer specification: it has a number but no name, so an event cannot hold it. */
export function skipUnknown(reader: BinaryReader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error('a field has the number 0');
  reader.skip(tag & 7, tag >>> 3);
}
