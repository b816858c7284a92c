import { describe, expect, it } from 'vitest';
import { EventStreamReader } from '../../src/openai-api/event-stream.js';

/** Reads a text that arrives in pieces of this length. */
function readInPieces(text: string, length: number): unknown[] {
  const reader = new EventStreamReader();
  const bytes = Buffer.from(text);
  const items: unknown[] = [];
  for (let at = 0; at < bytes.length; at += length)
    items.push(...reader.read(bytes.subarray(at, at + length)));
  return items;
}

const chunks = (...values: unknown[]) => values.map((chunk) => ({ chunk }));

describe('The events of a stream', () => {
  it.each<[what: string, text: string, items: unknown[]]>([
    ['lines that end with \\n', 'data: {"a":1}\n\ndata: {"a":2}\n\n', chunks({ a: 1 }, { a: 2 })],
    ['lines that end with \\r\\n', 'event: x\r\ndata: {"a":1}\r\n\r\ndata: 2\r\n\r\n', chunks({ a: 1 }, 2)],
    ['lines that end with \\r', 'data: {"a":1}\r\rdata: 2\r\r', chunks({ a: 1 }, 2)],
    ['data of several lines', 'data: {"a":\ndata: 1}\n\n', chunks({ a: 1 })],
    ['data without a blank', 'data:{"a":1}\n\n', chunks({ a: 1 })],
    ['letters of several bytes', 'data: {"a":"ä€😀"}\n\n', chunks({ a: 'ä€😀' })],
    ['comments and other fields', ': ping\n\nid: 7\nretry: 3\ndata: 1\n\n', chunks(1)],
    ['a stream without an end', 'data: 1\n\ndata: 2\n', chunks(1)],
    ['what follows the mark of the end', 'data: 1\n\ndata: [DONE]\n\ndata: 2\n\n', chunks(1)],
    ['data that is not JSON', 'data: 1\n\ndata: {\n\ndata: 2\n\n', chunks(1, 2)],
    ['null', 'data: null\n\n', chunks(null)],
    [
      "an assistant's events",
      'event: thread.run.created\ndata: {"error":null}\n\n',
      chunks({ event: 'thread.run.created', data: { error: null } }),
    ],
    ['an error in the place of data', 'data: {"error":{"message":"no"}}\n\n', [{ error: { message: 'no' } }]],
    ['an event that is an error', 'event: error\ndata: {"message":"no"}\n\n', [{ error: { message: 'no' } }]],
    ['the name of an earlier event', 'event: error\n\ndata: {"a":1}\n\n', chunks({ a: 1 })],
  ])('are read with %s, however they are cut', (_what, text, items) => {
    for (const length of [1, 2, 3, 7, 1000]) expect(readInPieces(text, length)).toEqual(items);
  });

  it('are left out if they are too long, and the next one is read', () => {
    const reader = new EventStreamReader();
    const piece = Buffer.alloc(4 * 1024 * 1024, 'a');
    reader.read(Buffer.from('data: "'));
    for (let count = 0; count < 9; count += 1) expect(reader.read(piece)).toEqual([]);
    expect(reader.read(Buffer.from('"\n\ndata: 2\n\n'))).toEqual(chunks(2));
  });
});
