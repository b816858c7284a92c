import { hostname } from 'node:os';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyEvents } from '../../src/chaukas/verify/event-verifier.js';
import {
  type ChaukasEvent,
  ChaukasSpanProcessor,
  type ChaukasSpanProcessorConfig,
  type EventSink,
  MemorySink,
} from '../../src/index.js';
import { streamViolations } from '../harness/check-stream.js';

type Options = Omit<ChaukasSpanProcessorConfig, 'sinks'>;

function start(options: Options = {}, sinks: readonly EventSink[] = []) {
  const sink = new MemorySink();
  const processor = new ChaukasSpanProcessor({ systemEvents: false, ...options, sinks: [sink, ...sinks] });
  const provider = new NodeTracerProvider({ spanProcessors: [processor] });
  onTestFinished(() => provider.shutdown());
  return { sink, processor, provider, tracer: provider.getTracer('application') };
}

const messages = (content: string) => JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }]);

const call = (content: string, more = {}) => ({
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.input.messages': messages(content),
    ...more,
  },
});

const find = ({ events }: MemorySink, type: string): ChaukasEvent | undefined =>
  events.find((event) => event.type === `EVENT_TYPE_${type}`);

describe('redaction', () => {
  it('removes personal data before an event is hashed and before a sink gets it', async () => {
    const { sink, provider, tracer } = start();
    tracer.startSpan('chat', call('I am jane.doe@example.com, call me')).end();
    await provider.shutdown();
    expect(find(sink, 'MODEL_INVOCATION_START')).toMatchObject({
      llm_invocation: {
        request: { messages: [{ role: 'user', content: 'I am [REDACTED:email], call me' }] },
      },
      redaction: { fields: ['llm_invocation.request.messages[0].content'], method: 'mask' },
      pii_categories: ['email'],
    });
    expect(streamViolations(sink.events)).toEqual([]);
  });

  it.each([
    ['short', 10],
    ['long', 300_000],
  ])('counts the messages of a path as they were sent, in %s conversations that grow', async (_, padding) => {
    const fields = ['llm_invocation.request.messages[2].content'];
    const { sink, provider, tracer } = start({ redaction: { fields, detectors: [] } });
    const agent = tracer.startSpan('invoke_agent', {
      attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'desk' },
    });
    const within = trace.setSpan(ROOT_CONTEXT, agent);
    const said = ['zero', 'one', 'two', 'three'].map((content) => ({
      role: 'user',
      parts: [{ type: 'text', content: `${content} ${'.'.repeat(padding)}` }],
    }));
    for (const count of [1, 4]) {
      const sent = { 'gen_ai.input.messages': JSON.stringify(said.slice(0, count)) };
      const { attributes } = call('');
      tracer.startSpan('chat', { attributes: { ...attributes, ...sent } }, within).end();
    }
    agent.end();
    await provider.shutdown();
    const starts = sink.events.filter(({ type }) => type === 'EVENT_TYPE_MODEL_INVOCATION_START');
    const sentIn = ({ llm_invocation }: ChaukasEvent) =>
      (llm_invocation?.request?.messages ?? []) as { content: string }[];
    const inEvents = starts.map((event) => sentIn(event).map(({ content }) => content.split(' ')[0]));
    expect(inEvents).toEqual([['zero'], ['one', '[REDACTED]', 'three']]);
    expect(starts[1]?.redaction?.fields).toEqual(['llm_invocation.request.messages[1].content']);
    expect(streamViolations(sink.events)).toEqual([]);
  });

  it('keeps personal data but masks credentials if it is switched off', async () => {
    const { sink, provider, tracer } = start({ redaction: false });
    tracer.startSpan('chat', call('jane.doe@example.com has sk-proj-abcdefghijklmnop1234567890')).end();
    await provider.shutdown();
    const said = JSON.stringify(find(sink, 'MODEL_INVOCATION_START'));
    expect([said.includes('jane.doe@example.com'), said.includes('abcdefghijklmnop')]).toEqual([true, false]);
  });

  it('makes text well-formed, so that every encoding has the same hash', async () => {
    const { sink, provider, tracer } = start();
    tracer.startSpan('chat', call('half of a \ud83d pair')).end();
    await provider.shutdown();
    expect(JSON.stringify(sink.events)).toContain('half of a \ufffd pair');
    expect(streamViolations(sink.events)).toEqual([]);
  });
});

