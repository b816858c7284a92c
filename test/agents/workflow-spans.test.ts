import * as agents from '@openai/agents';
import { trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventLines } from '../../src/testing/event-lines.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    instrumentation: { workflowSpans: 'multi-agent' },
    scenarios: [
      {
        id: 'asks',
        steps: [
          { when: { toolResultCount: 1 }, reply: { text: 'done' } },
          { reply: { toolCalls: [{ name: 'look', arguments: {} }] } },
        ],
      },
    ],
  });
});
afterEach(async () => {
  const open = harness.openSpanCount();
  const { errors } = harness.processor.stats();
  await harness.reset();
  expect({ open, errors }).toEqual({ open: 0, errors: 0 });
});
// Rejects if the events violate a rule.
afterAll(() => harness.stop());

type AgentOptions = Partial<ConstructorParameters<typeof agents.Agent>[0]>;
const agent = (options: AgentOptions = {}) => new agents.Agent({ name: 'solo', model: 'plain', ...options });
const other = () => new agents.Agent({ name: 'other', model: 'plain' });

function toolOf(execute: () => unknown, needsApproval = false): agents.Tool {
  return agents.tool({
    name: 'look',
    description: 'Looks.',
    parameters: z.object({}),
    needsApproval,
    errorFunction: null,
    execute: async () => execute(),
  });
}

async function read(stream: AsyncIterable<unknown> & { completed: Promise<void> }): Promise<void> {
  for await (const _event of stream);
  await stream.completed;
}

