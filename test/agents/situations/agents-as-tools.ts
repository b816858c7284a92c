import * as agents from '@openai/agents';
import { z } from 'zod';
import type { Situation } from './situation.js';
import { toolA } from './tools.js';

const sub = (name: string, model = 'says-sub', tools: agents.Tool[] = []) =>
  new agents.Agent({ name, model, instructions: `You are ${name}.`, tools });

const main = (model: string, tools: agents.Tool[]) => new agents.Agent({ name: 'Main', model, tools });

const asTool = (agent: agents.Agent, toolName: string, options: { onStream?: () => void } = {}) =>
  agent.asTool({ toolName, toolDescription: `asks ${agent.name}`, ...options });

/** Agents that other agents call as tools. */
export const agentsAsTools: readonly Situation[] = [
  {
    name: 'agent-as-tool',
    run: async (tools) =>
      (await tools.runner().run(main('asks-sub', [asTool(sub('Sub'), 'ask_sub')]), 'go')).finalOutput,
  },
  {
    name: 'agent-as-tool-stream-inner',
    run: async (tools) =>
      (
        await tools
          .runner()
          .run(main('asks-sub', [asTool(sub('Sub'), 'ask_sub', { onStream: () => {} })]), 'go')
      ).finalOutput,
  },
  {
    name: 'agent-as-tool-parallel',
    parallel: true,
    run: async (tools) =>
      (
        await tools
          .runner()
          .run(main('asks-two', [asTool(sub('Sub1'), 'ask1'), asTool(sub('Sub2'), 'ask2')]), 'go')
      ).finalOutput,
  },
  {
    name: 'agent-as-tool-parallel-with-tools',
    parallel: true,
    run: async (tools) => {
      const fetching = () => fetch(`${tools.server.origin}/healthz`);
      const withTool = (name: string) => sub(name, 'calls-a', [toolA(fetching)]);
      return (
        await tools
          .runner()
          .run(main('asks-two', [asTool(withTool('Sub1'), 'ask1'), asTool(withTool('Sub2'), 'ask2')]), 'go')
      ).finalOutput;
    },
  },
  {
    name: 'agent-as-tool-fails',
    run: async (tools) =>
      (await tools.runner().run(main('asks-sub', [asTool(sub('Sub', 'no-such-model'), 'ask_sub')]), 'go'))
        .finalOutput,
  },
  {
    name: 'run-inside-tool',
    run: async (tools) => {
      const tool = agents.tool({
        name: 'a',
        description: 'runs another agent',
        parameters: z.object({ x: z.number() }),
        execute: async () => String((await agents.run(sub('Sub'), 'inner question')).finalOutput),
      });
      return (await tools.runner().run(main('calls-a', [tool]), 'go')).finalOutput;
    },
  },
];
