import { expect, it } from 'vitest';
import { nearestInt32 } from '../../src/chaukas/int32.js';

it.each<[value: number, expected: number | undefined]>([
  [0, 0],
  [-0, 0],
  [12, 12],
  [12.4, 12],
  [12.5, 13],
  [-0.4, 0],
  [2_147_483_647, 2_147_483_647],
  [2_147_483_648, 2_147_483_647],
  [1e12, 2_147_483_647],
  [-2_147_483_648, -2_147_483_648],
  [-1e300, -2_147_483_648],
  [Number.POSITIVE_INFINITY, 2_147_483_647],
  [Number.NEGATIVE_INFINITY, -2_147_483_648],
  [Number.NaN, undefined],
])('nearestInt32(%d) is %d', (value, expected) => {
  expect(nearestInt32(value)).toBe(expected);
});