const span = (name: string) => {
  const found = harness.spans().find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no span ${name}`);
  return found;
};
const statuses = async () =>
  (await harness.events())
    .filter(({ type }) => /(AGENT|SESSION)_END$/.test(type))
    .map(({ type, status }) => `${type.slice(11)} ${status.slice(13)}`);

describe('A run of one agent', () => {
  it('has the agent as its root, with the facts about the run', async () => {
    const runner = new agents.Runner({ groupId: 'conv-1', traceMetadata: { tenant: 't1' } });
    await runner.run(agent(), 'hello');
    expect(spanTree(harness.spans())).toEqual(['invoke_agent solo [INTERNAL]', '  chat plain [CLIENT]']);
    const { attributes } = span('invoke_agent solo');
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'solo',
      'gen_ai.conversation.id': 'conv-1',
      'openai_agents.trace.id': expect.stringMatching(/^trace_/),
      'openai_agents.trace.metadata.tenant': 't1',
    });
    expect(attributes).not.toHaveProperty('gen_ai.workflow.name');
    const events = await harness.events();
    expect(eventLines(events)).toEqual([
      'SESSION_START',
      '  AGENT_START solo',
      '  STATE_UPDATE',
      '  INPUT_RECEIVED',
      '    MODEL_INVOCATION_START',
      '    MODEL_INVOCATION_END',
      '  OUTPUT_EMITTED',
      '  AGENT_END solo',
    ]);
    expect(events[0]?.metadata).toMatchObject({ trace_metadata: { tenant: 't1' } });
    const { spanId } = span('invoke_agent solo').spanContext();
    expect(new Set(events.slice(1).map(({ invocation_id }) => invocation_id))).toEqual(new Set([spanId]));
  });

  it('has the metrics of the agent, and none of a workflow', async () => {
    await agents.run(agent(), 'hello');
    const names = (await harness.metrics.collect()).map(({ name }) => name);
    expect(names).toContain('gen_ai.invoke_agent.duration');
    expect(names).not.toContain('gen_ai.invoke_workflow.duration');
  });

  it('is beneath the span of the application, which is active again afterwards', async () => {
    const tracer = harness.provider.getTracer('application');
    await tracer.startActiveSpan('request', async (request) => {
      await agents.run(agent(), 'hello');
      expect(trace.getActiveSpan()).toBe(request);
      request.end();
      expect(span('invoke_agent solo').parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    });
  });

  it.each<[what: string, play: () => Promise<unknown>, root: string, ends: string[]]>([
    [
      'streamed',
      async () => read(await agents.run(agent(), 'x', { stream: true })),
      'invoke_agent solo [INTERNAL]',
      ['AGENT_END COMPLETED', 'SESSION_END COMPLETED'],
    ],
    [
      'that fails in a model call',
      () => agents.run(agent({ model: 'no-such-model' }), 'x'),
      'invoke_agent solo [INTERNAL] ✗ model_not_found',
      ['AGENT_END FAILED', 'SESSION_END FAILED'],
    ],
    [
      'that fails in a tool',
      () =>
        agents.run(
          agent({
            model: 'asks',
            tools: [
              toolOf(() => {
                throw new RangeError('too far');
              }),
            ],
          }),
          'x',
        ),
      'invoke_agent solo [INTERNAL] ✗ ToolCallError',
      ['AGENT_END FAILED', 'SESSION_END FAILED'],
    ],
    [
      'that fails after its agent is done',
      () => {
        const session = new agents.MemorySession();
        session.addItems = () => Promise.reject(new TypeError('the disk is full'));
        return agents.run(agent(), 'x', { session });
      },
      'invoke_agent solo [INTERNAL] ✗ TypeError',
      // The SDK's session has not ended.
      ['AGENT_END FAILED'],
    ],
    [
      'that trips a guardrail',
      () =>
        agents.run(
          agent({
            outputGuardrails: [
              { name: 'no', execute: async () => ({ tripwireTriggered: true, outputInfo: {} }) },
            ],
          }),
          'x',
        ),
      'invoke_agent solo [INTERNAL] ✗ OutputGuardrailTripwireTriggered',
      ['AGENT_END FAILED', 'SESSION_END FAILED'],
    ],
    [
      'that is aborted in a tool',
      () => {
        const controller = new AbortController();
        const tools = [toolOf(() => controller.abort())];
        return agents.run(agent({ model: 'asks', tools }), 'x', { signal: controller.signal });
      },
      'invoke_agent solo [INTERNAL] (cancelled)',
      ['AGENT_END CANCELLED', 'SESSION_END CANCELLED'],
    ],
    [
      'whose stream is left',
      async () => {
        const stream = await agents.run(agent(), 'x', { stream: true });
        for await (const _event of stream) break;
        await stream.completed;
      },
      'invoke_agent solo [INTERNAL] (cancelled)',
      ['AGENT_END CANCELLED', 'SESSION_END CANCELLED'],
    ],
  ])('%s ends with its run', async (_what, play, root, ends) => {
    await play().catch(() => undefined);
    await expect.poll(() => spanTree(harness.spans())[0]).toBe(root);
    await expect.poll(statuses).toEqual(ends);
  });

  it('has the request for an approval; the run that goes on is linked to it and has the answer', async () => {
    const solo = agent({ model: 'asks', tools: [toolOf(() => 1, true)] });
    const interrupted = await agents.run(solo, 'x');
    const [item] = interrupted.interruptions;
    if (item === undefined) throw new Error('the run was not interrupted');
    interrupted.state.approve(item);
    await agents.run(solo, interrupted.state);

    const [first, second] = harness.spans().filter(({ name }) => name === 'invoke_agent solo');
    expect(second?.links.map(({ context }) => context.spanId)).toEqual([first?.spanContext().spanId]);
    expect(second?.attributes['openai_agents.trace.id']).toBe(first?.attributes['openai_agents.trace.id']);
    const decisions = (await harness.events()).filter(({ type }) => type === 'EVENT_TYPE_POLICY_DECISION');
    expect(decisions.map(({ policy }) => policy?.outcome)).toEqual(['review', 'allow']);
    const [asked, allowed] = decisions;
    const { traceId: trace_id, spanId: span_id } = first?.spanContext() ?? {};
    expect(asked?.span_id).toBe(span_id);
    expect(allowed?.metadata?.waiting_run).toEqual({ trace_id, span_id });
    expect(new Set((await harness.events()).map(({ session_id }) => session_id)).size).toBe(1);
  });

  it('is the root as well if one of its tools runs another agent by itself', async () => {
    await agents.run(agent({ model: 'asks', tools: [toolOf(() => agents.run(other(), 'x'))] }), 'x');
    expect(spanTree(harness.spans())).toEqual([
      'invoke_agent solo [INTERNAL]',
      '  chat asks [CLIENT]',
      '  execute_tool look [INTERNAL]',
      '    invoke_agent other [INTERNAL]',
      '      chat plain [CLIENT]',
      '  chat asks [CLIENT]',
    ]);
  });
});

describe('A workflow span', () => {
  const asTool = () => other().asTool({ toolName: 'ask_other', toolDescription: 'Asks.' });

  it.each<[what: string, play: () => Promise<unknown>, name: string]>([
    ['an agent with a handoff', () => agents.run(agent({ handoffs: [other()] }), 'x'), 'solo'],
    [
      'an agent with a described handoff',
      () => agents.run(agent({ handoffs: [agents.handoff(other())] }), 'x'),
      'solo',
    ],
    ['an agent with another agent as a tool', () => agents.run(agent({ tools: [asTool()] }), 'x'), 'solo'],
    ['a copy of such a tool', () => agents.run(agent({ tools: [{ ...asTool() }] }), 'x'), 'solo'],
    ['a clone of such an agent', () => agents.run(agent({ tools: [asTool()] }).clone({}), 'x'), 'solo'],
    ['a run with a workflow name', () => new agents.Runner({ workflowName: 'wf' }).run(agent(), 'x'), 'wf'],
    ['a named trace', () => agents.withTrace('outer', () => agents.run(agent(), 'x')), 'outer'],
  ])('is around %s', async (_what, play, name) => {
    await play();
    expect(spanTree(harness.spans()).slice(0, 2)).toEqual([
      `invoke_workflow ${name} [INTERNAL]`,
      '  invoke_agent solo [INTERNAL]',
    ]);
    const names = (await harness.metrics.collect()).map((metric) => metric.name);
    expect(names).toContain('gen_ai.invoke_workflow.duration');
  });

  it('is around the runs in a trace of the application, whatever its name', async () => {
    await agents.withTrace('Agent workflow', () =>
      Promise.all([agents.run(agent(), 'x'), agents.run(agent({ name: 'beside' }), 'x')]),
    );
    expect(spanTree(harness.spans()).filter((line) => !line.includes('chat'))).toEqual([
      'invoke_workflow [INTERNAL]',
      '  invoke_agent solo [INTERNAL]',
      '  invoke_agent beside [INTERNAL]',
    ]);
  });

  it('is around each run by default', async () => {
    harness.instrumentation.setConfig({});
    await agents.run(agent(), 'x');
    harness.instrumentation.setConfig({ workflowSpans: 'multi-agent' });
    expect(spanTree(harness.spans())[0]).toBe('invoke_workflow solo [INTERNAL]');
  });
});
