import { describe, expect, it } from 'vitest';
import { BlockSplitter } from '../../src/cli/input/line-blocks.js';

/** The blocks as texts; `undefined` stands for a line that is too long. */
function blocksOf(chunks: readonly string[], blockBytes: number, maxLineBytes = 100): (string | undefined)[] {
  const splitter = new BlockSplitter(blockBytes, maxLineBytes);
  const blocks = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  return [...blocks, ...splitter.end()].map(({ bytes }) => bytes?.toString());
}

describe('A block', () => {
  it.each<[string, readonly string[], readonly (string | undefined)[]]>([
    ['ends with the last newline of its chunk', ['a\nb\nc', 'd\ne\n'], ['a\nb\n', 'cd\ne\n']],
    ['gets a newline if the input has none', ['a\nb'], ['a\n', 'b\n']],
    ['keeps a line whole that comes in many chunks', ['a', 'b', 'c', '\nd\n'], ['abc\nd\n']],
    ['keeps blank lines, which are counted', ['\n\n', '\n'], ['\n\n', '\n']],
    ['is not made of nothing', ['', ''], []],
  ])('%s', (_what, chunks, expected) => {
    expect(blocksOf(chunks, 1)).toEqual(expected);
  });

  it('is made of as many chunks as it takes', () => {
    expect(blocksOf(['a\n', 'b\n', 'c\n', 'd\ne'], 5)).toEqual(['a\nb\nc\n', 'd\ne\n']);
  });

  it.each<[string, readonly string[], readonly (string | undefined)[]]>([
    ['between others', ['a\nbbb', 'bbb', 'bbb\nc\n'], ['a\n', undefined, 'c\n']],
    ['at the end', ['a\nbbb', 'bbbb', 'b'], ['a\n', undefined]],
    ['whose end is in the same chunk', ['a\nbbb', 'bbbb\nc\n'], ['a\n', undefined, 'c\n']],
    ['at the beginning', ['bbbbbbb', 'b\n', 'c'], [undefined, 'c\n']],
    ['twice', ['bbbbbbb', 'b\nccccccc', '\nd\n'], [undefined, undefined, 'd\n']],
  ])('leaves out a line that is too long: %s', (_where, chunks, expected) => {
    expect(blocksOf(chunks, 100, 6)).toEqual(expected);
  });

  it('has the memory of a large chunk, and a line across two chunks is a block of its own', () => {
    const lines = Array.from(
      { length: 12_000 },
      (_each, index) => `${index} ${'x'.repeat(index % 90)}\n`,
    ).join('');
    const cut = Math.floor(lines.length / 2) + 7;
    const chunks = [lines.slice(0, cut), lines.slice(cut)].map((part) => Buffer.from(part));
    const splitter = new BlockSplitter();
    const blocks = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
    const bytes = blocks.flatMap((block) => (block.bytes === undefined ? [] : [block.bytes]));
    expect(bytes.map(String).join('') === lines).toBe(true);
    expect(bytes.filter((block) => chunks.some((chunk) => chunk.buffer === block.buffer))).toHaveLength(2);
    // Each may be handed to another thread with its memory.
    expect(new Set(bytes.map((block) => block.buffer)).size).toBe(bytes.length);
  });
});
