/** Every run that is resumed links to the run that it continues: several in one trace or of one text, and runs that broke off. */
import * as agents from '@openai/agents';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from '../../harness/telemetry.js';
import { functionCall, KINDS, type ScriptedServer, startScriptedServer, text } from './kinds.js';

let harness: Harness;
let server: ScriptedServer;
beforeAll(async () => {
  harness = await startHarness();
  server = await startScriptedServer();
});
afterEach(() => harness.reset());
afterAll(async () => {
  server.close();
  await harness.stop();
});

const [pay] = KINDS;
const careful = () => new agents.Agent({ name: 'A', model: 'm', tools: pay ? [pay.tool()] : [] });
type Careful = ReturnType<typeof careful>;
const ask = (id: string) => functionCall(id, 'pay', { eur: 5 });

const workflows = () => harness.spans().filter(({ name }) => name.startsWith('invoke_workflow'));

/** The position of the workflows that each workflow links to. */
const links = () => {
  const ids = workflows().map((span) => span.spanContext().spanId);
  return workflows().map((span) => span.links.map(({ context }) => ids.indexOf(context.spanId)));
};

function approve(state: agents.RunState<undefined, Careful>): void {
  for (const item of state.getInterruptions()) state.approve(item);
}

describe('A resumed run', () => {
  it('is linked within a trace of the application, as each other run that goes on there', async () => {
    server.script([ask('c-1')], [ask('c-2')], [text('one')], [text('two')]);
    const agent = careful();
    const waiting = [await agents.run(agent, 'first'), await agents.run(agent, 'second')];
    await agents.withTrace('approve all', async () => {
      for (const { state } of waiting) {
        approve(state);
        await agents.run(agent, state);
      }
    });
    expect(links()).toEqual([[], [], [0], [1], []]);
  });

  it('is linked each time that a stored state is resumed, also at the same time', async () => {
    server.script([ask('c-1')]);
    const agent = careful();
    const stored = (await agents.run(agent, 'go')).state.toString();
    await Promise.all(
      [1, 2].map(async () => {
        const state = await agents.RunState.fromString<undefined, Careful>(agent, stored);
        approve(state);
        await agents.run(agent, state);
      }),
    );
    expect(links()).toEqual([[], [0], [0]]);
  });

  it('has no link to itself if it goes on in the trace in which it waited', async () => {
    server.script([ask('c-1')], [text('done')]);
    const agent = careful();
    await agents.withTrace('all', async () => {
      const { state } = await agents.run(agent, 'go');
      approve(state);
      await agents.run(agent, state);
    });
    expect(links()).toEqual([[]]);
  });
});

describe('A run that broke off', () => {
  const look = agents.tool({
    name: 'look',
    description: 'looks',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    execute: () => 'seen',
  });
  const looking = () => new agents.Agent({ name: 'A', model: 'm', tools: [look] });

  async function brokenOff(agent: agents.Agent) {
    server.script([functionCall('c-1', 'look', {})], [text('done')]);
    const error = await agents.run(agent, 'go', { maxTurns: 1 }).catch((caught: unknown) => caught);
    const { state } = error as { state?: agents.RunState<unknown, agents.Agent> };
    if (state === undefined) throw new Error('the error carries no state');
    return state;
  }

  it.each([
    ['in memory', async (_agent: agents.Agent, state: agents.RunState<unknown, agents.Agent>) => state],
    [
      'as text',
      (agent: agents.Agent, state: agents.RunState<unknown, agents.Agent>) =>
        agents.RunState.fromString(agent, state.toString()),
    ],
  ] as const)('is linked by the run that goes on with its state: %s', async (_how, keep) => {
    const agent = looking() as agents.Agent;
    const state = await keep(agent, await brokenOff(agent));
    const result = await agents.run(agent, state as never, { maxTurns: 9 });
    expect(result.finalOutput).toBe('done');
    expect(links()).toEqual([[], [0]]);
    expect(result.state.toString()).not.toContain('openai_agents.traceparent');
  });
});
