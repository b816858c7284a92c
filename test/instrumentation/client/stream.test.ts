import { setImmediate as nextTurn } from 'node:timers/promises';
import { APIError, OpenAI, OpenAIError } from 'openai';
import { Stream } from 'openai/streaming';
import { describe, expect, it } from 'vitest';
import { isStream, observeStream, type StreamObserver } from '../../../src/instrumentation/client/stream.js';

interface Chunk {
  n: number;
}

/** The body of a response, one piece per read. After the last piece the connection ends, breaks or stalls. */
interface Body {
  readonly pieces: readonly string[];
  readonly after: 'ends' | 'breaks' | 'hangs';
}

const event = (n: number) => `data: {"n":${n}}\n\n`;
const whole: Body = { pieces: [event(1), event(2), event(3), 'data: [DONE]\n\n'], after: 'ends' };
const silent: Body = { pieces: [event(1), event(2)], after: 'hangs' };
const broken: Body = { pieces: [event(1)], after: 'breaks' };

interface Observed {
  readonly stream: Stream<Chunk>;
  readonly notes: unknown[];
  /** Number of requested pieces of the body. */
  reads(): number;
}

function bodyOf({ pieces, after }: Body, onRead: () => void): ReadableStream<Uint8Array> {
  const rest = [...pieces];
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      pull(controller) {
        onRead();
        const piece = rest.shift();
        if (piece !== undefined) controller.enqueue(encoder.encode(piece));
        else if (after === 'ends') controller.close();
        else if (after === 'breaks') controller.error(new TypeError('terminated'));
        else return new Promise<void>(() => {});
        return undefined;
      },
    },
    // No piece is requested before a reader asks for it.
    { highWaterMark: 0 },
  );
}

function noting(notes: unknown[]): StreamObserver {
  return {
    chunk: (value) => notes.push((value as Chunk).n),
    finished: () => notes.push('finished'),
    cancelled: () => notes.push('cancelled'),
    failed: (error) => notes.push(['failed', error]),
  };
}

/** An observed stream of the SDK with such a body. */
function observed(body: Body): Observed {
  let reads = 0;
  const notes: unknown[] = [];
  const response = new Response(
    bodyOf(body, () => {
      reads += 1;
    }),
  );
  const stream = Stream.fromSSEResponse<Chunk>(response, new AbortController());
  expect(isStream(stream)).toBe(true);
  if (isStream(stream)) observeStream(stream, noting(notes));
  return { stream, notes, reads: () => reads };
}

/** Reads to the end and returns the chunks and the error. */
async function readAll(items: AsyncIterable<Chunk>): Promise<{ read: number[]; error: unknown }> {
  const read: number[] = [];
  try {
    for await (const { n } of items) read.push(n);
  } catch (error) {
    return { read, error };
  }
  return { read, error: undefined };
}

/** The reported kinds of end. If the SDK aborts and then returns, one kind is reported twice. */
function ends(notes: readonly unknown[]): unknown[] {
  return [...new Set(notes.filter((note) => typeof note !== 'number'))];
}

async function readText(stream: ReadableStream): Promise<string> {
  return await new Response(stream).text();
}

