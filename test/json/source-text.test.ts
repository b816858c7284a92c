import { describe, expect, test } from 'vitest';
import { itemTexts, memberText, openBrackets } from '../../src/json/source-text.js';

describe('memberText', () => {
  test.each([
    ['{"data":1}', '1'],
    ['{ "a" : "}" , "data" : [ 1 , {"data":2} ] , "b":0}', '[ 1 , {"data":2} ]'],
    ['{"data":9007199254740993}', '9007199254740993'],
    ['{"data":-1.0e+5,"b":1}', '-1.0e+5'],
    ['{"data":"a\\"]}\\\\"}', '"a\\"]}\\\\"'],
    ['{"d\\u0061ta":null}', 'null'],
    ['{"data":1,"data":2}', '2'],
    ['{\n"data"\n:\n{\n}\n}\n', '{\n}'],
    ['{"b":{"data":1}}', undefined],
    ['{"a":"data","b":true}', undefined],
    ['{}', undefined],
  ])('of %s is %s', (json, text) => {
    expect(memberText(json, 'data')).toBe(text);
  });

  test('takes nesting that is deeper than the stack', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(memberText(`{"data":${deep}}`, 'data')).toBe(deep);
  });
});

test.each([
  ['[]', []],
  [' [ ] ', []],
  ['[1, "a,]" ,{"b":[2]}\n,[],true]', ['1', '"a,]"', '{"b":[2]}', '[]', 'true']],
])('itemTexts of %s are %j', (json, items) => {
  expect(itemTexts(json)).toEqual(items);
});

test.each([
  ['{"a":[1,{"b":', 3],
  ['}]', -2],
  ['"}]"', 0],
  ['{"a', undefined],
  ['{"a\\"', undefined],
  ['', 0],
])('openBrackets of %s is %s', (part, open) => {
  expect(openBrackets(part)).toBe(open);
});
