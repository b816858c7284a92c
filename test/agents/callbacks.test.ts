import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { type Harness, startHarness } from '../harness/telemetry.js';

/** The model calls two tools in parallel; the second one ends first. */
const TWO_CALLS = {
  id: 'two-calls',
  steps: [
    { when: { toolResultCount: 2 }, reply: { text: 'Done.' } },
    {
      reply: {
        toolCalls: [
          { name: 'slow', arguments: { query: 'first' } },
          { name: 'fast', arguments: { query: 'second' } },
        ],
      },
    },
  ],
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const { allow, rejectContent } = agents.ToolGuardrailFunctionOutputFactory;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ scenarios: [TWO_CALLS] });
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

function guardedTool(
  name: string,
  ms: number,
  guards: {
    input?: agents.ToolInputGuardrailDefinition[];
    output?: agents.ToolOutputGuardrailDefinition[];
  },
) {
  return agents.tool({
    name,
    description: name,
    parameters: z.object({ query: z.string() }),
    execute: async () => {
      await pause(ms);
      return name;
    },
    inputGuardrails: guards.input ?? [],
    outputGuardrails: guards.output ?? [],
  });
}

const agentWith = (...tools: agents.Tool[]) =>
  new agents.Agent({ name: 'worker', model: 'two-calls', tools });

