/** Option `thread`: the same events and the same promises, while another thread seals, redacts and delivers. */
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { context, type DiagLogger, diag, propagation, trace } from '@opentelemetry/api';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { UnsealedEvent } from '../../src/chaukas/event.js';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import { Guard } from '../../src/diagnostics/guard.js';
import type { PipelineConfig } from '../../src/events/pipeline/event-pipeline.js';
import { LocalPipeline } from '../../src/events/pipeline/local-pipeline.js';
import { ThreadPipeline } from '../../src/events/pipeline/thread-pipeline.js';
import {
  ChaukasApiSink,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type EventSink,
  FileSink,
  HttpSink,
  KafkaSink,
  MemorySink,
  OtlpLogSink,
  StdoutSink,
} from '../../src/index.js';
import { makeFolder } from '../harness/folder.js';
import { makeMeterProvider } from '../harness/meter-provider.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';
import { ThreadSink } from './fixtures/thread-sink.mjs';

const EMAIL = 'ada@example.com';
const SECRET = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD';

interface Message {
  readonly role: string;
  readonly parts: readonly { readonly type: 'text'; readonly content: string }[];
}

const message = (role: string, content: string): Message => ({ role, parts: [{ type: 'text', content }] });

function logged(): string[] {
  const messages: string[] = [];
  const log = (...texts: unknown[]) => messages.push(texts.map(String).join(' '));
  const logger = { error: log, warn: log, info() {}, debug() {}, verbose() {} } satisfies DiagLogger;
  diag.disable();
  diag.setLogger(logger);
  onTestFinished(() => diag.disable());
  return messages;
}

async function start(config: ChaukasSpanProcessorConfig) {
  for (const api of [trace, context, propagation]) api.disable();
  const messages = logged();
  const processor = new ChaukasSpanProcessor(config);
  const { provider } = await registerTracerProvider([processor]);
  const tracer = provider.getTracer('application');
  /** A run of an agent with calls of a model, each with the messages of the one before. */
  const run = (calls: number, length = 100) => {
    const conversation: Message[] = [];
    for (let call = 0; call < calls; call += 1) {
      conversation.push(
        message('user', `${call} mail ${EMAIL}, the key is ${SECRET}. ${'ä🙂 x'.repeat(length / 5)}`),
      );
      const span = tracer.startSpan('chat', {
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-5-mini',
          'gen_ai.conversation.id': 'one',
          'gen_ai.input.messages': JSON.stringify(conversation),
        },
      });
      const answer = message('assistant', `answer ${call} \ud800 "quoted"\n`);
      span.setAttribute('gen_ai.output.messages', JSON.stringify([{ ...answer, finish_reason: 'stop' }]));
      span.setAttribute('gen_ai.usage.input_tokens', 10 + call);
      span.end();
    }
  };
  return { processor, provider, run, messages };
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

/** Events of a run as they were before they were sealed. */
async function unsealedEvents(calls: number, length?: number): Promise<UnsealedEvent[]> {
  const sink = new MemorySink();
  const redaction = { maxFieldLength: Number.POSITIVE_INFINITY };
  const { provider, run } = await start({ sinks: [sink], redaction, requestMessages: 'all' });
  run(calls, length);
  await provider.shutdown();
  return sink.events.map(({ hash_prev: _prev, content_hash: _hash, ...event }) => ({
    ...event,
    metadata: { ...event.metadata, note: `${EMAIL} ${SECRET} \ud800 é` },
  })) as UnsealedEvent[];
}

