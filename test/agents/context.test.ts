import * as agents from '@openai/agents';
import { context, trace } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { deskOf, REQUEST } from './desk.js';

/** The model calls an agent that is a tool and an ordinary tool, in parallel. */
const ASKS_AN_AGENT = {
  id: 'asks-an-agent',
  steps: [
    { when: { toolResultCount: 2 }, reply: { text: 'Done.' } },
    {
      reply: {
        toolCalls: [
          { name: 'ask', arguments: { input: 'Hello' } },
          { name: 'b', arguments: { query: 'second' } },
        ],
      },
    },
  ],
};

const tracer = trace.getTracer('application');

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: [ASKS_AN_AGENT] });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

/** Returns an agent whose tools `a` and `b` run these functions. */
function twoTools(tools: { a: () => unknown; b: () => unknown }) {
  const parameters = z.object({ query: z.string() });
  return new agents.Agent({
    name: 'worker',
    model: 'two-tools',
    tools: [
      agents.tool({ name: 'a', description: 'a', parameters, execute: async () => String(await tools.a()) }),
      agents.tool({ name: 'b', description: 'b', parameters, execute: async () => String(await tools.b()) }),
    ],
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const activeName = () => (trace.getActiveSpan() as { name?: string } | undefined)?.name;

describe('The active span inside a run', () => {
  it('is the running tool, in parallel tools and across awaits', async () => {
    const seen: Record<string, (string | undefined)[]> = { a: [], b: [] };
    const tool = (name: string, ms: number) => async () => {
      seen[name]?.push(activeName());
      await pause(ms);
      seen[name]?.push(activeName());
      await fetch(`${harness.server.origin}/healthz`);
      await tracer.startActiveSpan(`work of ${name}`, async (span) => {
        await pause(1);
        seen[name]?.push(activeName());
        span.end();
      });
      seen[name]?.push(activeName());
    };
    await agents.run(twoTools({ a: tool('a', 8), b: tool('b', 3) }), 'go');
    expect(seen).toEqual({
      a: ['execute_tool a', 'execute_tool a', 'work of a', 'execute_tool a'],
      b: ['execute_tool b', 'execute_tool b', 'work of b', 'execute_tool b'],
    });
    expect(spanTree(harness.allSpans())).toEqual([
      'invoke_workflow worker [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat two-tools [CLIENT]',
      '      POST [CLIENT]',
      '    execute_tool a [INTERNAL]',
      '      GET [CLIENT]',
      '      work of a [INTERNAL]',
      '    execute_tool b [INTERNAL]',
      '      GET [CLIENT]',
      '      work of b [INTERNAL]',
      '    chat two-tools [CLIENT]',
      '      POST [CLIENT]',
    ]);
  });

  it('is the running guardrail, and the agent in between', async () => {
    const seen: (string | undefined)[] = [];
    const agent = new agents.Agent({
      name: 'guarded',
      model: 'plain',
      instructions: () => {
        seen.push(activeName());
        return 'Be brief.';
      },
      inputGuardrails: [
        {
          name: 'polite',
          execute: async () => {
            seen.push(activeName());
            return { tripwireTriggered: false, outputInfo: {} };
          },
        },
      ],
    });
    await agents.run(agent, 'Hello');
    expect(seen.sort()).toEqual(['guardrail polite', 'invoke_agent guarded']);
  });

  it('is the model call while the client sends', async () => {
    let seen: string | undefined;
    const openAIClient = harness.client.withOptions({
      fetch: (url, init) => {
        seen = activeName();
        return fetch(url, init);
      },
    });
    const runner = new agents.Runner({ modelProvider: new agents.OpenAIProvider({ openAIClient }) });
    await runner.run(new agents.Agent({ name: 'plain', model: 'plain' }), 'Hello');
    expect(seen).toBe('chat plain');
  });

  it('is the parent of an agent that runs as a tool and of a run that a tool starts', async () => {
    const inner = new agents.Agent({ name: 'inner', model: 'plain', instructions: 'Answer.' });
    const outer = new agents.Agent({
      name: 'outer',
      model: 'asks-an-agent',
      tools: [
        inner.asTool({ toolName: 'ask', toolDescription: 'asks the inner agent' }),
        agents.tool({
          name: 'b',
          description: 'b',
          parameters: z.object({ query: z.string() }),
          execute: () =>
            tracer.startActiveSpan('my own span', async (span) => {
              const result = await agents.run(inner, 'Hello');
              span.end();
              return String(result.finalOutput);
            }),
        }),
      ],
    });
    await agents.run(outer, 'go');
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow outer [INTERNAL]',
      '  invoke_agent outer [INTERNAL]',
      '    chat asks-an-agent [CLIENT]',
      '    execute_tool ask [INTERNAL]',
      '      invoke_agent inner [INTERNAL]',
      '        chat plain [CLIENT]',
      '    execute_tool b [INTERNAL]',
      '      my own span [INTERNAL]',
      '        invoke_agent inner [INTERNAL]',
      '          chat plain [CLIENT]',
      '    chat asks-an-agent [CLIENT]',
    ]);
    const events = await harness.events();
    expect(streamViolations(events)).toEqual([]);
    // Messages between agents are the tool's input and output; the run had one input and one output.
    const messages = events.filter((event) => event.message !== undefined).map((event) => event.type);
    expect(messages).toEqual(['EVENT_TYPE_INPUT_RECEIVED', 'EVENT_TYPE_OUTPUT_EMITTED']);
  });

  it('is the parent of a model call that a tool makes with its own client', async () => {
    const ask = () =>
      harness.client.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'x' }] });
    await agents.run(twoTools({ a: ask, b: () => 'b' }), 'go');
    expect(spanTree(harness.spans())).toContain('      chat plain [CLIENT]');
    expect(harness.spans().filter((span) => span.name.startsWith('chat'))).toHaveLength(3);
  });

  it('connects the runs inside withTrace and the spans of the application to one tree', async () => {
    const agent = new agents.Agent({ name: 'plain', model: 'plain' });
    await agents.withTrace('Morning round', async () => {
      await agents.run(agent, 'first');
      await tracer.startActiveSpan('step', async (span) => {
        await agents.run(agent, 'second');
        span.end();
      });
      await agents.withCustomSpan(async () => agents.run(agent, 'third'), { data: { name: 'my step' } });
    });
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow Morning round [INTERNAL]',
      '  invoke_agent plain [INTERNAL]',
      '    chat plain [CLIENT]',
      '  step [INTERNAL]',
      '    invoke_agent plain [INTERNAL]',
      '      chat plain [CLIENT]',
      '  my step [INTERNAL]',
      '    invoke_agent plain [INTERNAL]',
      '      chat plain [CLIENT]',
    ]);
    expect(harness.openSpanCount()).toBe(0);
  });
});

