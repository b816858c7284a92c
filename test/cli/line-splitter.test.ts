import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Line, LineSplitter } from '../../src/cli/input/line-splitter.js';

function split(chunks: readonly Buffer[], maxBytes?: number): Line[] {
  const splitter = new LineSplitter(maxBytes);
  const lines = chunks.flatMap((chunk) => splitter.push(chunk));
  const last = splitter.end();
  return last === undefined ? lines : [...lines, last];
}

/** One chunk per byte. */
function bytes(text: string): Buffer[] {
  return [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
}

const CASES: readonly [what: string, text: string, lines: readonly Line[]][] = [
  ['an empty input', '', []],
  [
    'two lines',
    'a\nb\n',
    [
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ],
  ],
  [
    'a last line without an end',
    'a\nb',
    [
      { number: 1, text: 'a' },
      { number: 2, text: 'b', torn: true },
    ],
  ],
  [
    'empty lines, which are counted',
    '\n\na\n',
    [
      { number: 1, text: '' },
      { number: 2, text: '' },
      { number: 3, text: 'a' },
    ],
  ],
  [
    'lines with Windows line ends',
    'a\r\nb\r\n',
    [
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ],
  ],
  [
    'a byte order mark',
    '\ufeffa\nb\n',
    [
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ],
  ],
  ['characters of several bytes', 'grüße 🙂\n', [{ number: 1, text: 'grüße 🙂' }]],
  [
    'characters that do not separate JSON Lines',
    'a\u2028b\u0085c\n',
    [{ number: 1, text: 'a\u2028b\u0085c' }],
  ],
];

describe.each(CASES)('%s', (_, text, lines) => {
  test('are split in one chunk', () => expect(split([Buffer.from(text)])).toEqual(lines));
  test('are split byte by byte', () => expect(split(bytes(text))).toEqual(lines));
});

it('gives the same lines for any chunks', () => {
  const chunked = fc.tuple(
    fc.array(
      fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n\ufeff]/g, '.')),
      { maxLength: 6 },
    ),
    fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 50 }),
  );
  fc.assert(
    fc.property(chunked, ([texts, sizes]) => {
      const all = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const chunks: Buffer[] = [];
      let from = 0;
      for (const size of sizes) {
        chunks.push(all.subarray(from, from + size));
        from += size;
      }
      chunks.push(all.subarray(from));
      expect(split(chunks).map((line) => line.text)).toEqual(
        texts.map((text) => Buffer.from(text).toString()),
      );
    }),
  );
});

describe('A line beyond the bound', () => {
  const expected = [
    { number: 1, text: 'ab' },
    { number: 2, text: '', tooLong: true },
    { number: 3, text: 'abcd' },
  ];
  test('is skipped in one chunk', () =>
    expect(split([Buffer.from('ab\nabcde\nabcd\n')], 4)).toEqual(expected));
  test('is skipped byte by byte', () => expect(split(bytes('ab\nabcde\nabcd\n'), 4)).toEqual(expected));
  test('is not kept in memory', () => {
    const splitter = new LineSplitter(1000);
    const chunk = Buffer.alloc(1_000_000, 'x');
    for (let count = 0; count < 300; count += 1) expect(splitter.push(chunk)).toEqual([]);
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([
      { number: 1, text: '', tooLong: true },
      { number: 2, text: 'next' },
    ]);
  });
});
