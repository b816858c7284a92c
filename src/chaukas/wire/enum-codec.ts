import type { DescEnum } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { wrongValue } from './event-format-error.js';
import { isInt32 } from './int32.js';
import type { ValueCodec } from './value-codec.js';

/**
 * Values are names. A newer specification may have more of them: a name that is not known stays as it is, and a number
 * that is not known gets its number as name, `EVENT_TYPE_77`, so that whoever reads events always meets a text with
 * the prefix. JSON has the number in its place, as proto JSON demands; bytes cannot carry a name without a number.
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
        throw wrongValue(value, 'a name with a number in this specification; JSON can carry others');
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
