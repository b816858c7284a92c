/** The session that stands for the stream: what its START and its END say, with real files. */
import { hash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type EventSink,
  FileSink,
  MemorySink,
} from '../../src/index.js';

function newFile(name = 'events.jsonl'): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'stream-session-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, name);
}

function start(sinks: readonly EventSink[], maxQueueSize = 10_000) {
  const processor = new ChaukasSpanProcessor({ sinks, maxQueueSize, systemEvents: false });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('application');
  const open = (session: string) =>
    tracer.startSpan('chat m', {
      attributes: { 'gen_ai.operation.name': 'chat', 'session.id': session },
    });
  return { processor, provider, open, call: (session: string) => open(session).end() };
}

const read = (file: string): ChaukasEvent[] =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) =>
      line.startsWith('{"') && line.endsWith('}') ? [JSON.parse(line) as ChaukasEvent] : [],
    );
const streamStarts = (events: readonly ChaukasEvent[]) =>
  events.filter(
    ({ type, session_id, metadata }) =>
      type === 'EVENT_TYPE_SESSION_START' && metadata?.stream_id === session_id,
  );
/** The event as `previous_streams` names it. */
const named = (event: ChaukasEvent | undefined, streamId: unknown, closed: boolean) => ({
  stream_id: streamId,
  event_id: event?.event_id,
  content_hash: event?.content_hash,
  closed,
});
const previousStreams = (event: ChaukasEvent | undefined) => event?.metadata?.previous_streams;

afterEach(() => vi.useRealTimers());

describe('The START of a stream', () => {
  it('names nothing in a new file, and the closed stream before it in an old one', async () => {
    const file = newFile();
    for (const session of ['a', 'b']) {
      const { call, provider } = start([new FileSink({ path: file })]);
      call(session);
      await provider.shutdown();
    }
    const events = read(file);
    const [first, second] = streamStarts(events);
    const end = events[events.indexOf(second as ChaukasEvent) - 1];
    expect([end?.type, end?.session_id]).toEqual(['EVENT_TYPE_SESSION_END', first?.session_id]);
    expect(previousStreams(first)).toBeUndefined();
    expect(previousStreams(second)).toEqual([named(end, first?.session_id, true)]);
  });

  it('names the last event of a stream that was cut off, before a torn line', async () => {
    const file = newFile();
    const crashed = start([new FileSink({ path: file })]);
    onTestFinished(() => crashed.provider.shutdown());
    crashed.call('a');
    crashed.open('a');
    await crashed.processor.forceFlush();
    const last = read(file).at(-1);
    fs.appendFileSync(file, '{"author":"AUTHOR_AG');
    const { call, provider } = start([new FileSink({ path: file })]);
    call('b');
    await provider.shutdown();
    const [first, second] = streamStarts(read(file));
    expect(previousStreams(second)).toEqual([named(last, first?.session_id, false)]);
  });

  it('names every stream that is not closed, and the newest event though its session began 6 MB before', async () => {
    const file = newFile();
    const [one, two] = [start([new FileSink({ path: file })]), start([new FileSink({ path: file })])];
    onTestFinished(async () => {
      await one.provider.shutdown();
      await two.provider.shutdown();
    });
    one.call('long');
    await one.processor.forceFlush();
    two.call('other');
    await two.processor.forceFlush();
    // More than what is read from the end of a file.
    while (fs.statSync(file).size < 6_000_000) {
      for (let n = 0; n < 1_000; n += 1) one.call('long');
      await one.processor.forceFlush();
    }
    const before = read(file);
    const three = start([new FileSink({ path: file })]);
    three.call('c');
    await three.provider.shutdown();
    const [first, second, third] = streamStarts(read(file));
    expect(previousStreams(second)).toMatchObject([{ stream_id: first?.session_id }]);
    expect(previousStreams(third)).toEqual([named(before.at(-1), first?.session_id, false)]);
  });

  it('says which sinks hold a stream, if not all of them do', async () => {
    const [known, added] = [newFile(), newFile()];
    const first = start([new FileSink({ path: known })]);
    first.call('a');
    await first.provider.shutdown();
    const second = start([new FileSink({ path: added }), new MemorySink(), new FileSink({ path: known })]);
    second.call('b');
    await second.provider.shutdown();
    const [start2] = streamStarts(read(added));
    const [start1] = streamStarts(read(known));
    expect(previousStreams(start2)).toEqual([
      { ...named(read(known)[5], start1?.session_id, true), sinks: [`file ${known}`] },
    ]);
  });
});

describe('The END of a stream', () => {
  it('counts the events of the stream, and what each sink took', async () => {
    const file = newFile();
    const full: EventSink = {
      name: 'full',
      delivery: { retry: false },
      send: async () => {
        throw new Error('ENOSPC');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const { call, provider } = start([new FileSink({ path: file }), full]);
    for (const session of ['a', 'b', 'a']) call(session);
    await provider.shutdown();
    const events = read(file);
    const end = events.at(-1);
    const { length } = events;
    expect(length).toBe(12);
    expect(end?.metadata).toEqual({
      closed: true,
      event_count: 2,
      reason: 'shutdown',
      sinks: [
        { name: `file ${file}`, delivered: length - 1, dropped: 0 },
        { name: 'full', delivered: 0, dropped: length - 1 },
      ],
      stream_event_count: length,
      stream_sha256: hash(
        'sha256',
        events
          .slice(0, -1)
          .map((event) => event.content_hash)
          .join(''),
      ),
    });
  });

  it('is the last event even if spans and sessions are open', async () => {
    const sink = new MemorySink();
    const { open, provider } = start([sink]);
    open('a');
    open('b');
    await provider.shutdown();
    const end = sink.events.at(-1);
    expect([end?.type, end?.session_id]).toEqual(['EVENT_TYPE_SESSION_END', sink.events[0]?.session_id]);
    expect(end?.metadata?.stream_event_count).toBe(sink.events.length);
  });
});

describe('The ids of a stream', () => {
  it('ascend although the clock is set back by a day', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-29T12:00:00Z') });
    const sink = new MemorySink();
    const { call, provider } = start([sink]);
    call('a');
    vi.setSystemTime(Date.parse('2026-11-28T12:00:00Z'));
    call('b');
    await provider.shutdown();
    const ids = sink.events.map(({ event_id }) => event_id);
    expect(ids).toHaveLength(10);
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});

describe('Two processes that write to one file', () => {
  it('begin a new line behind the torn line of the other', async () => {
    const file = newFile();
    const { call, processor, provider } = start([new FileSink({ path: file })]);
    call('a');
    await processor.forceFlush();
    fs.appendFileSync(file, '{"torn');
    call('b');
    await provider.shutdown();
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith('{"torn'))).toEqual(['{"torn']);
    expect(read(file)).toHaveLength(10);
  });
});
