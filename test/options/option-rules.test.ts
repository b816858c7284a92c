import { describe, expect, it } from 'vitest';
import {
  BOOLEAN,
  listOf,
  mapOf,
  type OptionRule,
  objectOf,
  oneOf,
  optionsProblems,
  required,
  rule,
  TEXT,
  TEXTS,
  valueOr,
  WHOLE_NUMBER,
} from '../../src/options/option-rules.js';

const EVEN = rule('an even number', (value) => Number(value) % 2 === 0);

describe('A rule', () => {
  it.each<[name: string, rule: OptionRule, values: unknown[]]>([
    ['TEXT', TEXT, ['a']],
    ['TEXTS', TEXTS, [[], ['a', 'b']]],
    ['BOOLEAN', BOOLEAN, [true, false]],
    ['WHOLE_NUMBER', WHOLE_NUMBER, [1, 10_000]],
    ['oneOf', oneOf(['file', 'api']), ['file', 'api']],
    ['objectOf', objectOf({ a: EVEN }, 'an object'), [{}, { a: 2 }, { a: undefined, b: undefined }]],
    ['mapOf', mapOf(EVEN, 'an object'), [{}, { x: 2, y: 4 }]],
    ['listOf', listOf(EVEN, 'an array'), [[], [2, 4]]],
    ['valueOr', valueOr((value) => value === false, objectOf({}, 'an object')), [false, {}]],
  ])('%s accepts its values', (_name, tested, values) => {
    expect(values.flatMap((value) => tested.problems('x', value))).toEqual([]);
  });

  it.each<[rule: OptionRule, value: unknown, problems: string[]]>([
    [TEXT, '', [`option "x" is ''; it must be a non-empty string`]],
    [TEXTS, ['a', ''], [`option "x" is ['a', '']; it must be an array of non-empty strings`]],
    [BOOLEAN, 'true', [`option "x" is 'true'; it must be true or false`]],
    [WHOLE_NUMBER, 1.5, ['option "x" is 1.5; it must be a whole number above 0']],
    [oneOf(['a', 'b', 'c']), null, [`option "x" is null; it must be 'a', 'b' or 'c'`]],
    [objectOf({}, 'an object'), /a/, ['option "x" is /a/; it must be an object']],
    [objectOf({ a: EVEN }, 'an object'), { a: 1 }, ['option "x.a" is 1; it must be an even number']],
    [objectOf({ a: EVEN }, 'an object'), { b: 1 }, ['unknown option "x.b"; known options: a']],
    [
      objectOf({ a: required(EVEN) }, 'an object'),
      { a: undefined },
      ['option "x.a" is missing; it must be an even number'],
    ],
    [mapOf(EVEN, 'an object'), { 'k.1': 1 }, [`option "x['k.1']" is 1; it must be an even number`]],
    [listOf(EVEN, 'an array'), [2, undefined], ['option "x[1]" is undefined; it must be an even number']],
    [listOf(EVEN, 'an array'), {}, ['option "x" is an object; it must be an array']],
    [
      valueOr((value) => value === false, objectOf({}, 'an object, or false')),
      true,
      ['option "x" is true; it must be an object, or false'],
    ],
  ])('names option, value and fix: %#', (tested, value, problems) => {
    expect(tested.problems('x', value)).toEqual(problems);
  });
});

describe('optionsProblems', () => {
  const RULES = { path: required(TEXT), size: WHOLE_NUMBER };

  it('returns unknown options first, then the others in the order of the rules', () => {
    expect(optionsProblems(RULES, { size: 0, constructor: 1 }, 'an object')).toEqual([
      'unknown option "constructor"; known options: path, size',
      'option "path" is missing; it must be a non-empty string',
      'option "size" is 0; it must be a whole number above 0',
    ]);
  });

  it.each([
    [undefined, 'undefined'],
    ['a', "'a'"],
    [[], 'an empty array'],
  ])('refuses %o as options', (options, shown) => {
    expect(optionsProblems(RULES, options, 'an object with "path"')).toEqual([
      `the options are ${shown}; they must be an object with "path"`,
    ]);
  });
});
