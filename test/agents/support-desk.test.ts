import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLines } from '../../src/testing/event-lines.js';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { deskOf, REQUEST } from './desk.js';

/** The demo's run: two tools in parallel, a handoff, a tool that makes an HTTP request, a guardrail. */
const TREE = [
  'invoke_workflow triage_agent [INTERNAL]',
  '  invoke_agent triage_agent [INTERNAL]',
  '    chat support-desk [CLIENT]',
  '      POST [CLIENT]',
  '    execute_tool lookup_order [INTERNAL]',
  '      GET [CLIENT]',
  '    execute_tool check_policy [INTERNAL]',
  '    chat support-desk [CLIENT]',
  '      POST [CLIENT]',
  '    handoff refund_agent [INTERNAL]',
  '  invoke_agent refund_agent [INTERNAL]',
  '    chat support-desk [CLIENT]',
  '      POST [CLIENT]',
  '    execute_tool issue_refund [INTERNAL]',
  '      POST [CLIENT]',
  '    chat support-desk [CLIENT]',
  '      POST [CLIENT]',
  '    guardrail no_card_numbers [INTERNAL]',
];

const EVENTS = [
  'SESSION_START',
  '  AGENT_START triage_agent',
  '  STATE_UPDATE',
  '  INPUT_RECEIVED',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '    TOOL_CALL_START lookup_order',
  '    TOOL_CALL_START check_policy',
  '    TOOL_CALL_END',
  '    TOOL_CALL_END',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '    AGENT_HANDOFF refund_agent',
  '    STATE_UPDATE',
  '  AGENT_END triage_agent',
  '  AGENT_START refund_agent',
  '  STATE_UPDATE',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '    TOOL_CALL_START issue_refund',
  '    TOOL_CALL_END',
  '    MODEL_INVOCATION_START',
  '    MODEL_INVOCATION_END',
  '    POLICY_DECISION allow',
  '  OUTPUT_EMITTED',
  '  AGENT_END refund_agent',
  'SESSION_END',
];

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

describe.each([
  ['not streamed', async () => (await agents.run(deskOf(harness), REQUEST)).finalOutput],
  [
    'streamed',
    async () => {
      const result = await agents.run(deskOf(harness), REQUEST, { stream: true });
      for await (const _event of result) {
        // The run goes on as it is read.
      }
      await result.completed;
      return result.finalOutput;
    },
  ],
])('The support desk, %s,', (_mode, play) => {
  it('is one tree of spans', async () => {
    await play();
    expect(spanTree(harness.allSpans())).toEqual(TREE);
    expect(harness.openSpanCount()).toBe(0);
  });

  it('is one session of events, in order', async () => {
    await play();
    const events = await harness.events();
    expect(eventLines(events)).toEqual(EVENTS);
    expect(streamViolations(events)).toEqual([]);
  });

  it('records input, tool calls and answer in the events', async () => {
    const answer = await play();
    const events = await harness.events();
    const of = (type: string) => events.filter((event) => event.type === `EVENT_TYPE_${type}`);

    expect(of('INPUT_RECEIVED').map((event) => event.message)).toEqual([{ role: 'user', text: REQUEST }]);
    expect(of('OUTPUT_EMITTED').map((event) => event.message)).toEqual([{ role: 'assistant', text: answer }]);
    expect(of('TOOL_CALL_START').map((event) => event.tool_call)).toMatchObject([
      { name: 'lookup_order', function_name: 'lookup_order', arguments: { orderId: 'A-1001' } },
      { name: 'check_policy', function_name: 'check_policy', arguments: { topic: 'refunds' } },
      { name: 'issue_refund', function_name: 'issue_refund', arguments: { orderId: 'A-1001', amount: 42.5 } },
    ]);
    const refund = of('TOOL_CALL_END').at(-1)?.tool_response;
    expect(refund?.output).toMatchObject({ orderId: 'A-1001', amount: 42.5, status: 'issued' });
    expect(refund?.tool_call_id).toBe(of('TOOL_CALL_START').at(-1)?.tool_call?.id);
    expect(refund?.tool_call_id).toMatch(/^call_/);
    // A result that is not an object is wrapped, as the contract says.
    expect(of('TOOL_CALL_END').map((event) => event.tool_response?.output)).toContainEqual({
      output: expect.stringContaining('Policy on refunds'),
    });
    expect(of('AGENT_HANDOFF').map((event) => event.agent_handoff)).toEqual([
      {
        from_agent_id: 'triage_agent',
        from_agent_name: 'triage_agent',
        to_agent_id: 'refund_agent',
        to_agent_name: 'refund_agent',
        handoff_type: 'sequential',
      },
    ]);
    expect(of('AGENT_START').map((event) => event.metadata)).toEqual([
      {
        model: 'support-desk',
        instructions: expect.stringContaining('triage'),
        tools: ['lookup_order', 'check_policy'],
        handoffs: ['refund_agent'],
      },
      {
        role: 'Pays customers back.',
        model: 'support-desk',
        instructions: expect.stringContaining('refund'),
        tools: ['issue_refund'],
        handoffs: [],
      },
    ]);
  });

  it('counts tokens on the model calls and sums them up on the agents', async () => {
    await play();
    const spans = harness.spans();
    const usage = (prefix: string) =>
      spans
        .filter((span) => span.name.startsWith(prefix))
        .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
        .map(({ attributes }) => [
          attributes['gen_ai.usage.input_tokens'],
          attributes['gen_ai.usage.output_tokens'],
          attributes['gen_ai.usage.cache_read.input_tokens'],
          attributes['gen_ai.usage.reasoning.output_tokens'],
          attributes['openai_agents.usage.aggregated'],
        ]);
    expect(usage('chat')).toEqual([
      [312, 118, 0, 64, undefined],
      [486, 18, 256, 0, undefined],
      [574, 58, 256, 32, undefined],
      [655, 31, 512, 0, undefined],
    ]);
    expect(usage('invoke_agent')).toEqual([
      [798, 136, undefined, undefined, true],
      [1229, 89, undefined, undefined, true],
    ]);

    const events = await harness.events();
    const ends = events.filter((event) => event.type === 'EVENT_TYPE_MODEL_INVOCATION_END');
    expect(
      ends.map(({ llm_invocation: call }) => [
        call?.prompt_tokens,
        call?.completion_tokens,
        call?.total_tokens,
      ]),
    ).toEqual([
      [312, 118, 430],
      [486, 18, 504],
      [574, 58, 632],
      [655, 31, 686],
    ]);
    expect(ends.map((event) => event.llm_invocation?.finish_reason)).toEqual([
      'tool_calls',
      'tool_calls',
      'tool_calls',
      'stop',
    ]);
  });

  it('carries no message content on spans by default', async () => {
    await play();
    const text = JSON.stringify(harness.spans().map((span) => [span.name, span.attributes, span.events]));
    for (const secret of ['broken', 'A-1001', '42.5', 'You triage', 'has been issued'])
      expect(text).not.toContain(secret);
  });
});

