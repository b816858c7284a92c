/** RFC 3339, as proto JSON has a Timestamp, and the seconds and nanoseconds that the bytes have. */

export interface Timestamp {
  /** Since 1970, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999, and always forwards. */
  readonly nanos: number;
}

/**
 * Years beyond 9999 as ECMAScript writes them, `+055846-11-21T…`: protobuf does not promise them, and a span whose time
 * was given in the wrong unit has them.
 */
const PATTERN =
  /^((?:\d{4}|[+-]\d{6})-\d\d-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

const MAX_SECONDS = 8_640_000_000_000;

/** Nothing where the text is no time. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, second, day, , fraction, sign, hours, minutes] = match;
  const millis = Date.parse(`${second}Z`);
  if (Number.isNaN(millis)) return undefined;
  // A day that its month does not have is taken for one of the next month.
  if (Number(day) > 28 && new Date(millis).getUTCDate() !== Number(day)) return undefined;
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60;
  return {
    seconds: millis / 1000 - (sign === '-' ? -offset : offset),
    nanos: fraction === undefined ? 0 : Number(fraction.padEnd(9, '0')),
  };
}

/** In UTC, with no, three, six or nine digits of the second, as protobuf writes it. Nothing for what is no time. */
export function formatTimestamp({ seconds, nanos }: Timestamp): string | undefined {
  const isTime = Math.abs(seconds) <= MAX_SECONDS && nanos >= 0 && nanos < 1_000_000_000;
  if (!isTime) return undefined;
  const second = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  if (nanos === 0) return `${second}Z`;
  const digits = String(nanos).padStart(9, '0');
  return `${second}.${digits.replace(/(000){1,2}$/, '')}Z`;
}
