import { describe, expect, it } from 'vitest';
import {
  asArray,
  asFunction,
  asInteger,
  asMembers,
  asNonEmptyString,
  asNumber,
  asRecord,
  asString,
  isRecord,
} from '../../src/json/readers.js';

const object = { a: 1 };
const list = [1];
const func = () => 1;
const date = new Date(0);

/** The result of each reader for a value. Readers that are not listed return `undefined`. */
const ROWS: [value: unknown, readings: Record<string, unknown>][] = [
  [undefined, {}],
  [null, {}],
  [true, {}],
  [Symbol('s'), {}],
  [5n, {}],
  ['text', { string: 'text', text: 'text' }],
  ['', { string: '' }],
  ['5', { string: '5', text: '5' }],
  [5, { number: 5, integer: 5 }],
  [0, { number: 0, integer: 0 }],
  [-1, { number: -1, integer: -1 }],
  [1.5, { number: 1.5 }],
  [Number.NaN, {}],
  [Number.POSITIVE_INFINITY, {}],
  [object, { record: object, members: object }],
  [date, { record: date, members: date }],
  [list, { array: list }],
  [func, { function: func, members: func }],
];

describe('The readers', () => {
  it.each(ROWS)('read %o', (value, readings) => {
    expect(asString(value)).toBe(readings.string);
    expect(asNonEmptyString(value)).toBe(readings.text);
    expect(asNumber(value)).toBe(readings.number);
    expect(asInteger(value)).toBe(readings.integer);
    expect(asRecord(value)).toBe(readings.record);
    expect(asMembers(value)).toBe(readings.members);
    expect(asFunction(value)).toBe(readings.function);
    expect(asArray(value)).toEqual(readings.array ?? []);
    expect(isRecord(value)).toBe(readings.record !== undefined);
  });
});
