/**
 * A codec of `google.protobuf.Struct` as a JSON object. It does not use the library's own classes, because those lose a
 * key `__proto__`.
 */
import { type BinaryReader, type BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { defineMember, type JsonObject, type JsonValue } from '../../json/json.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import { assertEnd, messageEnd, skipUnknown, type ValueCodec } from './value-codec.js';

/** Far deeper than an event of this package. Without a limit, bytes with a few thousand levels overflow the stack. */
const MAX_DEPTH = 500;

const tagOf = (field: number, wireType: WireType): number => (field << 3) | wireType;

// Struct, and an entry of its map:
const TAG_FIELDS = tagOf(1, WireType.LengthDelimited);
const TAG_KEY = tagOf(1, WireType.LengthDelimited);
const TAG_MEMBER = tagOf(2, WireType.LengthDelimited);
// Value:
const TAG_NULL = tagOf(1, WireType.Varint);
const TAG_NUMBER = tagOf(2, WireType.Bit64);
const TAG_TEXT = tagOf(3, WireType.LengthDelimited);
const TAG_BOOL = tagOf(4, WireType.Varint);
const TAG_STRUCT = tagOf(5, WireType.LengthDelimited);
const TAG_LIST = tagOf(6, WireType.LengthDelimited);
// ListValue:
const TAG_VALUES = tagOf(1, WireType.LengthDelimited);

export const STRUCT_CODEC: ValueCodec = {
  wireType: WireType.LengthDelimited,
  write(writer, tag, value) {
    if (!isObject(value)) throw wrongValue(value, 'an object');
    writeStruct(writer, tag, value, 0);
  },
  read: (reader, previous) => readStruct(reader, isObject(previous) ? previous : {}, 0),
  fromJson(value) {
    if (!isObject(value)) throw wrongValue(value, 'an object');
    assertJson(value, 0);
    return value;
  },
  toJson: (value) => value,
};

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws EventFormatError - if JSON cannot carry the value. */
export function assertJson(value: unknown, depth = 0): asserts value is JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (Number.isFinite(value)) return;
      break;
    case 'object':
      assertDepth(depth);
      if (value === null) return;
      for (const key of Object.keys(value)) {
        const member = (value as Record<string, unknown>)[key];
        try {
          if (member !== undefined) assertJson(member, depth + 1);
        } catch (error) {
          throw within(Array.isArray(value) ? `[${key}]` : key, error);
        }
      }
      return;
  }
  throw wrongValue(value, 'a value that JSON can carry');
}

function writeStruct(writer: BinaryWriter, tag: number, object: JsonObject, depth: number): void {
  assertDepth(depth);
  writer.uint32(tag).fork();
  for (const key of Object.keys(object)) {
    const member = object[key];
    if (!isWritten(member)) continue;
    writer.uint32(TAG_FIELDS).fork().uint32(TAG_KEY).string(key);
    writeValue(writer, TAG_MEMBER, member, depth);
    writer.join();
  }
  writer.join();
}

function writeList(writer: BinaryWriter, tag: number, list: readonly JsonValue[], depth: number): void {
  assertDepth(depth);
  writer.uint32(tag).fork();
  for (const item of list) writeValue(writer, TAG_VALUES, isWritten(item) ? item : null, depth);
  writer.join();
}

/** Skips the same values as `JSON.stringify`, which writes the event to files. */
function isWritten(value: unknown): value is JsonValue {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

function writeValue(writer: BinaryWriter, tag: number, value: JsonValue, depth: number): void {
  writer.uint32(tag).fork();
  switch (typeof value) {
    case 'string':
      writer.uint32(TAG_TEXT).string(value);
      break;
    case 'number':
      // JSON has null for these numbers.
      if (!Number.isFinite(value)) writer.uint32(TAG_NULL).int32(0);
      else writer.uint32(TAG_NUMBER).double(value);
      break;
    case 'boolean':
      writer.uint32(TAG_BOOL).bool(value);
      break;
    case 'object':
      if (value === null) writer.uint32(TAG_NULL).int32(0);
      else if (Array.isArray(value)) writeList(writer, TAG_LIST, value, depth + 1);
      else writeStruct(writer, TAG_STRUCT, value, depth + 1);
      break;
    default:
      throw wrongValue(value, 'a value that JSON can carry');
  }
  writer.join();
}

/** @param target - receives the members. Protobuf merges the maps of two occurrences. */
function readStruct(reader: BinaryReader, target: JsonObject, depth: number): JsonObject {
  assertDepth(depth);
  const end = messageEnd(reader);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG_FIELDS) readEntry(reader, target, depth);
    else skipUnknown(reader, tag);
  }
  assertEnd(reader, end);
  return target;
}

function readEntry(reader: BinaryReader, target: JsonObject, depth: number): void {
  const end = messageEnd(reader);
  let key = '';
  let value: JsonValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG_KEY) key = reader.string(true);
    else if (tag === TAG_MEMBER) value = readValue(reader, depth);
    else skipUnknown(reader, tag);
  }
  assertEnd(reader, end);
  defineMember(target, key, value);
}

function readList(reader: BinaryReader, depth: number): JsonValue[] {
  assertDepth(depth);
  const end = messageEnd(reader);
  const list: JsonValue[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG_VALUES) list.push(readValue(reader, depth));
    else skipUnknown(reader, tag);
  }
  assertEnd(reader, end);
  return list;
}

function readValue(reader: BinaryReader, depth: number): JsonValue {
  const end = messageEnd(reader);
  let value: JsonValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG_TEXT) value = reader.string(true);
    else if (tag === TAG_NUMBER) value = finite(reader.double());
    else if (tag === TAG_BOOL) value = reader.bool();
    else if (tag === TAG_STRUCT) value = readStruct(reader, {}, depth + 1);
    else if (tag === TAG_LIST) value = readList(reader, depth + 1);
    else if (tag === TAG_NULL) {
      reader.int32();
      value = null;
    } else skipUnknown(reader, tag);
  }
  assertEnd(reader, end);
  return value;
}

/** Bytes of other writers may have numbers that JSON does not have. */
function finite(number: number): JsonValue {
  return Number.isFinite(number) ? number : String(number);
}

function assertDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new EventFormatError('', `is nested deeper than ${MAX_DEPTH} levels`);
}
