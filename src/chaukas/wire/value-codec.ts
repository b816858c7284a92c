import type { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JsonValue } from '../../json/json.js';

/**
 * How values of one protobuf type are written and read. A value itself is the same everywhere: what proto JSON has for
 * it. For a value of another type each of them throws an `EventFormatError`, to which callers add the path.
 */
export interface ValueCodec {
  readonly wireType: WireType;
  /** Writes the tag and the value; neither where nothing is to be written. */
  write(writer: BinaryWriter, tag: number, value: unknown): void;
  /**
   * @param previous - what an earlier occurrence of the same field gave; protobuf merges messages.
   */
  read(reader: BinaryReader, previous: JsonValue | undefined): JsonValue;
  /** The value that a foreign proto JSON means by this; there are several ways to write one. Never gets null. */
  fromJson(value: unknown): JsonValue;
  /** As proto JSON has it, for a value of an event that is one already; `undefined` where nothing is to be written. */
  toJson(value: JsonValue): JsonValue | undefined;
}

/** Reads the length of the message that begins here. */
export function messageEnd(reader: BinaryReader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new Error('premature EOF');
  return end;
}

/** Once all of a message is read. A field that ends beyond its message has eaten of what comes after. */
export function assertEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new Error('a field is longer than its message');
}

/** A field of a newer specification has a number and no name, so that an event has no place for it. */
export function skipUnknown(reader: BinaryReader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error('a field has the number 0');
  reader.skip(tag & 7, tag >>> 3);
}
