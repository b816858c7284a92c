/** A stream and readers of different speed. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LiveStream } from '../../../examples/streaming-api/streams/live-stream.js';
import type { StreamEvent } from '../../../examples/streaming-api/streams/stream-event.js';
import { LocalSource } from '../../../examples/streaming-api/streams/stream-source.js';

const LAST: StreamEvent = { type: 'error', code: 'x', message: 'x', request_id: null };

function delta(text: string): StreamEvent {
  return { type: 'raw_response', kind: 'text_delta', delta: text };
}

function newStream(): LiveStream {
  return new LiveStream('id', 'agent', () => {});
}

function append(stream: LiveStream, count: number, text = ''): void {
  for (let n = 0; n < count; n += 1) stream.append(delta(text));
}

async function isReady(stream: LiveStream): Promise<boolean> {
  let ready = false;
  void stream.ready().then(() => {
    ready = true;
  });
  await nextTick();
  return ready;
}

describe('A run', () => {
  it('waits while 256 events are unread, and goes on when one is taken', async () => {
    const stream = newStream();
    const place = stream.join(0);
    append(stream, 255);
    expect(await isReady(stream)).toBe(true);
    append(stream, 1);
    expect(await isReady(stream)).toBe(false);
    stream.take(place, 1, 1);
    expect(await isReady(stream)).toBe(true);
  });

  it('waits while 256 KiB are unread', async () => {
    const stream = newStream();
    const place = stream.join(0);
    append(stream, 4, 'x'.repeat(70_000));
    expect(await isReady(stream)).toBe(false);
    stream.take(place, 4, 1);
    expect(await isReady(stream)).toBe(true);
  });

  it('follows its fastest reader, here or in another worker', async () => {
    const stream = newStream();
    stream.join(0);
    append(stream, 300);
    expect(await isReady(stream)).toBe(false);
    stream.setRemoteReader(200);
    expect(await isReady(stream)).toBe(true);
  });

  it('that is aborted does not wait', async () => {
    const stream = newStream();
    append(stream, 300);
    const ended = stream.end(LAST);
    expect(stream.ended).toBe(false);
    stream.abort('client_disconnected');
    await ended;
    expect(stream.ended).toBe(true);
    expect(stream.signal.reason).toBe('client_disconnected');
  });
});

describe('A stream', () => {
  it('keeps 1,000 events, and closes a reader that is slower', async () => {
    const stream = newStream();
    const slow = new LocalSource(stream, 0);
    append(stream, 1_200);
    expect(stream.first).toBe(201);
    expect(await slow.next(0)).toBeUndefined();
    const fast = new LocalSource(stream, 1_198);
    expect((await fast.next(0))?.map(({ n }) => n)).toEqual([1_199, 1_200]);
  });

  it('keeps 1 MiB of large events, but at least the last one', () => {
    const stream = newStream();
    append(stream, 30, 'x'.repeat(100_000));
    expect(stream.last - stream.first).toBe(9);
    append(stream, 1, 'x'.repeat(2_000_000));
    expect(stream.first).toBe(31);
  });

  it('has nothing after its last event', async () => {
    const stream = newStream();
    const source = new LocalSource(stream, 0);
    stream.append(LAST);
    stream.append(delta('late'));
    expect((await source.next(0))?.map(({ type }) => type)).toEqual(['error']);
    expect(await source.next(0)).toBeUndefined();
  });

  it('lets a reader wait for the next event, or for a while', async () => {
    const stream = newStream();
    const source = new LocalSource(stream, 0);
    expect(await source.next(5)).toEqual([]);
    const next = source.next(5_000);
    append(stream, 1);
    expect(await next).toHaveLength(1);
  });

  it('gives each event away for storage once', () => {
    const stream = newStream();
    append(stream, 2);
    expect(stream.takeUnstored().map(({ n }) => n)).toEqual([1, 2]);
    append(stream, 1);
    expect(stream.takeUnstored().map(({ n }) => n)).toEqual([3]);
    expect(stream.takeUnstored()).toEqual([]);
  });
});
