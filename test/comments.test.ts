/** The scanner that the structure test and the prose check read sources with. */
import { describe, expect, it } from 'vitest';
import { splitComments } from '../scripts/comments.mjs';

describe('splitComments', () => {
  it.each<[what: string, source: string, comments: string[]]>([
    ['a block comment without its margin', '/**\n * Reads\n * a line.\n */\nread();', ['Reads a line.']],
    ['line comments on consecutive lines as one', '// One\n// comment.\ncode();', ['One comment.']],
    ['a comment behind code by itself', 'a(); // first\n// second\nb();', ['first', 'second']],
    ['no comment in a string', `const url = 'http://a'; const b = "/* no */";`, []],
    [
      'no comment in a template, but those in its expressions',
      '`// no $' + '{f(/* yes */ `/* no */`)} // no`;',
      ['yes'],
    ],
    ['no comment in a regular expression', 'const a = /\\/\\*[/*]/.test(b); // yes', ['yes']],
    ['a comment after a division', 'const a = b / c / d; // yes', ['yes']],
  ])('finds %s', (_what, source, comments) => {
    expect(splitComments(source).comments.map(({ text }) => text)).toEqual(comments);
  });

  it('keeps the places of the code', () => {
    const source = 'a(); /* b\n c */ d();';
    expect(splitComments(source).code).toBe('a();     \n      d();');
  });

  it('returns the line of each comment', () => {
    expect(splitComments('a();\n\n// b\nc(); /* d */').comments.map(({ line }) => line)).toEqual([3, 4]);
  });
});
