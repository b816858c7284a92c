import type { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JsonValue } from '../../foreign/json.js';

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
