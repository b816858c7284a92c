/** Content on spans and in events, and sinks that fail. */
import * as agents from '@openai/agents';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChaukasEvent, ChaukasSpanProcessor, type EventSink, MemorySink } from '../../src/index.js';
import { deskOf, REQUEST } from '../agents/desk.js';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

const SECRETS = ['broken', 'A-1001', 'look up the order', 'has been issued', 'Policy on'];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    instrumentation: { captureMessageContent: 'SPAN_ONLY' },
    processor: {
      captureMessageContent: false,
      tenantId: 'acme',
      projectId: 'desk',
      branch: 'main',
      tags: ['blue', 'green'],
    },
  });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

describe('captured content on spans', () => {
  it("has the convention's shapes, as JSON strings", async () => {
    await agents.run(deskOf(harness), REQUEST);
    const attributesOf = (name: string) =>
      harness.spans().find((span) => span.name === name)?.attributes ?? {};
    const chat = attributesOf('chat support-desk');
    expect(JSON.parse(String(chat['gen_ai.input.messages']))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: REQUEST }] },
    ]);
    expect(JSON.parse(String(chat['gen_ai.system_instructions']))).toEqual([
      { type: 'text', content: expect.stringContaining('You triage') },
    ]);
    expect(JSON.parse(String(chat['gen_ai.output.messages']))).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', content: expect.any(String) },
          {
            type: 'tool_call',
            id: expect.any(String),
            name: 'lookup_order',
            arguments: { orderId: 'A-1001' },
          },
          {
            type: 'tool_call',
            id: expect.any(String),
            name: 'check_policy',
            arguments: { topic: 'refunds' },
          },
        ],
        finish_reason: 'tool_call',
      },
    ]);
    expect(JSON.parse(String(chat['gen_ai.tool.definitions']))).toEqual([
      { type: 'function', name: 'lookup_order' },
      { type: 'function', name: 'check_policy' },
      { type: 'function', name: 'transfer_to_refund_agent' },
    ]);
    const refund = attributesOf('execute_tool issue_refund');
    expect(JSON.parse(String(refund['gen_ai.tool.call.arguments']))).toEqual({
      orderId: 'A-1001',
      amount: 42.5,
    });
    expect(JSON.parse(String(refund['gen_ai.tool.call.result']))).toMatchObject({ status: 'issued' });
  });

  it('is left out of a run that excludes sensitive data', async () => {
    const runner = new agents.Runner({ traceIncludeSensitiveData: false });
    await runner.run(deskOf(harness), REQUEST);
    const text = JSON.stringify(harness.spans().map((span) => [span.attributes, span.events, span.status]));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    const chat = harness.spans().find((span) => span.name === 'chat support-desk');
    expect(chat?.attributes).toMatchObject({
      'gen_ai.response.model': 'support-desk',
      'gen_ai.usage.input_tokens': 312,
    });
  });
});

describe('events', () => {
  it('carry everything except content if captureMessageContent is false', async () => {
    await agents.run(deskOf(harness), REQUEST);
    const events = await harness.events();
    const text = JSON.stringify(events);
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(streamViolations(events)).toEqual([]);
    expect(events).toHaveLength(27);
    expect(events.find((event) => event.tool_call)?.tool_call).toMatchObject({ name: 'lookup_order' });
    expect(events.find((event) => event.llm_invocation?.prompt_tokens)?.llm_invocation?.prompt_tokens).toBe(
      312,
    );
  });

  it('carry tenant, project, branch and tags', async () => {
    await harness.client.responses.create({ model: 'plain', input: 'x' });
    for (const event of await harness.events()) {
      expect(event).toMatchObject({
        tenant_id: 'acme',
        project_id: 'desk',
        branch: 'main',
        tags: ['blue', 'green'],
      });
    }
  });
});

/** The counts of a sink without events. */
const NOTHING = {
  delivered: 0,
  dropped: 0,
  waiting: 0,
  waitingBytes: 0,
  retried: 0,
  deadLettered: 0,
  spooled: 0,
  spooledBytes: 0,
  recovered: 0,
  failing: false,
};

describe('a sink that fails', () => {
  it('is logged to diag once and counted, and does not affect the application and other sinks', async () => {
    const told: string[] = [];
    const record = (message: string, ...rest: unknown[]) => void told.push([message, ...rest].join(' '));
    diag.setLogger({ error: record, warn: record, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
    const broken: EventSink = {
      name: 'broken sink',
      delivery: { retry: false },
      send: async () => {
        throw new Error('no space left');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const good = new MemorySink();
    const processor = new ChaukasSpanProcessor({ sinks: [broken, good], systemEvents: false });
    const tracer = harness.provider.getTracer('application');
    for (let call = 0; call < 3; call += 1) {
      const span = tracer.startSpan('chat x', { attributes: { 'gen_ai.operation.name': 'chat' } });
      processor.onStart(span as unknown as Parameters<typeof processor.onStart>[0], emptyContext);
      span.end();
      processor.onEnd(span as unknown as Parameters<typeof processor.onEnd>[0]);
      await processor.forceFlush();
    }
    diag.disable();
    expect(good.events).toHaveLength(13);
    expect(processor.stats()).toEqual({
      spansSeen: 3,
      eventsMade: 13,
      eventsDelivered: 13,
      eventsDropped: 13,
      eventsWaiting: 0,
      checkpointsMade: 0,
      checkpointFailures: 0,
      errors: 3,
      sinks: [
        { ...NOTHING, name: 'broken sink', dropped: 13 },
        { ...NOTHING, name: 'memory', delivered: 13 },
      ],
    });
    expect(told.filter((line) => line.includes('broken sink'))).toEqual([
      expect.stringContaining('no space left'),
    ]);
    await processor.shutdown();
  });
});

describe('a processor that cannot read a span', () => {
  it('logs to diag, counts the fault and does not throw', () => {
    const processor = new ChaukasSpanProcessor({ sinks: [new MemorySink()] });
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('hostile');
        },
      },
    ) as ChaukasEvent & Parameters<typeof processor.onStart>[0];
    expect(() => processor.onStart(hostile, emptyContext)).not.toThrow();
    expect(() => processor.onEnd(hostile)).not.toThrow();
    expect(processor.stats().errors).toBe(2);
    return processor.shutdown();
  });
});

const emptyContext = {
  getValue: () => undefined,
  setValue: () => emptyContext,
  deleteValue: () => emptyContext,
};