/** The bytes that a pipeline writes for events. */
async function bytesOf(
  Pipeline: typeof LocalPipeline | typeof ThreadPipeline,
  events: readonly UnsealedEvent[],
  options: Partial<PipelineConfig>,
): Promise<Buffer> {
  const file = path.join(makeFolder('thread'), 'events.jsonl');
  const problems: unknown[] = [];
  const pipeline = new Pipeline(
    {
      ...options,
      sinks: [new FileSink({ path: file })],
      streamId: 'stream-1',
      maxQueueSize: 500,
      maxQueueBytes: 2 ** 26,
    },
    {
      guard: new Guard(diag),
      unmade: { waiting: () => 0, pass: () => {} },
      onError: (...problem) => problems.push(problem),
      onDropped: (report) => problems.push(report),
      onCheckpoint: (metadata) => problems.push(metadata),
    },
  );
  for (const event of events) pipeline.add(structuredClone(event));
  await pipeline.forceFlush();
  expect(pipeline.stats).toMatchObject({
    unsealed: 0,
    lost: 0,
    faults: 0,
    sinks: [{ delivered: events.length }],
  });
  await pipeline.finish();
  await pipeline.shutdown();
  expect(problems).toEqual([]);
  return readFileSync(file);
}

describe('A processor with a thread', () => {
  it.each<[what: string, options: Partial<PipelineConfig>, length?: number]>([
    ['the defaults', {}],
    [
      'other redaction',
      {
        redaction: {
          patterns: [{ category: 'place', pattern: /x+/ }],
          method: 'hash',
          salt: 'a salt of 16 chars',
          saltId: '1',
        },
      },
    ],
    ['whole requests', { requestMessages: 'all', redaction: false }],
    ['texts of 100,000 characters', { redaction: { maxFieldLength: Number.POSITIVE_INFINITY } }, 100_000],
  ])('writes the bytes that it writes without: with %s', async (_, options, length) => {
    const events = await unsealedEvents(5, length);
    const without = await bytesOf(LocalPipeline, events, options);
    const within = await bytesOf(ThreadPipeline, events, options);
    expect(within.equals(without)).toBe(true);
    expect(within.toString().trimEnd().split('\n')).toHaveLength(events.length);
  });

  it('writes an event of 10 MB, and the same bytes', async () => {
    const events = await unsealedEvents(1, 8_000_000);
    const options = { redaction: { maxFieldLength: Number.POSITIVE_INFINITY } };
    const within = await bytesOf(ThreadPipeline, events, options);
    expect(within.length).toBeGreaterThan(10_000_000);
    expect(within.equals(await bytesOf(LocalPipeline, events, options))).toBe(true);
  });

  it('continues the chains that the file has', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    for (let time = 0; time < 3; time += 1) {
      const { provider, run } = await start({ sinks: [new FileSink({ path: file })], thread: true });
      run(2);
      await provider.shutdown();
    }
    expect(await verifyEvents(linesOf(file))).toMatchObject({ findings: [] });
  });

  it('counts each event once at any time', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({
      sinks: [new FileSink({ path: file }), new FileSink({ path: `${file}.2` })],
      thread: true,
    });
    for (let turn = 0; turn < 20; turn += 1) {
      run(5);
      const { eventsMade, eventsDelivered, eventsDropped, eventsWaiting } = processor.stats();
      expect(eventsDelivered + eventsDropped + eventsWaiting).toBe(eventsMade * 2);
      await new Promise((resolve) => setTimeout(resolve, turn));
    }
    await processor.forceFlush();
    const { eventsMade, sinks } = processor.stats();
    expect(sinks.map(({ delivered, waiting, failing }) => ({ delivered, waiting, failing }))).toEqual([
      { delivered: eventsMade, waiting: 0, failing: false },
      { delivered: eventsMade, waiting: 0, failing: false },
    ]);
    expect(linesOf(file)).toHaveLength(eventsMade);
    await processor.shutdown();
  });

  it('works beside others in one process', async () => {
    const folder = makeFolder('thread');
    const all = await Promise.all(
      [0, 1, 2].map((at) =>
        start({ sinks: [new FileSink({ path: path.join(folder, String(at)) })], thread: true }),
      ),
    );
    for (const { run } of all) run(4);
    await Promise.all(all.map(({ processor }) => processor.shutdown()));
    for (const [at, { processor }] of all.entries()) {
      const lines = linesOf(path.join(folder, String(at)));
      expect(lines).toHaveLength(processor.stats().eventsMade);
      expect(await verifyEvents(lines)).toMatchObject({ findings: [] });
    }
  });

  it('records the metrics of the delivery with the meter provider of the application', async () => {
    const meters = makeMeterProvider();
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({
      sinks: [new FileSink({ path: file })],
      meterProvider: meters.provider,
      thread: true,
    });
    run(3);
    await processor.forceFlush();
    const { eventsMade } = processor.stats();
    const metrics = await meters.collect();
    const sumOf = (name: string) => metrics.find((metric) => metric.name === name)?.points[0]?.value;
    expect(sumOf('chaukas.sdk.exporter.event.exported')).toBe(eventsMade);
    expect(sumOf('chaukas.sdk.processor.event.processed')).toBe(eventsMade);
    expect(sumOf('chaukas.sdk.processor.event.queue.capacity')).toBe(10_000);
    await processor.shutdown();
  });

  it('delivers to all sinks that speak HTTP what a file gets', async () => {
    const bodies = new Map<string, string>();
    const server = createServer(async (request, response) => {
      // A single event has an address of its own.
      const url = (request.url ?? '').replace('/events/batch', '/events');
      bodies.set(url, (bodies.get(url) ?? '') + (await text(request)));
      response.end(url === '/v1/logs' ? '' : '{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', origin);
    onTestFinished(() => void vi.unstubAllEnvs());
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({
      sinks: [
        new FileSink({ path: file }),
        new HttpSink({ url: `${origin}/hook`, headers: { authorization: 'Bearer secret' } }),
        new ChaukasApiSink({ endpoint: `${origin}/v1`, apiKey: 'secret', encoding: 'json' }),
        new OtlpLogSink({ rawLine: true }),
      ],
      tenantId: 'acme',
      projectId: 'desk',
      thread: true,
    });
    run(3);
    await processor.shutdown();
    const { eventsMade, sinks } = processor.stats();
    expect(sinks.map(({ delivered }) => delivered)).toEqual(Array(4).fill(eventsMade));
    const ids = linesOf(file).map((line) => (JSON.parse(line) as { event_id: string }).event_id);
    expect(ids).toHaveLength(eventsMade);
    expect([...bodies.keys()].sort()).toEqual(['/hook', '/v1/events', '/v1/logs']);
    for (const [url, body] of bodies) {
      expect({ url, missing: ids.filter((id) => !body.includes(id)) }).toEqual({ url, missing: [] });
    }
  });

  it('opens the file again when the sink of the application is asked to', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const sink = new FileSink({ path: file });
    const { processor, run } = await start({ sinks: [sink], thread: true });
    run(1);
    await processor.forceFlush();
    const { renameSync } = await import('node:fs');
    renameSync(file, `${file}.old`);
    sink.reopen();
    run(1);
    await processor.shutdown();
    const lines = [...linesOf(`${file}.old`), ...linesOf(file)];
    expect(lines).toHaveLength(processor.stats().eventsMade);
    expect(await verifyEvents(lines)).toMatchObject({ findings: [] });
  });

  it('closes the file of a sink once, also if two processors have the sink', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const sink = new FileSink({ path: file });
    const first = await start({ sinks: [sink], thread: true });
    // Has the number of the file that the sink has closed.
    const other = openSync(`${file}.other`, 'w');
    const second = await start({ sinks: [sink], thread: true });
    writeSync(other, 'intact');
    closeSync(other);
    expect(readFileSync(`${file}.other`, 'utf8')).toBe('intact');
    await first.processor.shutdown();
    await second.processor.shutdown();
  });

  it('signs checkpoints, whose anchors stay in the application', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const notes: string[] = [];
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({
      sinks: [new FileSink({ path: file })],
      checkpoints: { key: privateKey, maxEvents: 5, onCheckpoint: (note) => notes.push(note) },
      thread: true,
    });
    run(8);
    await processor.forceFlush();
    run(8);
    await processor.shutdown();
    const result = await verifyEvents(linesOf(file), { publicKeys: [publicKey] });
    expect(result).toMatchObject({ findings: [], checkpoints: processor.stats().checkpointsMade });
    expect(notes).toHaveLength(processor.stats().checkpointsMade);
    expect(processor.stats()).toMatchObject({ checkpointFailures: 0, errors: 0 });
  });
});

