// The pieces of printed lines.
import { describe, expect, test } from 'vitest';
import { excerpt } from '../../src/cli/events/event-summary.js';
import { wantsColor } from '../../src/cli/output/output.js';
import { formatBytes, formatCost, formatCount, formatDuration } from '../../src/cli/output/quantities.js';
import { columns, escapeData, escapeText, renderLine } from '../../src/cli/output/text-line.js';

describe('escapeText', () => {
  test.each([
    ['keeps plain text', 'Grüße, 你好 🙂 {"a": 1}', 'Grüße, 你好 🙂 {"a": 1}'],
    ['keeps joined emoji', '👩‍💻', '👩‍💻'],
    ['escapes line ends and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['escapes an escape sequence', '\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
    ['escapes C1 control characters', '\u009b31m', '\\u009b31m'],
    ['escapes delete and backspace', 'rm\u007f\u0008', 'rm\\u007f\\u0008'],
    ['escapes changes of the writing direction', 'a\u202egnp.exe', 'a\\u202egnp.exe'],
    ['escapes the tags of Unicode', 'a\u{e0041}\u{e007f}b', 'a\\udb40\\udc41\\udb40\\udc7fb'],
    ['keeps the joiners of emoji', '👨\u200d👩', '👨\u200d👩'],
    ['escapes invisible characters', 'a\u200bb\ufeffc', 'a\\u200bb\\ufeffc'],
    ['escapes a lone surrogate', 'a\ud83d', 'a\\ud83d'],
  ])('%s', (_, text, escaped) => expect(escapeText(text)).toBe(escaped));
});

test('escapeData keeps line ends and escapes other carriage returns', () => {
  expect(escapeData('a,b\r\nc\rd\n\u0000\u001b\u000b')).toBe('a,b\r\nc\\u000dd\n\\u0000\\u001b\\u000b');
});

test('escapeData changes neither the value of JSON nor the lines', () => {
  const line = `{"a":"\u009b\u007f\u202e ü"}`;
  expect(escapeData(`${line}\n\tb\n`)).toBe('{"a":"\\u009b\\u007f\\u202e ü"}\n\tb\n');
  expect(JSON.parse(escapeData(line))).toEqual(JSON.parse(line));
});

describe('renderLine', () => {
  const line = ['a ', ['red', 'b\u001b[0m'], ['dim', ''], ' '] as const;
  test('escapes text without colour', () => expect(renderLine(line, false)).toBe('a b\\u001b[0m\n'));
  test('escapes text with colour', () =>
    expect(renderLine(line, true)).toBe('a \u001b[31mb\\u001b[0m\u001b[0m\n'));
});

test('columns are as wide as their printed text', () => {
  const rows = columns(
    [
      ['name', 'n'],
      ['a\nb', ['red', '100']],
      ['ü', '5'],
    ],
    [1],
  );
  expect(rows.map((row) => renderLine(row, false))).toEqual(['name    n\n', 'a\\nb  100\n', 'ü       5\n']);
});

describe('wantsColor', () => {
  test.each([
    ['a terminal', true, {}, true],
    ['a pipe', undefined, {}, false],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['NO_COLOR that is empty', true, { NO_COLOR: '' }, true],
    ['FORCE_COLOR', undefined, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR that is empty', undefined, { FORCE_COLOR: '' }, true],
    ['FORCE_COLOR=0', true, { FORCE_COLOR: '0' }, false],
    ['FORCE_COLOR=false', true, { FORCE_COLOR: 'false' }, false],
    ['both: FORCE_COLOR wins, as in Node', undefined, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
  ])('%s', (_, isTTY, env, expected) => {
    expect(wantsColor(isTTY === undefined ? {} : { isTTY }, env)).toBe(expected);
  });
});

describe('quantities', () => {
  test.each([
    [0, '0.0 ms'],
    [3.24, '3.2 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [12_345, '12.3 s'],
    [59_960, '1 min 0 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h 0 min'],
    [100_000_000, '27 h 47 min'],
    [-1500, '-1.50 s'],
  ])('%d ms', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  test.each([
    [0, 'USD', '$0.00'],
    [0.000641, 'USD', '$0.000641'],
    [0.0123456, 'USD', '$0.0123'],
    [12.345, 'EUR', '12.35 EUR'],
  ])('%d %s', (amount, currency, text) => expect(formatCost(amount, currency)).toBe(text));

  test.each([
    [7, '7'],
    [1234, '1,234'],
    [1234567, '1,234,567'],
  ])('count %d', (count, text) => expect(formatCount(count)).toBe(text));

  test.each([
    [999, '999 B'],
    [1000, '1.0 kB'],
    [312_400_000, '312 MB'],
    [1_000_000_000, '1.0 GB'],
  ])('%d bytes', (count, text) => expect(formatBytes(count)).toBe(text));
});

describe('excerpt', () => {
  test.each([
    ['short', 'a b', 'a b'],
    ['on one line', ' a\n\n  b\t', 'a b'],
    ['cut', 'abcdefghijkl', 'abcdefghi…'],
    ['cut inside a surrogate pair', 'abcdefgh🙂🙂', 'abcdefgh…'],
    ['long blanks', `a${' '.repeat(100)}b`, 'a…'],
  ])('%s', (_, text, expected) => expect(excerpt(text, 10)).toBe(expected));
});
