import * as agents from '@openai/agents';
import { expect, it } from 'vitest';
import { configuredTools } from '../../../src/instrumentation/agents/agent-description.js';

const server = (name: string) => ({ name }) as agents.MCPServer;
const tool = agents.tool({
  name: 'look_up',
  description: '',
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
  execute: () => 'found',
});
const hosted = agents.hostedMcpTool({ serverLabel: 'docs', serverUrl: 'https://docs.example/mcp' });

it.each<[string, Partial<agents.AgentConfiguration>, unknown]>([
  ['no tools', {}, { tools: [], mcpServers: [] }],
  ['tools of the agent', { tools: [tool] }, { tools: ['look_up'], mcpServers: [] }],
  ['servers only', { mcpServers: [server('crm')] }, { tools: undefined, mcpServers: ['crm'] }],
  [
    'both, and a server that the provider calls',
    { tools: [tool, hosted], mcpServers: [server('crm')] },
    { tools: ['look_up', 'docs'], mcpServers: ['crm', 'docs'] },
  ],
  [
    'a server by its address, without credentials, if it has no other name',
    { mcpServers: [server('streamable-http: https://user:word@crm.example/mcp?key=abc')] },
    { tools: undefined, mcpServers: ['streamable-http: https://crm.example/mcp'] },
  ],
])('configuredTools lists %s', (_, configuration, expected) => {
  const agent = new agents.Agent({ name: 'Main', ...configuration });
  expect(configuredTools(agent as unknown as Record<string, unknown>)).toEqual(expected);
});
