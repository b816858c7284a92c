import type { HrTime } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import {
  durationMillis,
  numberAttribute,
  textAttribute,
  timestampOf,
  timestampOfMillis,
} from '../../../src/events/spans/span-snapshot.js';
import { plainSpan } from '../plain-span.js';

describe('timestampOf', () => {
  it.each<[what: string, time: HrTime, expected: string]>([
    ['a whole second has no fraction', [1_700_000_000, 0], '2023-11-14T22:13:20Z'],
    ['milliseconds: three digits', [1_700_000_000, 500_000_000], '2023-11-14T22:13:20.500Z'],
    ['one millisecond', [1_700_000_000, 1_000_000], '2023-11-14T22:13:20.001Z'],
    ['microseconds: six digits', [1_700_000_000, 123_456_000], '2023-11-14T22:13:20.123456Z'],
    ['one microsecond', [1_700_000_000, 1_000], '2023-11-14T22:13:20.000001Z'],
    ['zeros within stay', [1_700_000_000, 100_050_000], '2023-11-14T22:13:20.100050Z'],
    ['nanoseconds are cut off, not rounded', [1_700_000_000, 123_456_999], '2023-11-14T22:13:20.123456Z'],
    ['less than a microsecond is cut off', [1_700_000_000, 999], '2023-11-14T22:13:20Z'],
    ['the last microsecond of a second', [1_700_000_000, 999_999_999], '2023-11-14T22:13:20.999999Z'],
    ['the last of a year', [1_704_067_199, 999_000_000], '2023-12-31T23:59:59.999Z'],
    ['a leap day', [1_709_164_800, 0], '2024-02-29T00:00:00Z'],
    ['the epoch', [0, 0], '1970-01-01T00:00:00Z'],
    ['just after the epoch', [0, 1_000], '1970-01-01T00:00:00.000001Z'],
    ['just before the epoch', [-1, 999_999_000], '1969-12-31T23:59:59.999999Z'],
    ['just before the epoch, as the SDK has it', [0, -1_000_000], '1969-12-31T23:59:59.999Z'],
    ['more nanoseconds than a second has', [1, 2_500_000_000], '1970-01-01T00:00:03.500Z'],
    ['the first time of protobuf', [-62_135_596_800, 0], '0001-01-01T00:00:00Z'],
    ['a time before it', [-62_135_596_801, 999_999_000], '0001-01-01T00:00:00Z'],
    ['the last time of protobuf', [253_402_300_799, 999_999_000], '9999-12-31T23:59:59.999999Z'],
    ['a time after it', [253_402_300_800, 0], '9999-12-31T23:59:59.999999Z'],
    ['microseconds that were taken for milliseconds', [1_700_000_000_000, 0], '9999-12-31T23:59:59.999999Z'],
    ['no number', [Number.NaN, Number.NaN], '0001-01-01T00:00:00Z'],
    ['an endless time', [Number.POSITIVE_INFINITY, 0], '9999-12-31T23:59:59.999999Z'],
  ])('%s', (_what, time, expected) => {
    expect(timestampOf(time)).toBe(expected);
  });
});

describe('timestampOfMillis', () => {
  it.each<[what: string, millis: number, expected: string]>([
    ['a whole second', 1_700_000_000_000, '2023-11-14T22:13:20Z'],
    ['milliseconds', 1_700_000_000_007, '2023-11-14T22:13:20.007Z'],
    ['a fraction of a millisecond', 1_700_000_000_000.25, '2023-11-14T22:13:20.000250Z'],
    ['a fraction that rounds up to the next second', 1_999.999_999_9, '1970-01-01T00:00:02Z'],
    ['the epoch', 0, '1970-01-01T00:00:00Z'],
    ['just before the epoch', -1, '1969-12-31T23:59:59.999Z'],
    ['a second before the epoch', -1_000, '1969-12-31T23:59:59Z'],
  ])('%s', (_what, millis, expected) => {
    expect(timestampOfMillis(millis)).toBe(expected);
  });

  it('agrees with Date on every whole millisecond', () => {
    for (let millis = 1_699_999_999_990; millis < 1_700_000_001_010; millis += 1) {
      const expected = new Date(millis).toISOString().replace('.000Z', 'Z');
      expect(timestampOfMillis(millis)).toBe(expected);
    }
  });
});

describe('durationMillis', () => {
  it.each<[what: string, startTime: HrTime, endTime: HrTime, expected: number]>([
    ['seconds and nanoseconds', [1_700_000_000, 900_000_000], [1_700_000_002, 400_000_000], 1500],
    ['no time', [1_700_000_000, 5], [1_700_000_000, 5], 0],
    // The difference of two times in milliseconds would be wrong: today's times have too few digits for it.
    ['a tenth of a millisecond', [1_700_000_000, 200_000_000], [1_700_000_000, 200_100_000], 0.1],
    ['a microsecond', [1_700_000_000, 200_000_000], [1_700_000_000, 200_001_000], 0.001],
    ['a clock that was set back', [1_700_000_001, 0], [1_700_000_000, 0], 0],
    ['a span that has not ended', [1_700_000_001, 0], [0, 0], 0],
  ])('%s', (_what, startTime, endTime, expected) => {
    expect(durationMillis(plainSpan({}, { startTime, endTime }))).toBe(expected);
  });
});

describe('attributes', () => {
  it.each<[value: string | number | boolean | string[] | undefined, text: unknown, number: unknown]>([
    ['x', 'x', undefined],
    ['', undefined, undefined],
    ['5', '5', undefined],
    [5, undefined, 5],
    [0, undefined, 0],
    [true, undefined, undefined],
    [['x'], undefined, undefined],
    [undefined, undefined, undefined],
  ])('%o', (value, text, number) => {
    const span = plainSpan({ name: value });
    expect([textAttribute(span, 'name'), numberAttribute(span, 'name')]).toEqual([text, number]);
    expect([textAttribute(span, 'other'), numberAttribute(span, 'other')]).toEqual([undefined, undefined]);
  });
});
