import type { DescEnum } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { isInt32, nearestInt32 } from '../int32.js';
import { wrongValue } from './event-format-error.js';
import type { ValueCodec } from './value-codec.js';

const TEXT = 'a string';
const FLAG = 'true or false';
const INT32 = 'a 32-bit integer';
const DOUBLE = 'a number';

/** A lone surrogate has no UTF-8 form and becomes U+FFFD. */
export const TEXT_CODEC: ValueCodec = {
  wireType: WireType.LengthDelimited,
  write(writer, tag, value) {
    if (typeof value !== 'string') throw wrongValue(value, TEXT);
    writer.uint32(tag).string(value);
  },
  read: (reader) => reader.string(true),
  fromJson(value) {
    if (typeof value !== 'string') throw wrongValue(value, TEXT);
    return value;
  },
  toJson: (value) => value,
};

export const FLAG_CODEC: ValueCodec = {
  wireType: WireType.Varint,
  write(writer, tag, value) {
    if (typeof value !== 'boolean') throw wrongValue(value, FLAG);
    writer.uint32(tag).bool(value);
  },
  read: (reader) => reader.bool(),
  fromJson(value) {
    if (typeof value !== 'boolean') throw wrongValue(value, FLAG);
    return value;
  },
  toJson: (value) => value,
};

/** A number that int32 does not have becomes the nearest one: see {@link nearestInt32}. */
export const INT32_CODEC: ValueCodec = {
  wireType: WireType.Varint,
  write(writer, tag, value) {
    if (typeof value !== 'number') throw wrongValue(value, INT32);
    const whole = nearestInt32(value);
    if (whole !== undefined) writer.uint32(tag).int32(whole);
  },
  read: (reader) => reader.int32(),
  fromJson(value) {
    const number = numberOf(value);
    if (!isInt32(number)) throw wrongValue(value, INT32);
    return number + 0;
  },
  toJson: (value) => (typeof value === 'number' ? nearestInt32(value) : value),
};

/** In JSON, NaN and the infinities are strings. */
export const DOUBLE_CODEC: ValueCodec = {
  wireType: WireType.Bit64,
  write(writer, tag, value) {
    if (typeof value !== 'number') throw wrongValue(value, DOUBLE);
    writer.uint32(tag).double(value);
  },
  read: (reader) => reader.double(),
  fromJson(value) {
    const number = numberOf(value);
    if (number === undefined) throw wrongValue(value, DOUBLE);
    return number;
  },
  toJson: (value) => (Number.isFinite(value) ? value : String(value)),
};

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity']);

/** Proto JSON may have numbers as strings. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (NOT_FINITE.has(value)) return Number(value);
  if (!NUMBER.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * A codec of an enum, whose values are names. A newer specification may have more of them: an unknown name is kept, and
 * an unknown number becomes a name such as `EVENT_TYPE_77`, so that programs that read events always get a string with
 * the prefix. JSON has the number instead, as proto JSON requires. Bytes cannot carry a name without a number.
 */
export function enumCodec(desc: DescEnum): ValueCodec {
  const names = new Map(desc.values.map(({ name, number }) => [number, name]));
  const numbers = new Map(desc.values.map(({ name, number }) => [name, number]));
  const prefix = (desc.sharedPrefix ?? '').toUpperCase();
  const accepted = `a name that begins with ${prefix}, or its number`;

  const nameOf = (number: number): string => names.get(number) ?? prefix + number;
  const numberOf = (name: string): number | undefined => {
    const number = numbers.get(name);
    if (number !== undefined || !name.startsWith(prefix)) return number;
    const digits = name.slice(prefix.length);
    const unnamed = Number(digits);
    return isInt32(unnamed) && String(unnamed) === digits ? unnamed : undefined;
  };

  return {
    wireType: WireType.Varint,
    write(writer, tag, value) {
      const number = typeof value === 'string' ? numberOf(value) : undefined;
      if (number === undefined) {
        throw wrongValue(value, 'a name with a number in this specification; use JSON for others');
      }
      writer.uint32(tag).int32(number);
    },
    read: (reader) => nameOf(reader.int32()),
    fromJson(value) {
      if (isInt32(value)) return nameOf(value);
      if (typeof value !== 'string' || !value.startsWith(prefix) || value === prefix) {
        throw wrongValue(value, accepted);
      }
      const number = numberOf(value);
      return number === undefined ? value : nameOf(number);
    },
    toJson: (value) => (typeof value !== 'string' || numbers.has(value) ? value : (numberOf(value) ?? value)),
  };
}