describe('Attributes', () => {
  it('follow the conventions on each kind of span', async () => {
    await agents.run(deskOf(harness), REQUEST);
    const spans = harness.spans();
    const attributesOf = (name: string) => spans.find((span) => span.name === name)?.attributes;
    const port = Number(new URL(harness.server.origin).port);

    expect(attributesOf('invoke_workflow triage_agent')).toEqual({
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.usage.input_tokens': 2027,
      'gen_ai.usage.output_tokens': 225,
      'openai_agents.usage.aggregated': true,
      'gen_ai.workflow.name': 'triage_agent',
      'openai_agents.trace.id': expect.stringMatching(/^trace_/),
    });
    expect(attributesOf('invoke_agent refund_agent')).toEqual({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'refund_agent',
      'gen_ai.agent.description': 'Pays customers back.',
      'gen_ai.request.model': 'support-desk',
      'gen_ai.usage.input_tokens': 1229,
      'gen_ai.usage.output_tokens': 89,
      'openai_agents.usage.aggregated': true,
      'gen_ai.response.finish_reasons': ['stop'],
    });
    expect(attributesOf('chat support-desk')).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'support-desk',
      'gen_ai.response.model': 'support-desk',
      'gen_ai.response.id': expect.stringMatching(/^resp_/),
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'openai.api.type': 'responses',
      'openai.response.service_tier': 'default',
      'server.address': '127.0.0.1',
      'server.port': port,
    });
    expect(attributesOf('execute_tool issue_refund')).toEqual({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'issue_refund',
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.description': 'Pays an amount back for an order.',
      'gen_ai.tool.call.id': expect.stringMatching(/^call_/),
      'gen_ai.agent.name': 'refund_agent',
    });
    expect(attributesOf('handoff refund_agent')).toEqual({
      'openai_agents.span.type': 'handoff',
      'openai_agents.handoff.from_agent.name': 'triage_agent',
      'openai_agents.handoff.to_agent.name': 'refund_agent',
    });
    expect(attributesOf('guardrail no_card_numbers')).toEqual({
      'openai_agents.span.type': 'guardrail',
      'openai_agents.guardrail.name': 'no_card_numbers',
      'openai_agents.guardrail.triggered': false,
    });
  });

  it('for samplers are set when the span starts', async () => {
    const started = new Map<string, object>();
    const tracer = harness.provider.getTracer('opentelemetry-instrumentation-openai-agents');
    const original = tracer.startSpan;
    harness.instrumentation.setTracerProvider({
      getTracer: () => ({
        startSpan(name, options, context) {
          started.set(name, { ...options?.attributes });
          return original.call(tracer, name, options, context);
        },
        startActiveSpan: tracer.startActiveSpan.bind(tracer),
      }),
    });
    try {
      await agents.run(deskOf(harness), REQUEST);
    } finally {
      harness.instrumentation.setTracerProvider(harness.provider);
    }
    expect(started.get('chat support-desk')).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'support-desk',
      'server.address': '127.0.0.1',
    });
    expect(started.get('execute_tool lookup_order')).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'lookup_order',
      'gen_ai.agent.name': 'triage_agent',
      'gen_ai.tool.type': 'function',
    });
    expect(started.get('invoke_agent triage_agent')).toMatchObject({ 'gen_ai.agent.name': 'triage_agent' });
  });

  it('hold the group of a run as conversation id, and events have it as their session', async () => {
    const runner = new agents.Runner({ groupId: 'thread-7', workflowName: 'Refunds' });
    await runner.run(deskOf(harness), REQUEST);
    await runner.run(deskOf(harness), REQUEST);
    const spans = harness.spans().filter((span) => span.attributes['gen_ai.operation.name'] !== undefined);
    expect(spans.map((span) => span.attributes['gen_ai.conversation.id'])).toEqual(
      spans.map(() => 'thread-7'),
    );
    expect(spans.filter((span) => span.name === 'invoke_workflow Refunds')).toHaveLength(2);

    const events = await harness.events();
    expect(new Set(events.map((event) => event.session_id))).toEqual(new Set(['thread-7']));
    expect(new Set(events.map((event) => event.trace_id)).size).toBe(2);
    // The session does not end, because the application named it.
    expect(events.filter((event) => event.type === 'EVENT_TYPE_SESSION_END')).toEqual([]);
    expect(streamViolations(events, { open: true })).toEqual([]);
  });
});
