import * as agents from '@openai/agents';
import { countingTurns } from './counting-turns.js';
import { readAll, type Situation } from './situation.js';

const remote = (options: Partial<Parameters<typeof agents.hostedMcpTool>[0]> = {}) =>
  agents.hostedMcpTool({
    serverLabel: 'docs',
    serverUrl: 'https://mcp.example/docs',
    ...options,
  } as Parameters<typeof agents.hostedMcpTool>[0]);

const main = (model: string, ...tools: agents.Tool[]) =>
  new agents.Agent({ name: 'Main', model, instructions: countingTurns(), tools });

/** Tools that run at OpenAI, inside a response. */
export const hostedTools: readonly Situation[] = [
  {
    name: 'hosted-file-web-search',
    run: async (tools) => {
      const agent = main('searches', agents.fileSearchTool(['vs_shop']), agents.webSearchTool());
      const result = await tools.runner().run(agent, 'find');
      return [result.finalOutput, result.newItems.map((item) => item.type)];
    },
  },
  {
    name: 'hosted-file-web-search-stream',
    run: async (tools) => {
      const agent = main('searches', agents.fileSearchTool(['vs_shop']), agents.webSearchTool());
      return readAll(await tools.runner().run(agent, 'find', { stream: true }));
    },
  },
  {
    name: 'hosted-code-and-image',
    run: async (tools) => {
      const agent = main('runs-code-and-draws', agents.codeInterpreterTool(), agents.imageGenerationTool());
      return (await tools.runner().run(agent, 'draw')).finalOutput;
    },
  },
  {
    name: 'hosted-mcp',
    run: async (tools) => (await tools.runner().run(main('asks-remote-tools', remote()), 'go')).finalOutput,
  },
  {
    name: 'hosted-mcp-stream',
    run: async (tools) =>
      readAll(await tools.runner().run(main('asks-remote-tools', remote()), 'go', { stream: true })),
  },
  {
    name: 'hosted-code-and-image-stream',
    run: async (tools) => {
      const agent = main('runs-code-and-draws', agents.codeInterpreterTool(), agents.imageGenerationTool());
      return readAll(await tools.runner().run(agent, 'draw', { stream: true }));
    },
  },
  {
    name: 'hosted-mcp-approval',
    run: async (tools) => {
      const tool = remote({ requireApproval: 'always', onApproval: async () => ({ approve: true }) });
      return (await tools.runner().run(main('asks-approval', tool), 'go')).finalOutput;
    },
  },
  {
    name: 'hosted-mcp-approval-refused',
    run: async (tools) => {
      const tool = remote({
        requireApproval: 'always',
        onApproval: async () => ({ approve: false, reason: 'not that page' }),
      });
      return (await tools.runner().run(main('asks-approval', tool), 'go')).finalOutput;
    },
  },
  {
    name: 'hosted-mcp-approval-interrupts',
    run: async (tools) => {
      const agent = main('asks-approval', remote({ requireApproval: 'always' }));
      const asked = await tools.runner().run(agent, 'go');
      for (const item of asked.interruptions) asked.state.approve(item);
      return (await tools.runner().run(agent, asked.state)).finalOutput;
    },
  },
];