describe('A sink of an application', () => {
  it('is made in the thread', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({ sinks: [new ThreadSink({ file, does: 'exit' })], thread: true });
    run(2);
    await processor.shutdown();
    expect(linesOf(file)).toHaveLength(processor.stats().eventsMade);
  });

  it('is made as the documentation shows', async () => {
    const folder = makeFolder('thread');
    const page = readFileSync(path.join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    const [, code = ''] = /```mjs\n([\s\S]*?)```/.exec(page) ?? [];
    const module = path.join(folder, 'warehouse-sink.mjs');
    writeFileSync(module, code);
    const { WarehouseSink } = (await import(/* @vite-ignore */ pathToFileURL(module).href)) as {
      WarehouseSink: new (options: { path: string }) => EventSink;
    };
    const file = path.join(folder, 'events.jsonl');
    const { processor, run } = await start({ sinks: [new WarehouseSink({ path: file })], thread: true });
    run(2);
    await processor.shutdown();
    expect(linesOf(file)).toHaveLength(processor.stats().eventsMade);
  });

  it.each([
    ['exit', 'it ended with code 3'],
    ['throw', 'is not valid JSON'],
  ])('that makes the thread end is reported once, and no call fails: %s', async (doesInThread, reason) => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run, messages } = await start({
      sinks: [new ThreadSink({ file, doesInThread })],
      thread: true,
    });
    run(2);
    await processor.forceFlush();
    for (let turn = 0; messages.length === 0 && turn < 2_000; turn += 1)
      await new Promise((go) => setTimeout(go, 10));
    run(2);
    await processor.forceFlush();
    await processor.shutdown();
    const { eventsMade, eventsDropped, eventsWaiting, eventsDelivered } = processor.stats();
    expect(messages.filter((text) => text.includes('worker thread'))).toEqual([
      expect.stringMatching(/restart the process, and leave the option out if it happens again/),
      ...messages.filter((text) => /worker thread: \d+ events? dropped/.test(text)),
    ]);
    expect(messages.join()).toContain(reason);
    expect({ eventsWaiting, sum: eventsDropped + eventsDelivered }).toEqual({
      eventsWaiting: 0,
      sum: eventsMade,
    });
  });

  it('that cannot be made in the thread is reported', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run, messages } = await start({
      sinks: [new ThreadSink({ file, doesInThread: 'throw at construction' })],
      thread: true,
    });
    run(2);
    await processor.shutdown();
    expect(messages.join()).toContain('the warehouse is closed');
    expect(processor.stats()).toMatchObject({ eventsDelivered: 0, eventsWaiting: 0 });
  });

  it('that hangs is waited for as long as the flush may take', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run } = await start({
      sinks: [new ThreadSink({ file, doesInThread: 'hang' })],
      thread: true,
    });
    run(2);
    const before = performance.now();
    await processor.forceFlush(300);
    expect(performance.now() - before).toBeGreaterThan(290);
    expect(performance.now() - before).toBeLessThan(20_000);
    expect(processor.stats().eventsWaiting).toBe(processor.stats().eventsMade);
  });

  it('that blocks the thread does not make the events of the application wait in memory without limit', async () => {
    const file = path.join(makeFolder('thread'), 'events.jsonl');
    const { processor, run, messages } = await start({
      sinks: [new ThreadSink({ file, doesInThread: 'block' })],
      maxQueueSize: 20,
      thread: true,
    });
    run(1);
    while (!existsSync(`${file}.blocked`)) await new Promise((resolve) => setTimeout(resolve, 10));
    run(100);
    processor.stats();
    expect(messages.join()).toContain('the worker thread does not seal events any more');
    expect(processor.stats().eventsDropped).toBeGreaterThan(100);
    await processor.shutdown();
    const { eventsMade, eventsDropped, eventsDelivered, eventsWaiting } = processor.stats();
    expect({ eventsWaiting, sum: eventsDropped + eventsDelivered }).toEqual({
      eventsWaiting: 0,
      sum: eventsMade,
    });
    expect(linesOf(file).filter((line) => line.includes('events dropped'))).not.toEqual([]);
    expect(linesOf(file).at(-1)).toContain('"closed":false');
  });
});

