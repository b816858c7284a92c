import { WireType } from '@bufbuild/protobuf/wire';
import { EventFormatError, wrongValue } from './event-format-error.js';
import { assertEnd, messageEnd, skipUnknown } from './message-frame.js';
import { formatTimestamp, parseTimestamp } from './timestamp.js';
import type { ValueCodec } from './value-codec.js';

const ACCEPTED = "a time such as '2026-11-21T18:00:00.123Z'";
const TAG_SECONDS = (1 << 3) | WireType.Varint;
const TAG_NANOS = (2 << 3) | WireType.Varint;

/** A text stays as it was given; from bytes it comes in the form of `formatTimestamp`. */
export const TIMESTAMP_CODEC: ValueCodec = {
  wireType: WireType.LengthDelimited,
  write(writer, tag, value) {
    const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
    if (time === undefined) throw wrongValue(value, ACCEPTED);
    const { seconds, nanos } = time;
    writer.uint32(tag).fork();
    // Same bytes as int64, which would go through a BigInt.
    if (seconds > 0 && seconds <= 0xffff_ffff) writer.uint32(TAG_SECONDS).uint32(seconds);
    else if (seconds !== 0) writer.uint32(TAG_SECONDS).int64(seconds);
    if (nanos !== 0) writer.uint32(TAG_NANOS).int32(nanos);
    writer.join();
  },
  read(reader) {
    const end = messageEnd(reader);
    let seconds = 0;
    let nanos = 0;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === TAG_SECONDS) seconds = Number(reader.int64());
      else if (tag === TAG_NANOS) nanos = reader.int32();
      else skipUnknown(reader, tag);
    }
    assertEnd(reader, end);
    const text = formatTimestamp({ seconds, nanos });
    if (text === undefined) {
      throw new EventFormatError('', `is ${seconds} s and ${nanos} ns since 1970, which is no time`);
    }
    return text;
  },
  fromJson(value) {
    if (typeof value !== 'string' || parseTimestamp(value) === undefined) throw wrongValue(value, ACCEPTED);
    return value;
  },
  toJson: (value) => value,
};
