/** The signed log of a stream, through the processor: checkpoints, their anchors, and the signature of the END. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, type DiagLogger, diag, propagation, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { parseNote } from '../../src/chaukas/transparency-log/signed-note.js';
import { verifierKeyOf, verifyNote } from '../../src/chaukas/transparency-log/verifier-key.js';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import {
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type CheckpointOptions,
  type CheckpointSigner,
  MemorySink,
} from '../../src/index.js';
import { cosignatureLine, logPicture } from '../harness/log-notes.js';
import { logsApiOfSdk, makeLoggerProvider } from '../harness/logger-provider.js';
import { registerTracerProvider } from '../harness/tracer-provider.js';
import { runFixture } from '../run-fixture.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const witness = generateKeyPairSync('ed25519');
const signNow = (data: Uint8Array): Uint8Array => sign(null, data, privateKey);

const CALL = { attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' } };

afterEach(forgetProviders);

function forgetProviders(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}

async function start(checkpoints: CheckpointOptions, options: Partial<ChaukasSpanProcessorConfig> = {}) {
  const reports: string[] = [];
  diag.setLogger({ error: (_: string, message: string) => reports.push(message) } as unknown as DiagLogger);
  onTestFinished(() => diag.disable());
  const sink = new LineSink();
  const processor = new ChaukasSpanProcessor({ systemEvents: false, ...options, sinks: [sink], checkpoints });
  const { provider, exporter } = await registerTracerProvider([processor]);
  const tracer = provider.getTracer('application');
  const calls = async (count: number) => {
    for (let call = 0; call < count; call += 1) {
      tracer.startSpan('chat', CALL).end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { sink, processor, provider, exporter, calls, reports };
}

describe('A stream with a key', () => {
  it.each<[what: string, options: CheckpointOptions]>([
    ['a key', { key: privateKey }],
    ['a function', { key: signNow, publicKey }],
    ['an asynchronous function', { key: async (data) => signNow(data), publicKey }],
    ['a slow function', { key: (data) => sleep(20, signNow(data)), publicKey }],
  ])('is signed from its first event to its END: with %s', async (_, options) => {
    const { sink, processor, provider, calls } = await start({ ...options, maxEvents: 5 });
    await calls(9);
    await provider.shutdown();
    const picture = logPicture(sink.lines, publicKey);
    expect(picture.slice(0, 1)).toEqual([expect.stringMatching(/^checkpoint 1 of /)]);
    expect(picture.slice(-2)).toEqual([
      expect.stringMatching(/^checkpoint \d+ of \d+ final$/),
      'END closed signed',
    ]);
    const made = picture.length - 1;
    expect(await verifyEvents(sink.lines, { publicKeys: [publicKey] })).toMatchObject({
      checkpoints: made,
      findings: [],
    });
    expect(processor.stats()).toMatchObject({
      checkpointsMade: made,
      checkpointFailures: 0,
      errors: 0,
      eventsMade: sink.lines.length,
      eventsDelivered: sink.lines.length,
    });
    expect(new Set(sink.lines.map((line) => JSON.parse(line).worm_proof_id)).size).toBe(2);
  });

  it('has ascending ids, whatever the limit of waiting events is', async () => {
    for (const maxQueueSize of [1, 2, 3, 7]) {
      const { sink, provider, processor } = await start({ key: privateKey, maxEvents: 1 }, { maxQueueSize });
      const tracer = provider.getTracer('application');
      for (let call = 0; call < 20; call += 1) tracer.startSpan('chat', CALL).end();
      await provider.shutdown();
      const { eventsDelivered, eventsDropped, eventsMade } = processor.stats();
      expect(eventsDelivered + eventsDropped).toBe(eventsMade);
      const ids = sink.events.map(({ event_id }) => event_id);
      expect(ids).toEqual([...ids].sort());
      forgetProviders();
    }
  });

  it('has ascending ids, even if callbacks of the application make spans and flush', async () => {
    let depth = 0;
    const again = () => {
      depth += 1;
      if (depth > 20) return;
      trace.getTracer('application').startSpan('chat', CALL).end();
      void processor.forceFlush();
    };
    const { sink, processor, provider, calls } = await start(
      { key: privateKey, maxEvents: 2, onCheckpoint: again },
      {
        redaction: {
          callback: (value) => {
            again();
            return value;
          },
        },
      },
    );
    await calls(3);
    await provider.shutdown();
    const ids = sink.events.map(({ event_id }) => event_id);
    expect(ids).toEqual([...ids].sort());
    expect(logPicture(sink.lines, publicKey).at(-1)).toBe('END closed signed');
    expect(depth).toBeGreaterThan(20);
  });

  it('keeps what the checkpoints say from the redaction', async () => {
    const { sink, provider, calls } = await start(
      { key: privateKey },
      { redaction: { patterns: [{ category: 'hash', pattern: /[\w+/]{40,}=/g }] } },
    );
    await calls(1);
    await provider.shutdown();
    expect(logPicture(sink.lines, publicKey).at(-1)).toBe('END closed signed');
  });

  it('has ids that no redaction takes away', async () => {
    const { sink, provider, calls } = await start(
      { key: privateKey },
      { redaction: { patterns: [{ category: 'id', pattern: /[0-9a-f]{4,}/g }] } },
    );
    await calls(1);
    await provider.shutdown();
    const starts = sink.events.filter(({ type }) => type === 'EVENT_TYPE_SESSION_START');
    const [stream] = starts;
    expect(starts.map(({ metadata }) => metadata?.stream_id)).toEqual(starts.map(() => stream?.session_id));
    expect(logPicture(sink.lines, publicKey).at(-1)).toBe('END closed signed');
  });

  it('says that it is not closed if the signer fails, and loses nothing', async () => {
    const key: CheckpointSigner = () => {
      throw new Error('no access to the key');
    };
    const { sink, processor, provider, calls, reports } = await start({ key, publicKey });
    await calls(3);
    await provider.shutdown();
    expect(logPicture(sink.lines, publicKey)).toEqual(['END not closed']);
    expect(reports).toEqual([
      'A checkpoint is not signed, and the next period tries again: the signer failed',
    ]);
    expect(processor.stats()).toMatchObject({
      checkpointsMade: 0,
      checkpointFailures: 2,
      eventsMade: sink.lines.length,
      eventsDelivered: sink.lines.length,
    });
  });

  it.each<[what: string, isAsync: boolean]>([
    ['throws', false],
    ['rejects', true],
  ])('says that it is not closed if only the signature of the END %s', async (_, isAsync) => {
    let calls = 0;
    const key = (data: Uint8Array) => {
      calls += 1;
      if (calls < 3) return isAsync ? Promise.resolve(signNow(data)) : signNow(data);
      if (isAsync) return Promise.reject(new Error('revoked'));
      throw new Error('revoked');
    };
    const stream = await start({ key: key as CheckpointSigner, publicKey });
    await stream.calls(1);
    await stream.provider.shutdown();
    expect(logPicture(stream.sink.lines, publicKey)).toEqual([
      expect.stringMatching(/^checkpoint 1 of/),
      expect.stringMatching(/^checkpoint 2 of \d+ final/),
      'END not closed',
    ]);
    const { eventsMade, eventsDelivered, eventsWaiting } = stream.processor.stats();
    expect([eventsMade, eventsDelivered, eventsWaiting]).toEqual([eventsMade, eventsMade, 0]);
  });

  it('makes nothing if nothing happened', async () => {
    let published = 0;
    const { sink, provider } = await start({
      key: privateKey,
      onCheckpoint: () => {
        published += 1;
      },
    });
    await provider.shutdown();
    expect([sink.lines, published]).toEqual([[], 0]);
  });

  it('keeps the cosignatures of a witness', async () => {
    const onCheckpoint = async (note: string) =>
      cosignatureLine(parseNote(note)?.text ?? '', 'witness.example', witness.privateKey, 1_700_000_000n);
    const { sink, provider, calls } = await start({ key: privateKey, onCheckpoint });
    await calls(1);
    await provider.shutdown();
    expect(logPicture(sink.lines, publicKey)).toEqual([
      expect.stringMatching(/^checkpoint 1 of/),
      'checkpoint cosigned',
      expect.stringMatching(/^checkpoint 2 of \d+ final/),
      'checkpoint cosigned',
      'END closed signed',
    ]);
    expect((await verifyEvents(sink.lines, { publicKeys: [publicKey] })).findings).toEqual([]);
  });
});

describe('A process that exits without a shutdown', () => {
  it.each<[how: string, picture: unknown[]]>([
    [
      'key',
      [
        expect.stringMatching(/^checkpoint 1 of/),
        expect.stringMatching(/^checkpoint 2 of \d+ final/),
        'END closed signed',
      ],
    ],
    ['async', ['END not closed']],
    [
      'async-shutdown',
      [
        expect.stringMatching(/^checkpoint 1 of/),
        expect.stringMatching(/^checkpoint 2 of \d+ final/),
        'END not closed',
      ],
    ],
  ])('leaves what could be signed: %s', (how, picture) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'checkpoints-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'events.jsonl');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const { status, stderr } = runFixture(
      path.join(import.meta.dirname, 'fixtures/exit-with-signer.ts'),
      file,
      pem,
      how,
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(logPicture(readFileSync(file, 'utf8').trimEnd().split('\n'), publicKey)).toEqual(picture);
  });
});

describe('An anchor', () => {
  it('is a log record where there is a logger provider', async () => {
    const logs = useGlobalLogs();
    const { sink, provider, calls } = await start({ key: privateKey });
    await calls(1);
    await provider.shutdown();
    const notes = notesIn(sink);
    expect(logs.records()).toEqual(
      notes.map((note, index) => ({
        eventName: 'openai_agents.checkpoint',
        severityNumber: 9,
        spanContext: undefined,
        body: note,
        attributes: {
          'openai_agents.checkpoint.stream_id': sink.events[0]?.session_id,
          'openai_agents.checkpoint.size': expect.any(Number),
          'openai_agents.checkpoint.root': expect.stringMatching(/=$/),
          'openai_agents.checkpoint.number': index + 1,
          'openai_agents.checkpoint.final': index === 1,
        },
      })),
    );
    expect(notes).toHaveLength(2);
  });

  it('is not a log record if it is switched off', async () => {
    const logs = useGlobalLogs();
    const { provider, calls, processor } = await start({ key: privateKey, anchor: false });
    await calls(1);
    await provider.shutdown();
    expect([logs.records(), processor.stats().checkpointFailures]).toEqual([[], 0]);
  });

  it('is missing without a word where there is no logger provider, unless one was asked for', async () => {
    const quiet = await start({ key: privateKey });
    await quiet.calls(1);
    await quiet.provider.shutdown();
    expect([quiet.reports, quiet.processor.stats().checkpointFailures]).toEqual([[], 0]);
    forgetProviders();
    const asked = await start({ key: privateKey, anchor: 'log' });
    await asked.calls(1);
    await asked.provider.shutdown();
    expect([asked.reports, asked.processor.stats().checkpointFailures]).toEqual([
      ['A checkpoint has no anchor: there is no logger provider, or it is shut down'],
      2,
    ]);
  });

  it('is a span if that is asked for, which makes no events and is not counted', async () => {
    const { sink, provider, calls, exporter, processor } = await start(
      { key: privateKey, anchor: 'span' },
      { foreignSpans: 'all' as never },
    );
    await calls(2);
    await provider.forceFlush();
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'openai_agents.checkpoint');
    expect(spans).toHaveLength(1);
    const [span] = spans;
    expect(span?.attributes).toMatchObject({
      'openai_agents.checkpoint.number': 1,
      'openai_agents.checkpoint.note': notesIn(sink)[0],
    });
    expect(span?.parentSpanContext).toBeUndefined();
    expect(processor.stats().spansSeen).toBe(2);
    expect(sink.lines.join('\n')).not.toContain(span?.spanContext().traceId);
  });

  it('publishes a generated key once, and the events do not have it', async () => {
    const logs = useGlobalLogs();
    const { sink, provider, calls } = await start({ key: 'generate', maxEvents: 2 });
    await calls(4);
    await provider.shutdown();
    const [first, ...later] = logs
      .records()
      .map(({ attributes }) => attributes['openai_agents.checkpoint.verifier_key']);
    expect(later.every((key) => key === undefined)).toBe(true);
    expect(later.length).toBeGreaterThan(1);
    const key = verifierKeyOf(first as string);
    for (const note of notesIn(sink)) expect(verifyNote(parseNote(note) as never, [key])).toBe('valid');
    expect(logPicture(sink.lines, first as string).at(-1)).toBe('END closed signed');
    expect(sink.lines.join('\n')).not.toContain((first as string).split('+').slice(2).join('+'));
  });
});

/** Keeps lines, as a file does. */
class LineSink extends MemorySink {
  readonly lines: string[] = [];

  override async send(events: never, lines?: readonly string[]): Promise<void> {
    this.lines.push(...(lines ?? []));
    await super.send(events);
  }
}

function notesIn({ events }: MemorySink): string[] {
  return events
    .filter(({ metadata }) => metadata?.message === 'checkpoint')
    .map(({ metadata }) => metadata?.checkpoint as string);
}

/** Registers a logger provider globally, in the API that the loaded SDK uses. */
function useGlobalLogs() {
  const logs = makeLoggerProvider();
  const api = logsApiOfSdk();
  api.setGlobalLoggerProvider(logs.provider);
  onTestFinished(() => api.disable());
  return logs;
}
