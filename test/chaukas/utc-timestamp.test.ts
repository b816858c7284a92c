import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isEarlier } from '../../src/chaukas/utc-timestamp.js';

/** A second, its digits after the point, and how the zone is written. */
const time = fc.record({
  second: fc.integer({ min: 0, max: 3 }),
  fraction: fc.string({ unit: fc.constantFrom('0', '1', '5'), maxLength: 4 }),
  zone: fc.constantFrom('Z', ''),
});
type Time = typeof time extends fc.Arbitrary<infer Value> ? Value : never;

const written = ({ second, fraction, zone }: Time) =>
  `2026-12-01T00:00:0${second}${fraction === '' ? '' : `.${fraction}`}${zone}`;
const tenThousandths = ({ second, fraction }: Time) => second * 10_000 + Number(fraction.padEnd(4, '0'));

it('a time is earlier than another by its value, in whatever form', () => {
  fc.assert(
    fc.property(time, time, (one, other) => {
      expect(isEarlier(written(one), written(other))).toBe(tenThousandths(one) < tenThousandths(other));
    }),
    { numRuns: 2_000 },
  );
});

it('nothing is earlier than a time that is not known', () => {
  expect(isEarlier('2026-12-01T00:00:00Z', '')).toBe(false);
});