describe('The context around a run', () => {
  it.each([
    ['a run', () => agents.run(deskOf(harness), REQUEST)],
    [
      'a streamed run',
      async () => {
        const result = await agents.run(deskOf(harness), REQUEST, { stream: true });
        const inLoop = new Set<string | undefined>();
        for await (const _event of result) inLoop.add(activeName());
        await result.completed;
        expect([...inLoop]).toEqual(['request']);
      },
    ],
    [
      'a run that fails',
      () =>
        agents.run(new agents.Agent({ name: 'lost', model: 'no-such-model' }), 'x').catch(() => undefined),
    ],
  ])('is the same before and after %s', async (_name, play) => {
    await tracer.startActiveSpan('request', async (span) => {
      const before = context.active();
      await play();
      expect(context.active()).toBe(before);
      expect(activeName()).toBe('request');
      await harness.client.responses.create({ model: 'plain', input: 'afterwards' });
      span.end();
    });
    expect(context.active()).toBe(context.active());
    expect(activeName()).toBeUndefined();
    const tree = spanTree(harness.spans());
    expect(tree[0]).toBe('request [INTERNAL]');
    expect(tree[1]).toMatch(/^ {2}invoke_workflow/);
    expect(tree.at(-1)).toBe('  chat plain [CLIENT]');
  });

  it('gets no second workflow span from work that outlives its tool', async () => {
    let endRun = () => {};
    const runOver = new Promise<void>((resolve) => {
      endRun = resolve;
    });
    let late: Promise<void> | undefined;
    const outlive = () => {
      late = runOver.then(() => agents.withCustomSpan(async () => {}, { data: { name: 'late' } }));
      return 'started';
    };
    await agents.run(twoTools({ a: outlive, b: () => 'b' }), 'go');
    endRun();
    await late;
    expect(spanTree(harness.spans())).toEqual([
      'invoke_workflow worker [INTERNAL]',
      '  invoke_agent worker [INTERNAL]',
      '    chat two-tools [CLIENT]',
      '    execute_tool a [INTERNAL]',
      '      late [INTERNAL]',
      '    execute_tool b [INTERNAL]',
      '    chat two-tools [CLIENT]',
    ]);
    expect(harness.openSpanCount()).toBe(0);
  });

  it('is empty again once the run is over, so that later calls are not placed under the ended run', async () => {
    await agents.run(deskOf(harness), REQUEST);
    await harness.client.responses.create({ model: 'plain', input: 'unrelated' });
    const unrelated = harness.spans().find((span) => span.name === 'chat plain');
    expect(unrelated?.parentSpanContext).toBeUndefined();
  });
});
