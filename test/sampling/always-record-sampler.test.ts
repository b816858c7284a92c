/** Traces sampled at one percent, with events of all calls: through the SDK, from calls of the real client. */
import { context, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { OpenAI } from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ModelServer, startModelServer } from '../../examples/model-server/server.js';
import { newSpanId, newTraceId } from '../../src/ids.js';
import { AlwaysRecordSampler, ChaukasSpanProcessor, MemorySink, traceOpenAI } from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';
import { withoutStreamSession } from '../harness/stream-session.js';

const RATIO = 0.01;
const CALLS = 400;

let server: ModelServer;
let exporter: InMemorySpanExporter;
let sink: MemorySink;
let provider: NodeTracerProvider;
let client: OpenAI;

beforeAll(async () => {
  server = await startModelServer({});
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(async () => {
  context.disable();
  await server.close();
});

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  sink = new MemorySink();
  provider = new NodeTracerProvider({
    sampler: new AlwaysRecordSampler(new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(RATIO) })),
    spanProcessors: [
      new SimpleSpanProcessor(exporter),
      new ChaukasSpanProcessor({ sinks: [sink], systemEvents: false }),
    ],
  });
  client = traceOpenAI(new OpenAI({ apiKey: 'sk-local', baseURL: server.url }), { tracerProvider: provider });
});
afterEach(() => provider.shutdown());

const call = () =>
  client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'Hello' }] });

const types = () => withoutStreamSession(sink.events).map(({ type }) => type);
const ended = () => sink.events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_END');

describe('Traces sampled at 1 percent', () => {
  it('have events of every call, and exported spans of the sampled calls only', async () => {
    for (let calls = 0; calls < CALLS; calls += 1) await call();
    await provider.forceFlush();
    expect(ended()).toHaveLength(CALLS);
    expect(streamViolations(withoutStreamSession(sink.events))).toEqual([]);
    const traceIds = ended().map(({ trace_id }) => trace_id);
    const ratio = new TraceIdRatioBasedSampler(RATIO);
    const sampled = traceIds.filter((traceId) => ratio.shouldSample(ROOT_CONTEXT, traceId).decision === 2);
    expect(exporter.getFinishedSpans().map((span) => span.spanContext().traceId)).toEqual(sampled);
    expect(sampled.length).toBeLessThan(CALLS / 10);
  });

  it.each<[what: string, traceFlags: TraceFlags, exported: number]>([
    ['that is not sampled', TraceFlags.NONE, 0],
    ['that is sampled', TraceFlags.SAMPLED, 2],
  ])('follow a remote parent %s', async (_what, traceFlags, exported) => {
    const remote = { traceId: newTraceId(), spanId: newSpanId(), traceFlags, isRemote: true };
    await context.with(trace.setSpanContext(ROOT_CONTEXT, remote), () =>
      provider.getTracer('application').startActiveSpan('GET /', async (span) => {
        await call();
        span.end();
      }),
    );
    await provider.forceFlush();
    expect(types()).toEqual([
      'EVENT_TYPE_SESSION_START',
      'EVENT_TYPE_MODEL_INVOCATION_START',
      'EVENT_TYPE_MODEL_INVOCATION_END',
      'EVENT_TYPE_SESSION_END',
    ]);
    expect(ended()[0]?.trace_id).toBe(remote.traceId);
    expect(streamViolations(withoutStreamSession(sink.events))).toEqual([]);
    expect(exporter.getFinishedSpans()).toHaveLength(exported);
  });
});

describe('AlwaysRecordSampler', () => {
  const span: Parameters<AlwaysRecordSampler['shouldSample']> = [
    ROOT_CONTEXT,
    newTraceId(),
    'chat',
    SpanKind.CLIENT,
    { a: 1 },
    [],
  ];

  it.each<[what: string, decision: 0 | 1 | 2, becomes: 0 | 1 | 2]>([
    ['drops, except that the span is recorded', 0, 1],
    ['records', 1, 1],
    ['samples', 2, 2],
  ])('keeps the decision of the other sampler if that %s', (_what, decision, becomes) => {
    const asked: unknown[] = [];
    const sampler = new AlwaysRecordSampler({
      shouldSample: (...given) => {
        asked.push(given);
        return { decision, attributes: { reason: 'budget' } };
      },
      toString: () => 'Budget',
    });
    expect(sampler.shouldSample(...span)).toEqual({
      decision: becomes,
      attributes: { reason: 'budget' },
    });
    expect(asked).toEqual([span]);
    expect(sampler.toString()).toBe('AlwaysRecordSampler{Budget}');
  });

  it('is a sampler of the SDK', () => {
    expect(
      [new AlwaysOnSampler(), new AlwaysOffSampler()].map((delegate) =>
        new AlwaysRecordSampler(delegate).toString(),
      ),
    ).toEqual(['AlwaysRecordSampler{AlwaysOnSampler}', 'AlwaysRecordSampler{AlwaysOffSampler}']);
  });

  it.each([[undefined], [null], ['always_on'], [{}]])('refuses %s as a sampler', (delegate) => {
    expect(() => new AlwaysRecordSampler(delegate as never)).toThrow(TypeError);
  });
});
