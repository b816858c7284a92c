import * as agents from '@openai/agents';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ instrumentation: { captureMessageContent: true } });
});
beforeEach(() => harness.reset());
afterAll(() => harness.stop());

const NAMES = {
  input: 'gen_ai.input.messages',
  instructions: 'gen_ai.system_instructions',
  tools: 'gen_ai.tool.definitions',
  output: 'gen_ai.output.messages',
} as const;

function contentOf(span: ReadableSpan | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(NAMES).flatMap(([key, name]) => {
      const value = span?.attributes[name];
      return value === undefined ? [] : [[key, JSON.parse(String(value))]];
    }),
  );
}

const contents = () =>
  Object.fromEntries(harness.spans().map((span) => [span.name, contentOf(span)])) as Record<
    string,
    Record<string, unknown>
  >;

const said = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });

const weather = agents.tool({
  name: 'get_weather',
  description: 'The weather of a city.',
  parameters: z.object({ city: z.string() }),
  execute: async () => 'Sunny.',
});

function runner(openAIClient = harness.client): agents.Runner {
  return new agents.Runner({
    modelProvider: new agents.OpenAIProvider({ openAIClient }),
  });
}

describe('An agent and its workflow', () => {
  it.each([false, true])('have the conversation of their model calls (streamed: %s)', async (stream) => {
    const agent = new agents.Agent({
      name: 'A',
      model: 'plain',
      instructions: () => 'Be brief.',
      tools: [weather],
    });
    if (stream) await (await runner().run(agent, 'Hello', { stream: true })).completed;
    else await runner().run(agent, 'Hello');
    const { 'chat plain': chat, 'invoke_agent A': agentContent, 'invoke_workflow A': workflow } = contents();
    expect(chat).toMatchObject({
      input: [said('user', 'Hello')],
      instructions: [{ type: 'text', content: 'Be brief.' }],
      tools: [{ type: 'function', name: 'get_weather' }],
      output: [{ role: 'assistant', finish_reason: 'stop' }],
    });
    expect(agentContent).toEqual(chat);
    expect(workflow).toEqual({ input: chat?.input, output: chat?.output });
  });

  it('begin with the first call and end with the last one, also across a handoff', async () => {
    const second = new agents.Agent({ name: 'B', model: model(output('Done.')) });
    const first = new agents.Agent({
      name: 'A',
      instructions: 'Hand off.',
      model: model(call('transfer_to_B')),
      handoffs: [second],
    });
    await new agents.Runner().run(first, 'Hello');
    const { 'invoke_agent A': a, 'invoke_agent B': b, 'invoke_workflow A': workflow } = contents();
    expect(a).toMatchObject({
      input: [said('user', 'Hello')],
      instructions: [{ type: 'text', content: 'Hand off.' }],
      output: [{ parts: [{ type: 'tool_call', name: 'transfer_to_B' }] }],
    });
    expect(b).toMatchObject({ output: [said('assistant', 'Done.')] });
    expect(workflow?.output).toEqual(b?.output);
  });

  it('have the input of a run whose model is never called', async () => {
    const guardrail = {
      name: 'no',
      runInParallel: false,
      execute: async () => ({ tripwireTriggered: true, outputInfo: {} }),
    };
    const agent = new agents.Agent({ name: 'A', model: 'plain', inputGuardrails: [guardrail] });
    await runner()
      .run(agent, 'Hello')
      .catch(() => {});
    expect(contents()['invoke_agent A']).toMatchObject({ input: [said('user', 'Hello')] });
  });

  it('have no conversation if several runs share the workflow, which belong to different ones', async () => {
    const agent = new agents.Agent({ name: 'A', model: model(output('One.')) });
    await agents.withTrace('Both', async () => {
      await new agents.Runner().run(agent, 'First');
      await new agents.Runner().run(agent, 'Second');
    });
    expect(contents()['invoke_workflow Both']).toEqual({});
    expect(contents()['invoke_agent A']).toMatchObject({ input: [said('user', 'Second')] });
  });

  it('have the conversation of the outer run if a tool runs another agent', async () => {
    const inner = new agents.Agent({ name: 'Inner', model: model(output('Inside.')) });
    const outer = new agents.Agent({
      name: 'Outer',
      model: model(call('ask', '{"input":"?"}'), output('Outside.')),
      tools: [inner.asTool({ toolName: 'ask', toolDescription: 'Asks.' })],
    });
    await new agents.Runner().run(outer, 'Hello');
    expect(contents()['invoke_workflow Outer']).toMatchObject({ output: [said('assistant', 'Outside.')] });
    expect(contents()['invoke_agent Inner']).toMatchObject({ output: [said('assistant', 'Inside.')] });
  });

  it.each<[what: string, run: () => Promise<unknown>]>([
    [
      'a run without sensitive data',
      () =>
        new agents.Runner({
          modelProvider: new agents.OpenAIProvider({ openAIClient: harness.client }),
          traceIncludeSensitiveData: false,
        }).run(new agents.Agent({ name: 'A', model: 'plain', instructions: 'Be brief.' }), 'Hello'),
    ],
    [
      'content switched off',
      async () => {
        harness.instrumentation.setConfig({ captureMessageContent: false });
        await runner().run(
          new agents.Agent({ name: 'A', model: 'plain', instructions: 'Be brief.' }),
          'Hello',
        );
        harness.instrumentation.setConfig({ captureMessageContent: true });
      },
    ],
  ])('have none with %s', async (_what, run) => {
    await run();
    expect(Object.values(contents())).toEqual([{}, {}, {}]);
  });

  it('stay within the limit of the length', async () => {
    harness.instrumentation.setConfig({ captureMessageContent: true, contentLengthLimit: 500 });
    await runner().run(new agents.Agent({ name: 'A', model: 'plain' }), 'x'.repeat(10_000));
    harness.instrumentation.setConfig({ captureMessageContent: true });
    const lengths = harness.spans().map(({ attributes }) => String(attributes[NAMES.input]).length);
    expect(lengths).toHaveLength(3);
    for (const length of lengths) expect(length).toBeLessThanOrEqual(500);
  });
});
