// The steps between a file and its events, and the display of progress.
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, test } from 'vitest';
import { typesNamed } from '../../src/cli/events/event-filter.js';
import { gunzip } from '../../src/cli/input/input.js';
import { Progress } from '../../src/cli/output/messages.js';
import { namePattern } from '../../src/text/name-pattern.js';

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('gunzip', () => {
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `${index * index}\n`).join(''));
  const zipped = gzipSync(text);

  async function read(bytes: Buffer, size: number) {
    const expanded: Buffer[] = [];
    try {
      for await (const piece of gunzip(chunksOf(bytes, size))) expanded.push(piece);
    } catch (error) {
      return { bytes: Buffer.concat(expanded), code: (error as NodeJS.ErrnoException).code };
    }
    return { bytes: Buffer.concat(expanded) };
  }

  test.each([1000, 50_000, 10_000_000])('expands chunks of %d bytes', async (size) => {
    expect((await read(zipped, size)).bytes.equals(text)).toBe(true);
  });

  test('expands several members', async () => {
    const members = Buffer.concat([zipped, gzipSync(''), zipped]);
    expect((await read(members, 5000)).bytes.equals(Buffer.concat([text, text]))).toBe(true);
  });

  test('yields everything before an early end', async () => {
    const { bytes, code } = await read(zipped.subarray(0, -1000), 50_000);
    expect(code).toBe('Z_BUF_ERROR');
    expect(bytes.equals(text.subarray(0, bytes.length))).toBe(true);
    expect(bytes.length).toBeGreaterThan(text.length * 0.9);
  });

  it('yields data that expands a thousandfold in pieces', async () => {
    let largest = 0;
    let all = 0;
    for await (const piece of gunzip(chunksOf(gzipSync(Buffer.alloc(200_000_000)), 1_000_000))) {
      largest = Math.max(largest, piece.length);
      all += piece.length;
    }
    expect(all).toBe(200_000_000);
    expect(largest).toBeLessThan(1_000_000);
  });
});

describe('Progress', () => {
  const CLEAR = '\r\u001b[K';

  function progressOn(terminal: boolean) {
    let now = 0;
    const stream = Object.assign(new PassThrough(), { isTTY: terminal });
    const progress = new Progress(stream, () => now);
    return {
      progress,
      wait: (milliseconds: number) => {
        now += milliseconds;
      },
      printed: () => String(stream.read() ?? ''),
    };
  }

  test('is shown for a file after a second, then five times a second', () => {
    const { progress, wait, printed } = progressOn(true);
    progress.begin('a\u001b.jsonl', 4_000_000);
    wait(900);
    progress.advance(1_000_000);
    expect(printed()).toBe('');
    wait(100);
    progress.advance(1_000_000);
    expect(printed()).toBe(`${CLEAR}a\\u001b.jsonl: 50 %, 2.0 MB of 4.0 MB, 2.0 MB/s`);
    wait(100);
    progress.advance(1_000_000);
    expect(printed()).toBe('');
    progress.clear();
    expect(printed()).toBe(CLEAR);
    progress.end();
    expect(printed()).toBe('');
  });

  test('is shown without a percentage for a pipe, whose size is unknown', () => {
    const { progress, wait, printed } = progressOn(true);
    progress.begin('standard input', undefined);
    wait(2000);
    progress.advance(5_000_000);
    expect(printed()).toBe(`${CLEAR}standard input: 5.0 MB, 2.5 MB/s`);
  });

  test('is shown only on a terminal', () => {
    const { progress, wait, printed } = progressOn(false);
    progress.begin('a', 10);
    wait(5000);
    progress.advance(5);
    progress.end();
    expect(printed()).toBe('');
  });
});

describe('name patterns', () => {
  test.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['A', 'a', false],
    ['*', '', true],
    ['a*', 'abc', true],
    ['*c', 'abc', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['ab*bc', 'abc', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'acb', false],
    ['*b*', 'abc', true],
    ['a.c', 'abc', false],
  ])('%s and %s', (pattern, name, matches) => expect(namePattern(pattern).matches(name)).toBe(matches));
});

describe('typesNamed', () => {
  test.each([
    ['error', ['ERROR']],
    [' EVENT_TYPE_Error ', ['ERROR']],
    ['agent', ['AGENT_START', 'AGENT_END']],
    ['event_type_new', ['NEW']],
  ])('%s', (name, types) => expect(typesNamed(name)).toEqual(types));

  test.each(['', 'EVENT_TYPE_', 'TOOL', 'START'])('%j is not a type', (name) => {
    expect(() => typesNamed(name)).toThrow(TypeError);
  });
});