describe('Options that a thread cannot be given', () => {
  const file = () => path.join(makeFolder('thread'), 'events.jsonl');
  const data = 'it must be data that a thread can be given, or option "thread" left out';
  it.each<[what: string, config: () => Partial<ChaukasSpanProcessorConfig>, message: string]>([
    [
      'a sink that belongs to the application',
      () => ({ sinks: [new FileSink({ path: file() }), new MemorySink()] }),
      'option "sinks[1]" is MemorySink; it must be a sink that says how a thread makes it ("inThread"), or option "thread" left out',
    ],
    [
      'standard output',
      () => ({ sinks: [new StdoutSink()] }),
      'option "sinks[0]" is StdoutSink; it must be a sink',
    ],
    [
      'a function of HttpSink',
      () => ({ sinks: [new HttpSink({ url: 'http://127.0.0.1/', fetch: async () => new Response() })] }),
      `option "sinks[0].fetch" is a function; ${data}`,
    ],
    [
      'a producer',
      () => ({ sinks: [new KafkaSink({ topic: 'a', producer: { send: async () => {} } })] }),
      `option "sinks[0].producer.send" is a function; ${data}`,
    ],
    [
      'an exporter',
      () => ({ sinks: [new OtlpLogSink({ exporter: new LogExporterOfTest() })] }),
      `option "sinks[0].exporter" is an object of LogExporterOfTest; ${data}`,
    ],
    [
      'a callback',
      () => ({ sinks: [new FileSink({ path: file() })], redaction: { callback: (text: string) => text } }),
      `option "redaction.callback" is a function; ${data}`,
    ],
    [
      'a function that signs',
      () => ({
        sinks: [new FileSink({ path: file() })],
        checkpoints: { key: () => new Uint8Array(64), publicKey: generateKeyPairSync('ed25519').publicKey },
      }),
      `option "checkpoints.key" is a function; ${data}`,
    ],
  ])('are named by the error: %s', (_, config, text) => {
    expect(
      () => new ChaukasSpanProcessor({ ...config(), thread: true } as ChaukasSpanProcessorConfig),
    ).toThrow(text);
  });

  it('are those of a derived class, which the thread does not know', () => {
    class LoudFileSink extends FileSink {}
    const sinks = [new LoudFileSink({ path: file() })];
    expect(() => new ChaukasSpanProcessor({ sinks, thread: true })).toThrow(
      'option "sinks[0]" is LoudFileSink',
    );
  });

  it('are not the folder of a spool or a file of dead letters that cannot be used', () => {
    const blocked = file();
    const sinks = [new FileSink({ path: blocked })];
    expect(existsSync(blocked)).toBe(true);
    expect(
      () => new ChaukasSpanProcessor({ sinks, spool: { directory: `${blocked}/x` }, thread: true }),
    ).toThrow('option "spool.directory" is');
    expect(
      () => new ChaukasSpanProcessor({ sinks, deadLetter: { path: `${blocked}/x/y` }, thread: true }),
    ).toThrow('option "deadLetter.path" is');
  });
});

class LogExporterOfTest {
  export(): void {}
  async shutdown(): Promise<void> {}
}
