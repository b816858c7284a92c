/** The application continues in the same microtask turn as without the instrumentation, or in the next one. */
import * as mcp from '@modelcontextprotocol/client';
import * as agents from '@openai/agents';
import * as realtime from '@openai/agents/realtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { connectMcp, connectRealtime } from './in-memory-peers.js';
import { model, output } from './scripted-model.js';

/** Far more than anything here takes; what is not all microtasks would never end. */
const MOST_TURNS = 10_000;

/** Returns the number of microtask turns until the condition holds. */
async function turnsUntil(isOver: () => boolean): Promise<number> {
  let turns = 0;
  while (!isOver() && turns < MOST_TURNS) {
    turns += 1;
    await undefined;
  }
  return turns;
}

async function turnsOf(action: () => Promise<unknown>): Promise<number> {
  let over = false;
  const done = action().then(() => {
    over = true;
  });
  const turns = await turnsUntil(() => over);
  await done;
  return turns;
}

const item = (content: string): agents.AgentInputItem => ({ role: 'user', content });
const echo = () =>
  new realtime.RealtimeAgent({
    name: 'worker',
    tools: [
      realtime.tool({ name: 'echo', description: 'Echoes', parameters: z.object({}), execute: () => 'done' }),
    ],
  });
const functionCall = (id: number) => ({
  type: 'response.output_item.done',
  event_id: `e${id}`,
  response_id: 'r',
  output_index: 0,
  item: {
    id: `i${id}`,
    type: 'function_call',
    status: 'completed',
    name: 'echo',
    call_id: `c${id}`,
    arguments: '{}',
  },
});

interface Program {
  readonly name: string;
  /** Prepares, and returns what is measured; it is measured twice, the first time to warm up. */
  readonly prepare: () => Promise<() => Promise<number>>;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'a tool of an MCP client',
    prepare: async () => {
      const client = await connectMcp();
      return () => turnsOf(() => client.callTool({ name: 'add', arguments: { a: 1, b: 2 } }));
    },
  },
  {
    name: 'an MCP call that fails',
    prepare: async () => {
      const client = await connectMcp();
      return () => turnsOf(() => client.callTool({ name: 'gone' }).catch(() => {}));
    },
  },
  {
    name: 'a list of an MCP client',
    prepare: async () => {
      const client = await connectMcp();
      return () => turnsOf(() => client.listTools());
    },
  },
  ...(['addItems', 'getItems', 'popItem', 'clearSession', 'getSessionId'] as const).map(
    (method): Program => ({
      name: `${method}() of a MemorySession`,
      prepare: async () => {
        const session = new agents.MemorySession({ initialItems: [item('a'), item('b')] });
        return () =>
          turnsOf(() => Reflect.apply(session[method], session, method === 'addItems' ? [[item('c')]] : []));
      },
    }),
  ),
  {
    name: 'a run with a MemorySession',
    prepare: async () => {
      const session = new agents.MemorySession();
      const agent = new agents.Agent({ name: 'a', model: model(output('done')) });
      const runner = new agents.Runner();
      await runner.run(agent, 'x', { session });
      await session.clearSession();
      return async () => {
        await session.clearSession();
        return turnsOf(() => runner.run(agent, 'x', { session }));
      };
    },
  },
  {
    name: 'the output of a realtime tool, until it is sent',
    prepare: async () => {
      const { sent, receive } = await connectRealtime(echo());
      let calls = 0;
      return () => {
        calls += 1;
        const mine = calls;
        receive(functionCall(mine));
        return turnsUntil(() =>
          sent.some((frame) => frame.includes('function_call_output') && frame.includes(`"c${mine}"`)),
        );
      };
    },
  },
  {
    name: 'a message of a realtime session, until it is sent',
    prepare: async () => {
      const { session, sent } = await connectRealtime(echo());
      let messages = 0;
      return () => {
        messages += 1;
        const text = `message ${messages}`;
        session.sendMessage(text);
        return turnsUntil(() => sent.some((frame) => frame.includes(text)));
      };
    },
  },
  {
    name: 'the connection of a realtime session',
    prepare: async () => () => turnsOf(() => connectRealtime(echo())),
  },
];

async function measure({ prepare }: Program): Promise<number> {
  const once = await prepare();
  await once();
  return await once();
}

const bare = new Map<string, number>();
let harness: Harness;
beforeAll(async () => {
  agents.setTraceProcessors([]);
  agents.setTracingDisabled(false);
  for (const program of PROGRAMS) bare.set(program.name, await measure(program));
  harness = await startHarness({ instrumentation: { captureMessageContent: 'SPAN_AND_EVENT' } });
  harness.instrumentation.manuallyInstrument({ mcp, realtime });
});
afterAll(() => harness.stop());

describe('The number of microtask turns is the same, or one more, for', () => {
  it.each(PROGRAMS)('$name', async (program) => {
    const without = bare.get(program.name) ?? MOST_TURNS;
    const turns = await measure(program);
    expect(without).toBeLessThan(MOST_TURNS);
    expect(turns).toBeGreaterThanOrEqual(without);
    expect(turns).toBeLessThanOrEqual(without + 1);
  });

  it('calls that are recorded', () => {
    const names = new Set(harness.spans().map(({ name }) => name));
    expect([...names]).toEqual(
      expect.arrayContaining([
        'tools/call add',
        'tools/call gone',
        'tools/list',
        'execute_tool echo',
        'chat',
      ]),
    );
  });
});
