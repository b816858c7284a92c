// Agents in a sandbox, whose tools become known while the sandbox is prepared.
// Source: ../shared/cases/calls-and-decisions/sandbox-agent-has-no-tools.mjs (scaleapi/scale-agentex-python#377,
// thrashr888/agentkernel#23).
import * as agents from '@openai/agents';
import { SandboxAgent, shell } from '@openai/agents/sandbox';
import { UnixLocalSandboxClient } from '@openai/agents/sandbox/local';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { streamViolations } from '../harness/check-stream.js';
import { spanTree } from '../harness/span-tree.js';
import { type Harness, startHarness } from '../harness/telemetry.js';
import { call, model, output } from './scripted-model.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.stop());

/** A scripted model that keeps the names of the tools that it is offered. */
function offering() {
  const offered: string[] = [];
  const scripted = model(call('exec_command', '{"cmd":"echo hi"}'), output('done'));
  const keep = ({ tools }: agents.ModelRequest) => {
    offered.splice(0, offered.length, ...tools.map(({ name }) => name));
  };
  return {
    offered,
    model: {
      getResponse(request: agents.ModelRequest) {
        keep(request);
        return scripted.getResponse(request);
      },
      getStreamedResponse(request: agents.ModelRequest) {
        keep(request);
        return scripted.getStreamedResponse(request);
      },
    } as agents.Model,
  };
}

const sandbox = { client: new UnixLocalSandboxClient() };
const own = agents.tool({ name: 'own', description: 'd', parameters: z.object({}), execute: () => 'x' });

/** The tools in the agent's START and in the description of the agent. */
async function describedTools(): Promise<unknown[]> {
  const events = await harness.events();
  expect(streamViolations(events)).toEqual([]);
  const start = events.find(({ type }) => type === 'EVENT_TYPE_AGENT_START');
  const described = events.find(({ type }) => type === 'EVENT_TYPE_STATE_UPDATE');
  return [start?.metadata?.tools, described?.state_update?.tools];
}

describe('An agent in a sandbox', () => {
  it.each([false, true])('lists the tools that its model was offered (streamed: %s)', async (stream) => {
    const { offered, model: scripted } = offering();
    const agent = new SandboxAgent({ name: 'A', model: scripted, capabilities: [shell()] });
    if (stream) await (await agents.run(agent, 'go', { sandbox, stream: true })).completed;
    else await agents.run(agent, 'go', { sandbox });
    expect(offered).toEqual(expect.arrayContaining(['exec_command']));
    expect(await describedTools()).toEqual([offered, offered]);
    expect(harness.openSpanCount()).toBe(0);
    const tree = spanTree(harness.spans());
    expect(tree.slice(0, 2)).toEqual(['invoke_workflow A [INTERNAL]', '  invoke_agent A [INTERNAL]']);
    expect(tree).toContain('    execute_tool exec_command [INTERNAL]');
    const prepared = harness.spans().filter(({ name }) => name.startsWith('sandbox.'));
    expect(prepared.length).toBeGreaterThan(0);
    for (const { startTime, endTime } of prepared) {
      expect(endTime[0] * 1e9 + endTime[1]).toBeGreaterThanOrEqual(startTime[0] * 1e9 + startTime[1]);
    }
  });

  it('lists its own tools with those of the sandbox', async () => {
    const { offered, model: scripted } = offering();
    await agents.run(
      new SandboxAgent({ name: 'A', model: scripted, tools: [own], capabilities: [shell()] }),
      'go',
      {
        sandbox,
      },
    );
    expect(offered).toContain('own');
    expect((await describedTools())[0]).toEqual(offered);
  });

  it('has no list of tools if the sandbox cannot be prepared, and its spans end', async () => {
    class Broken extends UnixLocalSandboxClient {
      override create(): never {
        throw new Error('no sandbox here');
      }
    }
    const agent = new SandboxAgent({ name: 'A', model: offering().model, capabilities: [shell()] });
    await expect(agents.run(agent, 'go', { sandbox: { client: new Broken() } })).rejects.toThrow(
      'no sandbox here',
    );
    expect(harness.openSpanCount()).toBe(0);
    expect(await describedTools()).toEqual([undefined, undefined]);
    expect(spanTree(harness.spans())[0]).toContain('invoke_workflow A [INTERNAL] ✗');
  });
});
