/** An application without a run of the SDK: it opens the agent itself (`withAgentSpan`), and its client calls the model. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

const ask = () =>
  harness.client.chat.completions.create({
    model: 'plain',
    messages: [{ role: 'user', content: 'What is the capital of France?' }],
  });

function inAgent(action: () => Promise<unknown>): Promise<unknown> {
  return agents.withTrace('chat', () => agents.withAgentSpan(action, { data: { name: 'assistant' } }));
}

const usageOf = (name: string) =>
  harness.spans().find((span) => span.name === name)?.attributes['gen_ai.usage.input_tokens'];

async function modelCallsOfAgents(): Promise<unknown> {
  const metric = (await harness.metrics.collect()).find(
    ({ name }) => name === 'gen_ai.invoke_agent.inference_calls',
  );
  return metric?.points.map(({ value }) => (typeof value === 'number' ? value : value.sum));
}

describe('A call of a client in an agent that the application opened', () => {
  it('counts as a call of the agent, with its tokens', async () => {
    await inAgent(async () => {
      await Promise.all([ask(), ask()]);
      await agents.withFunctionSpan(async () => 'sunny', { data: { name: 'get_weather' } });
    });
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow chat [INTERNAL]',
      '  invoke_agent assistant [INTERNAL]',
      '    chat plain [CLIENT]',
      '    chat plain [CLIENT]',
      '    execute_tool get_weather [INTERNAL]',
    ]);
    const ofOne = Number(usageOf('chat plain'));
    expect(ofOne).toBeGreaterThan(0);
    expect(usageOf('invoke_agent assistant')).toBe(2 * ofOne);
    expect(usageOf('invoke_workflow chat')).toBe(2 * ofOne);
    expect(await modelCallsOfAgents()).toEqual([2]);
  });

  it('stays beneath a span of the application', async () => {
    const tracer = harness.provider.getTracer('application');
    await inAgent(() =>
      tracer.startActiveSpan('retries', async (span) => {
        await ask();
        span.end();
      }),
    );
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow chat [INTERNAL]',
      '  invoke_agent assistant [INTERNAL]',
      '    retries [INTERNAL]',
      '      chat plain [CLIENT]',
    ]);
    expect(await modelCallsOfAgents()).toEqual([1]);
  });

  it('does not count if it is made in a tool', async () => {
    await inAgent(() => agents.withFunctionSpan(ask, { data: { name: 'look_up' } }));
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow chat [INTERNAL]',
      '  invoke_agent assistant [INTERNAL]',
      '    execute_tool look_up [INTERNAL]',
      '      chat plain [CLIENT]',
    ]);
    expect(await modelCallsOfAgents()).toEqual([0]);
  });

  it('does not count if it ends after the agent', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await inAgent(async () => {
      late = ask();
    });
    await late;
    expect(usageOf('invoke_agent assistant')).toBeUndefined();
    expect(await modelCallsOfAgents()).toEqual([0]);
  });

  it('is no model call if it embeds a text', async () => {
    await inAgent(() => harness.client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' }));
    expect(await modelCallsOfAgents()).toEqual([0]);
  });
});