describe('The end of a stream is reported as', () => {
  it.each<[what: string, body: Body, read: number[]]>([
    ['the server says so', whole, [1, 2, 3]],
    ['the connection ends without a word', { ...whole, pieces: [event(1), event(2)] }, [1, 2]],
    ['nothing came at all', { pieces: ['data: [DONE]\n\n'], after: 'ends' }, []],
    ['the connection ends at once', { pieces: [], after: 'ends' }, []],
  ])('finished: %s', async (_what, body, read) => {
    const { stream, notes } = observed(body);
    expect(await readAll(stream)).toEqual({ read, error: undefined });
    expect(notes).toEqual([...read, 'finished']);
  });

  it.each<[what: string, body: Body, read: number[], error: unknown]>([
    ['the connection breaks', broken, [1], new TypeError('terminated')],
    [
      'an event of the kind `error`',
      {
        pieces: [event(1), 'event: error\ndata: {"error":{"message":"Oops","code":"server_error"}}\n\n'],
        after: 'ends',
      },
      [1],
      expect.objectContaining({ message: 'Oops', code: 'server_error' }),
    ],
    [
      'an error in place of a chunk',
      { pieces: [event(1), 'data: {"error":{"message":"Oops"}}\n\n'], after: 'ends' },
      [1],
      expect.any(APIError),
    ],
    [
      'a chunk that is not JSON',
      { pieces: [event(1), 'data: {"n"\n\n'], after: 'ends' },
      [1],
      expect.any(SyntaxError),
    ],
  ])('failed: %s', async (_what, body, read, error) => {
    const { stream, notes } = observed(body);
    // The SDK logs a chunk that is not JSON if it has no client.
    const log = console.error;
    console.error = () => {};
    const result = await readAll(stream).finally(() => {
      console.error = log;
    });
    expect(result).toEqual({ read, error });
    expect(notes).toEqual([...read, ['failed', result.error]]);
  });

  it.each<[what: string, leave: (stream: Stream<Chunk>) => Promise<unknown>, notes: unknown[]]>([
    [
      'the reader leaves the loop',
      async (stream) => {
        for await (const { n } of stream) if (n === 2) break;
      },
      [1, 2, 'cancelled'],
    ],
    [
      'the reader throws in the loop',
      async (stream) => {
        try {
          for await (const { n } of stream) if (n === 2) throw new Error('enough');
        } catch {}
      },
      [1, 2, 'cancelled'],
    ],
    [
      'the reader calls return()',
      async (stream) => {
        const iterator = stream[Symbol.asyncIterator]();
        await iterator.next();
        expect(await iterator.return?.('bye')).toEqual({ done: true, value: 'bye' });
      },
      [1, 'cancelled'],
    ],
    [
      'the reader calls return() before anything else',
      async (stream) => {
        await stream[Symbol.asyncIterator]().return?.();
      },
      ['cancelled'],
    ],
    [
      'the reader calls throw()',
      async (stream) => {
        const iterator = stream[Symbol.asyncIterator]();
        await iterator.next();
        const error = new Error('enough');
        await expect(iterator.throw?.(error)).rejects.toBe(error);
      },
      [1, 'cancelled'],
    ],
    [
      'the request is aborted before the first read, and the reader never reads',
      async (stream) => stream.controller.abort(),
      ['cancelled'],
    ],
    [
      'the request is aborted between two reads, and the reader stops',
      async (stream) => {
        await stream[Symbol.asyncIterator]().next();
        stream.controller.abort();
      },
      [1, 'cancelled'],
    ],
  ])('cancelled: %s', async (_what, leave, expected) => {
    const { stream, notes } = observed(whole);
    await leave(stream);
    await nextTurn();
    expect(notes).toEqual(expected);
  });

  it('cancelled: a readable stream made from it is cancelled', async () => {
    const { stream, notes } = observed(whole);
    const reader = stream.toReadableStream().getReader();
    await reader.read();
    await reader.cancel();
    // The readable stream reads ahead by an amount of its own.
    expect(ends(notes)).toEqual(['cancelled']);
    expect(notes[0]).toBe(1);
  });

  it("cancelled: the request is aborted while the reader waits, and the reader's loop just ends", async () => {
    const { stream, notes } = observed(silent);
    const reading = readAll(stream);
    while (notes.length < 2) await nextTurn();
    await nextTurn();
    stream.controller.abort();
    expect(await reading).toEqual({ read: [1, 2], error: undefined });
    expect(notes).toEqual([1, 2, 'cancelled']);
  });

  it('cancelled: the reader reads on after an abort', async () => {
    const { stream, notes } = observed(silent);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    stream.controller.abort();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(ends(notes)).toEqual(['cancelled']);
  });

  it.each<[what: string, body: Body]>([
    ['came to its end', whole],
    ['has failed', broken],
  ])('nothing more: an abort after the stream %s', async (_what, body) => {
    const { stream, notes } = observed(body);
    await readAll(stream);
    const before = [...notes];
    stream.controller.abort();
    await nextTurn();
    expect(notes).toEqual(before);
  });

  it('nothing: the stream is neither read nor aborted', async () => {
    const { notes, reads } = observed(whole);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect([notes, reads()]).toEqual([[], 0]);
  });
});

describe('The value that the reader gets', () => {
  it('is not read before the reader asks for it', async () => {
    const { stream, notes, reads } = observed(whole);
    const iterator = stream[Symbol.asyncIterator]();
    await nextTurn();
    expect(reads()).toBe(0);
    expect(await iterator.next()).toEqual({ done: false, value: { n: 1 } });
    await nextTurn();
    expect([reads(), notes]).toEqual([1, [1]]);
  });

  it('is the same object that the observer gets', async () => {
    const chunks = [{ n: 1 }, { n: 2 }];
    const seen: unknown[] = [];
    async function* source() {
      yield* chunks;
    }
    const stream = new Stream<Chunk>(source, new AbortController());
    if (isStream(stream)) observeStream(stream, { ...noting([]), chunk: (value) => seen.push(value) });
    const read: unknown[] = [];
    for await (const chunk of stream) read.push(chunk);
    expect(read[0]).toBe(chunks[0]);
    expect(seen[1]).toBe(chunks[1]);
    expect([read.length, seen.length]).toEqual([2, 2]);
  });

  it('comes in order if the reader asks several times at once', async () => {
    const { stream, notes } = observed(whole);
    const iterator = stream[Symbol.asyncIterator]();
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
    expect(results.map(({ done }) => done)).toEqual([false, false, false, true]);
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });

  it('is an error of the SDK for a second reader, which is not an error of the call', async () => {
    const { stream, notes } = observed(whole);
    await readAll(stream);
    const again = await readAll(stream);
    expect(again.read).toEqual([]);
    expect(again.error).toBeInstanceOf(OpenAIError);
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });

  it('still arrives at the first reader after a second one was refused', async () => {
    const { stream, notes } = observed(whole);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    expect((await readAll(stream)).error).toBeInstanceOf(OpenAIError);
    expect(await iterator.next()).toEqual({ done: false, value: { n: 2 } });
    expect(notes).toEqual([1, 2]);
  });

  it('is an iterator that can be iterated', async () => {
    const { stream, notes } = observed(whole);
    const iterator = stream[Symbol.asyncIterator]() as AsyncIterableIterator<Chunk>;
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect((await readAll(iterator)).read).toEqual([1, 2, 3]);
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });

  it('has return() and throw() only if the source has them', () => {
    const bare = { next: async () => ({ done: true as const, value: undefined }) };
    const stream = new Stream<Chunk>(() => bare, new AbortController());
    if (isStream(stream)) observeStream(stream, noting([]));
    const iterator = stream[Symbol.asyncIterator]();
    expect([iterator.return, iterator.throw]).toEqual([undefined, undefined]);
  });

  it('is the same from a readable stream made from it', async () => {
    const { stream, notes } = observed(whole);
    expect(await readText(stream.toReadableStream())).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });
});