/** Returns each guardrail decision with the tool call whose span carries it. */
async function decisions(): Promise<unknown[]> {
  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  const names = new Map(events.map((event) => [event.tool_call && event.span_id, event.tool_call?.name]));
  return events
    .filter((event) => event.policy !== undefined)
    .map(({ policy, span_id, metadata }) => [
      policy?.policy_id,
      policy?.rule_ids?.[0],
      policy?.outcome,
      names.get(span_id),
      metadata?.tool_name,
    ]);
}

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('A decision of a tool guardrail', () => {
  it('is recorded once per call, on the call it is about, when parallel calls share the guardrail', async () => {
    const input = agents.defineToolInputGuardrail({
      name: 'in',
      run: async () => {
        await pause(2);
        return allow();
      },
    });
    const output = agents.defineToolOutputGuardrail({ name: 'out', run: async () => allow() });
    const guards = { input: [input], output: [output] };
    const agent = agentWith(guardedTool('slow', 20, guards), guardedTool('fast', 1, guards));
    const expected = [
      ['in', 'tool_input', 'allow', 'fast', 'fast'],
      ['in', 'tool_input', 'allow', 'slow', 'slow'],
      ['out', 'tool_output', 'allow', 'fast', 'fast'],
      ['out', 'tool_output', 'allow', 'slow', 'slow'],
    ];
    for (const _run of [1, 2]) {
      await agents.run(agent, 'go');
      expect(sorted(await decisions())).toEqual(sorted(expected));
      await harness.reset();
    }
  });

  it('carries the name of the copy when the guardrail is a copy of another one', async () => {
    const first = agents.defineToolInputGuardrail({ name: 'first', run: async () => allow() });
    await agents.run(agentWith(guardedTool('slow', 1, { input: [first] }), guardedTool('fast', 1, {})), 'go');
    await harness.reset();
    const copy = { ...first, name: 'copy' };
    await agents.run(agentWith(guardedTool('slow', 1, { input: [copy] }), guardedTool('fast', 1, {})), 'go');
    expect(await decisions()).toEqual([['copy', 'tool_input', 'allow', 'slow', 'slow']]);
  });

  it('is recorded when the guardrail is frozen', async () => {
    const frozen = Object.freeze(
      agents.defineToolInputGuardrail({ name: 'frozen', run: async () => rejectContent('no') }),
    );
    const open = agents.defineToolInputGuardrail({ name: 'open', run: async () => allow() });
    const agent = agentWith(
      guardedTool('slow', 1, { input: [frozen] }),
      guardedTool('fast', 1, { input: [open] }),
    );
    await agents.run(agent, 'go');
    expect(sorted(await decisions())).toEqual(
      sorted([
        ['frozen', 'tool_input', 'deny', 'slow', 'slow'],
        ['open', 'tool_input', 'allow', 'fast', 'fast'],
      ]),
    );
  });

  it("is recorded on the agent when the guardrail runs before the tool's approval", async () => {
    const input = agents.defineToolInputGuardrail({ name: 'in', run: async () => allow() });
    const needing = { ...guardedTool('slow', 1, { input: [input] }), needsApproval: async () => true };
    const runner = new agents.Runner({ toolExecution: { preApprovalInputGuardrails: true } });
    await runner.run(agentWith(needing, guardedTool('fast', 1, {})), 'go');
    expect(await decisions()).toEqual([
      ['in', 'tool_input', 'allow', undefined, 'slow'],
      ['tool_approval', undefined, 'review', undefined, 'slow'],
    ]);
  });

  it('reaches the application unchanged, and so does a failure', async () => {
    const calledFor: unknown[] = [];
    class Strict {
      readonly type = 'tool_input' as const;
      readonly name = 'strict';
      readonly #word = 'no';
      async run(data: { toolCall: { name: string } }) {
        calledFor.push(data.toolCall.name);
        if (data.toolCall.name === 'fast') throw new RangeError('guard broke');
        return rejectContent(this.#word);
      }
    }
    const guardrail = new Strict();
    const keys = Object.keys(guardrail);
    const guards = { input: [guardrail as unknown as agents.ToolInputGuardrailDefinition] };
    const agent = agentWith(guardedTool('slow', 1, guards), guardedTool('fast', 1, guards));
    await expect(agents.run(agent, 'go')).rejects.toThrow('guard broke');
    expect(calledFor).toEqual(['slow', 'fast']);
    expect(Object.keys(guardrail)).toEqual(keys);
    expect(guardrail.run.name).toBe('run');
  });
});

describe('The result of a callback', () => {
  it('is withheld if the run is configured without content', async () => {
    const agent = new agents.Agent({
      name: 'guarded',
      model: 'plain',
      inputGuardrails: [
        {
          name: 'polite',
          execute: async () => ({ tripwireTriggered: false, outputInfo: { said: 'secret' } }),
        },
      ],
    });
    await new agents.Runner({ traceIncludeSensitiveData: false }).run(agent, 'Hello');
    const [decision] = (await harness.events()).filter((event) => event.policy !== undefined);
    expect([decision?.policy, decision?.metadata]).toEqual([
      { policy_id: 'polite', outcome: 'allow', rationale: 'guardrail passed', rule_ids: ['input'] },
      undefined,
    ]);
  });
});

describe("An application's write to a session", () => {
  it('is recorded once if its class extends another hooked class', async () => {
    class Noting extends agents.MemorySession {
      override async addItems(items: agents.AgentInputItem[]) {
        await super.addItems(items);
      }
    }
    const session = new Noting({ sessionId: 'noting-1' });
    await agents.run(new agents.Agent({ name: 'plain', model: 'plain' }), 'Hello', { session });
    await session.addItems([agents.user('more')]);
    const writes = (await harness.events()).filter(({ state_update }) => state_update?.store === 'session');
    expect(writes.map(({ session_id, state_update }) => [session_id, state_update?.item_count])).toEqual([
      ['noting-1', 2],
      ['noting-1', 1],
    ]);
  });
});

describe('A workflow that fails', () => {
  const broken = () =>
    agents.withTrace(
      'outer',
      () =>
        agents.withCustomSpan(
          async () => {
            throw new RangeError('my step broke');
          },
          { data: { name: 'my step' } },
        ),
      { groupId: 'failing-twice' },
    );

  it('has an error event each time, even if an earlier workflow of its session had one', async () => {
    await expect(broken()).rejects.toThrow('my step broke');
    await expect(broken()).rejects.toThrow('my step broke');
    const errors = (await harness.events()).filter(({ error }) => error !== undefined);
    expect(errors.map(({ session_id, error }) => [session_id, error])).toEqual([
      ['failing-twice', { error_message: 'my step broke', error_code: 'RangeError' }],
      ['failing-twice', { error_message: 'my step broke', error_code: 'RangeError' }],
    ]);
  });
});

describe('A callback', () => {
  it('runs unobserved after the instrumentation is disabled', async () => {
    const input = agents.defineToolInputGuardrail({ name: 'in', run: async () => rejectContent('no') });
    const agent = agentWith(guardedTool('slow', 1, { input: [input] }), guardedTool('fast', 1, {}));
    await agents.run(agent, 'go');
    harness.instrumentation.disable();
    await harness.reset();
    const { finalOutput } = await agents.run(agent, 'go');
    expect([finalOutput, await harness.events()]).toEqual(['Done.', []]);
    harness.instrumentation.enable();
    await agents.run(agent, 'go');
    expect(await decisions()).toEqual([['in', 'tool_input', 'deny', 'slow', 'slow']]);
  });
});
