import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../../src/chaukas/wire/timestamp-codec.js';

describe('parseTimestamp and formatTimestamp', () => {
  it.each<[text: string, seconds: number, nanos: number]>([
    ['1970-01-01T00:00:00Z', 0, 0],
    ['2026-11-21T18:00:00Z', 1_795_284_000, 0],
    ['2026-11-21T18:00:00.123Z', 1_795_284_000, 123_000_000],
    ['2026-11-21T18:00:00.120Z', 1_795_284_000, 120_000_000],
    ['2026-11-21T18:00:00.123456Z', 1_795_284_000, 123_456_000],
    ['2026-11-21T18:00:00.000001Z', 1_795_284_000, 1_000],
    ['2026-11-21T18:00:00.000000001Z', 1_795_284_000, 1],
    ['2024-02-29T23:59:59.999999999Z', 1_709_251_199, 999_999_999],
    ['1969-12-31T23:59:59.500Z', -1, 500_000_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800, 0],
    ['9999-12-31T23:59:59Z', 253_402_300_799, 0],
    // Milliseconds taken for seconds, as in spans of some instrumentations.
    ['+055846-11-21T00:00:00.001Z', 1_700_190_345_600, 1_000_000],
  ])('%s', (text, seconds, nanos) => {
    expect(parseTimestamp(text)).toStrictEqual({ seconds, nanos });
    expect(formatTimestamp({ seconds, nanos })).toBe(text);
  });

  it.each<[text: string, canonical: string]>([
    ['2026-11-21T18:00:00.1Z', '2026-11-21T18:00:00.100Z'],
    ['2026-11-21T18:00:00.123000Z', '2026-11-21T18:00:00.123Z'],
    ['2026-11-21T18:00:00.000000000Z', '2026-11-21T18:00:00Z'],
    ['2026-11-21T18:00:00+01:30', '2026-11-21T16:30:00Z'],
    ['2026-11-21T18:00:00.5-08:00', '2026-11-22T02:00:00.500Z'],
    ['2026-11-21T18:00:00+00:00', '2026-11-21T18:00:00Z'],
    ['2026-11-21T18:00:00', '2026-11-21T18:00:00Z'],
    ['2026-11-21T18:00:00.123456', '2026-11-21T18:00:00.123456Z'],
  ])('%s is the same time as %s', (text, canonical) => {
    const time = parseTimestamp(text);
    expect(time && formatTimestamp(time)).toBe(canonical);
  });

  it.each([
    '',
    'now',
    '2026-11-21',
    '2026-11-21T18:00',
    '2026-11-21 18:00:00Z',
    '2026-11-21t18:00:00z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T18:60:00Z',
    '2026-11-21T18:00:60Z',
    '2026-11-21T18:00:00.Z',
    '2026-11-21T18:00:00.1234567891Z',
    '2026-11-21T18:00:00+24:00',
    '+999999-01-01T00:00:00Z',
    ' 2026-11-21T18:00:00Z',
  ])('%j is not a time', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it.each([
    [8_640_000_000_001, 0],
    [-8_640_000_000_001, 0],
    [0, -1],
    [0, 1_000_000_000],
  ])('%d s and %d ns are not a time', (seconds, nanos) => {
    expect(formatTimestamp({ seconds, nanos })).toBeUndefined();
  });
});
