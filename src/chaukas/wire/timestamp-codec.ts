import { WireType } from '@bufbuild/protobuf/wire';
import { withZone } from '../utc-timestamp.js';
import { EventFormatError, wrongValue } from './event-format-error.js';
import { assertEnd, messageEnd, skipUnknown, type ValueCodec } from './value-codec.js';

const ACCEPTED = "a time such as '2026-11-21T18:00:00.123Z'";
const TAG_SECONDS = (1 << 3) | WireType.Varint;
const TAG_NANOS = (2 << 3) | WireType.Varint;

/**
 * A codec of `google.protobuf.Timestamp` as RFC 3339. From JSON a timestamp is kept unchanged, except that one without a
 * zone gets its `Z`; from bytes it gets the form of `formatTimestamp`.
 */
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
      throw new EventFormatError('', `is ${seconds} s and ${nanos} ns since 1970, which is not a time`);
    }
    return text;
  },
  fromJson(value) {
    if (typeof value !== 'string' || parseTimestamp(value) === undefined) throw wrongValue(value, ACCEPTED);
    return withZone(value);
  },
  toJson: (value) => (typeof value === 'string' ? withZone(value) : value),
};

interface Timestamp {
  /** Seconds since 1970, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999, also before 1970. */
  readonly nanos: number;
}

/**
 * RFC 3339, and years beyond 9999 as ECMAScript writes them, `+055846-11-21T…`. Protobuf does not guarantee those, but a
 * span whose time was set in the wrong unit has them. Without a zone it is UTC.
 */
const PATTERN =
  /^((?:\d{4}|[+-]\d{6})-\d\d-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))?$/;

const MAX_SECONDS = 8_640_000_000_000;

/** Returns the time in a string; `undefined` if the string is not a time. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, second, day, , fraction, sign, hours, minutes] = match;
  const millis = Date.parse(`${second}Z`);
  if (Number.isNaN(millis)) return undefined;
  // `Date.parse` accepts a day that the month does not have as a day of the next month.
  if (Number(day) > 28 && new Date(millis).getUTCDate() !== Number(day)) return undefined;
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60;
  return {
    seconds: millis / 1000 - (sign === '-' ? -offset : offset),
    nanos: fraction === undefined ? 0 : Number(fraction.padEnd(9, '0')),
  };
}

/**
 * Returns a time in UTC with zero, three, six or nine fractional digits, as protobuf writes it; `undefined` if it is out
 * of range.
 */
export function formatTimestamp({ seconds, nanos }: Timestamp): string | undefined {
  const isTime = Math.abs(seconds) <= MAX_SECONDS && nanos >= 0 && nanos < 1_000_000_000;
  if (!isTime) return undefined;
  const second = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  if (nanos === 0) return `${second}Z`;
  const digits = String(nanos).padStart(9, '0');
  return `${second}.${digits.replace(/(000){1,2}$/, '')}Z`;
}
