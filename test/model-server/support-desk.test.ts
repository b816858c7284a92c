import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';
import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ModelServer } from '../../examples/model-server/server.js';
import { clientOf, playing, serverForFile } from './local-client.js';

// Else the SDK would try to upload its traces.
setTracingDisabled(true);

const server = serverForFile();

/** The two agents of the scenario, with tools that call the shop over HTTP. */
function triageAgent(shop: ModelServer, agentName = 'Refund agent') {
  const lookupOrder = tool({
    name: 'lookup_order',
    description: 'Looks up an order.',
    parameters: z.object({ orderId: z.string() }),
    execute: async ({ orderId }) => (await fetch(`${shop.origin}/shop/orders/${orderId}`)).text(),
  });
  const checkPolicy = tool({
    name: 'check_policy',
    description: 'Reads a policy.',
    parameters: z.object({ topic: z.string() }),
    execute: ({ topic }) => `Policy on ${topic}: within 30 days.`,
  });
  const issueRefund = tool({
    name: 'issue_refund',
    description: 'Issues a refund.',
    parameters: z.object({ orderId: z.string(), amount: z.number() }),
    execute: async (refund) =>
      (await fetch(`${shop.origin}/shop/refunds`, { method: 'POST', body: JSON.stringify(refund) })).text(),
  });
  const refundAgent = new Agent({
    name: agentName,
    instructions: 'You issue refunds.',
    tools: [issueRefund],
  });
  return new Agent({
    name: 'Triage agent',
    instructions: 'You triage requests and hand over to the refund agent.',
    tools: [lookupOrder, checkPolicy],
    handoffs: [refundAgent],
  });
}

function runnerOf(client: OpenAI, useResponses: boolean): Runner {
  return new Runner({
    model: 'gpt-5-mini',
    modelProvider: new OpenAIProvider({ openAIClient: client, useResponses }),
  });
}

const QUESTION = 'My order A-1001 came broken. Can I have a refund?';
const ANSWER = /^Your refund of 42\.50 EUR for order A-1001 has been issued\./;
const STEPS = [
  'Triage agent: lookup_order {"orderId":"A-1001"}',
  'Triage agent: check_policy {"topic":"refunds"}',
  'Triage agent: handoff to Refund agent',
  'Refund agent: issue_refund {"orderId":"A-1001","amount":42.5}',
  'Refund agent: message',
];

interface FinishedRun {
  readonly finalOutput?: unknown;
  readonly newItems: Awaited<ReturnType<typeof runPlain>>['newItems'];
}

function runPlain(runner: Runner, agent: ReturnType<typeof triageAgent>) {
  return runner.run(agent, QUESTION);
}

/** What the agents did, as lines. */
function stepsOf(run: FinishedRun): string[] {
  return run.newItems.flatMap((item) => {
    switch (item.type) {
      case 'tool_call_item':
        return item.rawItem.type === 'function_call'
          ? `${item.agent.name}: ${item.rawItem.name} ${item.rawItem.arguments}`
          : [];
      case 'handoff_output_item':
        return `${item.sourceAgent.name}: handoff to ${item.targetAgent.name}`;
      case 'message_output_item':
        return `${item.agent.name}: message`;
      default:
        return [];
    }
  });
}

describe.each([
  ['Responses', true],
  ['Chat Completions', false],
])('the support desk over %s', (_api, useResponses) => {
  test('plays to the end', async () => {
    const run = await runPlain(runnerOf(clientOf(server()), useResponses), triageAgent(server()));
    expect(run.finalOutput).toMatch(ANSWER);
    expect(stepsOf(run)).toEqual(STEPS);
    expect(run.state.usage).toMatchObject({ requests: 4, inputTokens: 2027, outputTokens: 225 });
  });

  test('plays to the end when streamed', async () => {
    const run = await runnerOf(clientOf(server()), useResponses).run(triageAgent(server()), QUESTION, {
      stream: true,
    });
    let text = '';
    for await (const event of run) {
      if (event.type === 'raw_model_stream_event' && event.data.type === 'output_text_delta') {
        text += event.data.delta;
      }
    }
    await run.completed;
    expect(run.finalOutput).toMatch(ANSWER);
    expect(text).toBe(run.finalOutput);
    expect(stepsOf(run)).toEqual(STEPS);
  });

  test('plays twenty times at once', async () => {
    const runner = runnerOf(clientOf(server()), useResponses);
    const runs = await Promise.all(Array.from({ length: 20 }, () => runPlain(runner, triageAgent(server()))));
    for (const run of runs) expect(stepsOf(run)).toEqual(STEPS);
  });
});

test('a handoff is found whatever the case of the agent’s name', async () => {
  const run = await runPlain(runnerOf(clientOf(server()), true), triageAgent(server(), 'refund_agent'));
  expect(run.finalOutput).toMatch(ANSWER);
});

test('a second question in the same conversation starts over', async () => {
  const runner = runnerOf(clientOf(server()), true);
  const first = await runPlain(runner, triageAgent(server()));
  const second = await runner.run(triageAgent(server()), [
    ...first.history,
    { role: 'user', content: 'And again A-1001?' },
  ]);
  expect(stepsOf(second)).toEqual(STEPS);
});

test.each([
  ['through headers', () => playing('support-desk', 'rate-limit;times=1;retry-after-ms=5').headers],
  ['through the scenario', () => playing('support-desk-busy').headers],
])('a rate limit, asked for %s, is met once', async (_way, headers) => {
  const before = server().requests.length;
  const client = clientOf(server(), { maxRetries: 2, defaultHeaders: headers() });
  const run = await runPlain(runnerOf(client, true), triageAgent(server()));
  expect(run.finalOutput).toMatch(ANSWER);
  const modelCalls = server()
    .requests.slice(before)
    .filter((request) => request.path === '/v1/responses');
  expect(modelCalls.map((request) => request.status)).toEqual([429, 200, 200, 200, 200]);
});

test('the handoff scenario hands over to a specialist', async () => {
  const specialist = new Agent({ name: 'Specialist' });
  const front = new Agent({ name: 'Front desk', handoffs: [specialist] });
  const client = clientOf(server(), { defaultHeaders: playing('handoff').headers });
  const run = await runnerOf(client, true).run(front, 'Why?');
  expect(run.finalOutput).toBe('The specialist answers: Why?');
  expect(run.lastAgent?.name).toBe('Specialist');
});