describe('cost', () => {
  const USED = {
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.cache_read.input_tokens': 0,
    'gen_ai.usage.output_tokens': 100,
    'server.address': 'api.openai.com',
  };

  it('is on a model call, and its sum on the end of the session', async () => {
    const { sink, provider, tracer } = start();
    for (let calls = 0; calls < 3; calls += 1) {
      tracer.startSpan('chat', call('Hi', { ...USED, 'session.id': 's-1' })).end();
    }
    tracer
      .startSpan('chat', call('Hi', { ...USED, 'session.id': 's-1', 'gen_ai.response.model': 'own' }))
      .end();
    await provider.shutdown();
    // 0.15 and 0.60 USD per million tokens.
    expect(find(sink, 'MODEL_INVOCATION_END')?.cost).toEqual({
      provider: 'openai',
      service: 'chat',
      input_tokens: 1000,
      output_tokens: 100,
      total_tokens: 1100,
      input_cost: 0.00015,
      output_cost: 0.00006,
      total_cost: 0.00021,
      currency: 'USD',
      input_rate_per_token: 1.5e-7,
      output_rate_per_token: 6e-7,
    });
    expect(find(sink, 'SESSION_END')?.metadata).toEqual({
      event_count: 10,
      total_tokens: 4400,
      total_cost: 0.00063,
      currency: 'USD',
      unpriced_model_calls: 1,
    });
  });

  it('is missing for a model without a price, and if it is switched off', async () => {
    const unknown = start();
    unknown.tracer.startSpan('chat', call('Hi', { ...USED, 'gen_ai.response.model': 'in-house' })).end();
    await unknown.provider.shutdown();
    const off = start({ cost: false });
    off.tracer.startSpan('chat', call('Hi', USED)).end();
    await off.provider.shutdown();
    for (const { sink } of [unknown, off]) {
      expect(find(sink, 'MODEL_INVOCATION_END')?.cost).toBeUndefined();
      expect(find(sink, 'SESSION_END')?.metadata).toEqual({ event_count: 4, total_tokens: 1100 });
    }
  });
});

describe('metrics', () => {
  it('of a model call are its duration, its milliseconds to the first chunk and its tokens per second', async () => {
    const { sink, provider, tracer } = start();
    const used = {
      'gen_ai.usage.output_tokens': 50,
      'gen_ai.response.time_to_first_chunk': 0.25,
    };
    tracer.startSpan('chat', { ...call('Hi', used), startTime: [1_700_000_000, 0] }).end([1_700_000_002, 0]);
    await provider.shutdown();
    expect(find(sink, 'MODEL_INVOCATION_END')?.performance).toEqual({
      duration_ms: 2000,
      latency_ms: 250,
      throughput: 25,
    });
    expect(find(sink, 'MODEL_INVOCATION_START')?.performance).toBeUndefined();
    expect(find(sink, 'SESSION_END')?.performance).toEqual({ duration_ms: 2000 });
  });

  it('of the host are on the end of a session if they are switched on', async () => {
    for (const infrastructureMetrics of [true, false]) {
      const { sink, provider, tracer } = start({ infrastructureMetrics });
      tracer.startSpan('chat', call('Hi')).end();
      await provider.shutdown();
      const number = expect.any(Number);
      expect(find(sink, 'SESSION_END')?.infrastructure).toEqual(
        infrastructureMetrics
          ? {
              resource_type: expect.stringMatching(/^(host|container|pod)$/),
              host: hostname(),
              process_id: process.pid,
              thread_id: expect.any(String),
              metrics: {
                cpu_system_ms: number,
                cpu_user_ms: number,
                heap_used_mb: number,
                memory_rss_mb: number,
                uptime_ms: number,
              },
            }
          : undefined,
      );
    }
  });
});

describe('the hash chain', () => {
  it('shows that events were dropped', async () => {
    const { sink, processor, provider, tracer } = start({ maxQueueSize: 10 });
    const makeCall = () => tracer.startSpan('chat', call('Hi', { 'session.id': 's-1' })).end();
    for (let calls = 0; calls < 20; calls += 1) makeCall();
    await processor.forceFlush();
    makeCall();
    await provider.shutdown();
    expect(processor.stats().eventsDropped).toBeGreaterThan(0);
    const { findings } = await verifyEvents(sink.events);
    expect(findings.map(({ code }) => code)).toEqual(['removed_event', 'wrong_count', 'dropped_events']);
  });

  it('has all events of a turn that makes more events than may wait', async () => {
    const { sink, processor, provider, tracer } = start();
    const half = 6_000;
    for (let calls = 0; calls < half; calls += 1)
      tracer.startSpan('chat', call('Hi', { 'session.id': 's-1' })).end();
    await provider.shutdown();
    const { eventsMade, eventsDelivered, eventsDropped } = processor.stats();
    // One event says what was dropped.
    expect([eventsMade, eventsDelivered + eventsDropped]).toEqual([2 * half + 5, 2 * half + 5]);
    expect(sink.events).toHaveLength(eventsDelivered);
  });
});
