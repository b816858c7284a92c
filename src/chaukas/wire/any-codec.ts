import { BinaryReader, BinaryWriter, base64Decode, base64Encode, WireType } from '@bufbuild/protobuf/wire';
import type { JsonObject } from '../../json/json.js';
import { EventFormatError, within, wrongValue } from './event-format-error.js';
import type { MessageCodec } from './message-codec.js';
import { assertJson, isObject, STRUCT_CODEC } from './struct-codec.js';
import { assertEnd, messageEnd, skipUnknown, type ValueCodec } from './value-codec.js';

const TAG_TYPE_URL = (1 << 3) | WireType.LengthDelimited;
const TAG_VALUE = (2 << 3) | WireType.LengthDelimited;
const STRUCT = 'google.protobuf.Struct';

/**
 * A codec of `google.protobuf.Any`: `@type` beside the members of a message of chaukas-spec, or beside `value` with the
 * object of a `google.protobuf.Struct`. The bytes of any other type cannot be decoded without its schema: their `value`
 * is base64, and is encoded as the same bytes again.
 *
 * @param messageOf - returns the codec of a message of chaukas-spec, by its full name.
 */
export function anyCodec(messageOf: (typeName: string) => MessageCodec | undefined): ValueCodec {
  return {
    wireType: WireType.LengthDelimited,
    write(writer, tag, value) {
      const any = asAny(value);
      const url = any['@type'];
      writer.uint32(tag).fork();
      if (url !== undefined) writer.uint32(TAG_TYPE_URL).string(url);
      writePayload(writer, any, url === undefined ? undefined : typeNameOf(url));
      writer.join();
    },
    read(reader) {
      const end = messageEnd(reader);
      let url: string | undefined;
      let bytes: Uint8Array | undefined;
      while (reader.pos < end) {
        const tag = reader.uint32();
        if (tag === TAG_TYPE_URL) url = reader.string(true);
        else if (tag === TAG_VALUE) bytes = reader.bytes();
        else skipUnknown(reader, tag);
      }
      assertEnd(reader, end);
      return url === undefined && bytes === undefined
        ? {}
        : { '@type': url ?? '', ...payload(url ?? '', bytes) };
    },
    fromJson(value) {
      const any = asAny(value);
      const { '@type': url, ...members } = any;
      const message = url === undefined ? undefined : messageOf(typeNameOf(url));
      if (url !== undefined && message !== undefined) return { '@type': url, ...message.fromJson(members) };
      assertJson(any);
      return any;
    },
    toJson(value) {
      const { '@type': url, ...members } = asAny(value);
      const message = url === undefined ? undefined : messageOf(typeNameOf(url));
      return url === undefined || message === undefined
        ? value
        : { '@type': url, ...message.toJson(members) };
    },
  };

  function writePayload(writer: BinaryWriter, any: JsonObject, typeName: string | undefined): void {
    const { '@type': _, ...members } = any;
    const message = typeName === undefined ? undefined : messageOf(typeName);
    if (message !== undefined) {
      message.write(writer, TAG_VALUE, members);
      return;
    }
    const other = Object.keys(members).find((name) => name !== 'value');
    if (other !== undefined) {
      throw new EventFormatError(
        other,
        'cannot be encoded without the schema of its type; use "value" with base64',
      );
    }
    if (members.value === undefined) return;
    if (typeName === STRUCT) STRUCT_CODEC.write(writer, TAG_VALUE, members.value);
    else writer.uint32(TAG_VALUE).bytes(bytesOf(members.value));
  }

  function payload(url: string, bytes: Uint8Array | undefined): JsonObject {
    const typeName = typeNameOf(url);
    const message = messageOf(typeName);
    if (message !== undefined) {
      const encoded = bytes ?? new Uint8Array();
      return message.readMembers(new BinaryReader(encoded), encoded.length);
    }
    if (bytes === undefined) return {};
    if (typeName !== STRUCT) return { value: base64Encode(bytes) };
    const framed = new BinaryWriter().bytes(bytes).finish();
    return { value: STRUCT_CODEC.read(new BinaryReader(framed), undefined) };
  }
}

function typeNameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

function asAny(value: unknown): JsonObject & { readonly '@type'?: string } {
  if (!isObject(value)) throw wrongValue(value, 'an object with "@type"');
  const url = value['@type'];
  if (url === undefined && Object.keys(value).length === 0) return {};
  if (typeof url !== 'string') throw within('@type', wrongValue(url, 'the URL of a type'));
  return value as JsonObject & { '@type': string };
}

function bytesOf(value: unknown): Uint8Array {
  const accepted = 'base64';
  if (typeof value !== 'string') throw within('value', wrongValue(value, accepted));
  try {
    return base64Decode(value);
  } catch {
    throw within('value', wrongValue(value, accepted));
  }
}