describe('A stream that is split with tee()', () => {
  it('is reported once, with any number of readers', async () => {
    const { stream, notes } = observed(whole);
    const [left, right] = stream.tee();
    const results = await Promise.all([readAll(left), readAll(right)]);
    expect(results.map(({ read }) => read)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });

  it('finishes if one branch reaches the end, even if the other leaves', async () => {
    const { stream, notes } = observed(whole);
    const [left, right] = stream.tee();
    for await (const _ of left) break;
    expect((await readAll(right)).read).toEqual([1, 2, 3]);
    expect(notes).toEqual([1, 2, 3, 'finished']);
  });

  it('is cancelled if both branches leave', async () => {
    const { stream, notes } = observed(whole);
    for (const branch of stream.tee()) for await (const _ of branch) break;
    expect(notes[0]).toBe(1);
    expect(ends(notes)).toEqual(['cancelled']);
  });

  it('fails once', async () => {
    const { stream, notes } = observed(broken);
    const [left, right] = stream.tee();
    const results = await Promise.all([readAll(left), readAll(right)]);
    expect(results[0]?.error).toBe(results[1]?.error);
    expect(notes).toEqual([1, ['failed', results[0]?.error]]);
  });
});

// From 7.55 on the client's chat streams have an iterator of their own, which reads through the replaced property.
describe('A chat stream of the client', () => {
  const chunk = (content: string, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;

  async function chatStream(pieces: string[]) {
    const headers = { 'content-type': 'text/event-stream' };
    const client = new OpenAI({
      apiKey: 'sk-test',
      baseURL: 'http://test.invalid/v1',
      fetch: async () =>
        new Response(
          bodyOf({ pieces, after: 'ends' }, () => {}),
          { headers },
        ),
    });
    const stream = await client.chat.completions.create({ model: 'gpt-5-mini', messages: [], stream: true });
    const notes: unknown[] = [];
    if (isStream(stream)) {
      observeStream(stream, {
        ...noting(notes),
        chunk: (value) => notes.push((value as OpenAI.ChatCompletionChunk).choices[0]?.delta.content),
      });
    }
    return { stream, notes };
  }

  const pieces = [chunk('Par'), chunk('is.', 'stop'), 'data: [DONE]\n\n'];

  it('is observed to its end', async () => {
    const { stream, notes } = await chatStream(pieces);
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content;
    expect(text).toBe('Paris.');
    expect(notes).toEqual(['Par', 'is.', 'finished']);
  });

  it('is observed if the reader leaves', async () => {
    const { stream, notes } = await chatStream(pieces);
    for await (const _ of stream) break;
    expect(notes).toEqual(['Par', 'cancelled']);
  });

  it('is observed through tee()', async () => {
    const { stream, notes } = await chatStream(pieces);
    const [left, right] = stream.tee();
    await Promise.all([left, right].map((branch) => readText(branch.toReadableStream())));
    expect(notes).toEqual(['Par', 'is.', 'finished']);
  });
});

describe('isStream', () => {
  const { signal } = new AbortController();

  it.each<[what: string, value: unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'data: {}'],
    ['a list', []],
    ['a function', () => {}],
    ['an empty object', {}],
    ['a response that is not a stream', { id: 'resp_1', output: [] }],
    ['an iterator without a controller', { iterator: () => {} }],
    ['a controller that is null', { iterator: () => {}, controller: null }],
    ['a controller without a signal', { iterator: () => {}, controller: {} }],
    ['a signal without addEventListener()', { iterator: () => {}, controller: { signal: {} } }],
    ['an iterator that is not a function', { iterator: [], controller: { signal } }],
    ['a readable stream', new ReadableStream()],
    ['a generator', (async function* () {})()],
  ])('rejects %s', (_what, value) => {
    expect(isStream(value)).toBe(false);
  });

  it('accepts the stream of the SDK', () => {
    expect(isStream(new Stream(async function* () {}, new AbortController()))).toBe(true);
  });
});
