/** The tools that an agent has, as far as its configuration says so. */
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { readServerName } from '../../openai-api/mcp-server.js';

interface ConfiguredTools {
  /** Absent where all that it may have are those of MCP servers, which have not been asked yet. */
  readonly tools: string[] | undefined;
  /** Those that the agent's process talks to, and those that the provider does. */
  readonly mcpServers: string[];
}

export function configuredTools(agent: UnknownRecord): ConfiguredTools {
  const tools = namesOf(agent.tools);
  const servers = namesOf(agent.mcpServers).map((name) => readServerName(name) ?? name);
  const hosted = asArray(agent.tools)
    .map((tool) => asRecord(asRecord(tool)?.providerData))
    .map((data) => (data?.type === 'mcp' ? asNonEmptyString(data.server_label) : undefined))
    .filter((label) => label !== undefined);
  return {
    tools: tools.length === 0 && servers.length > 0 ? undefined : tools,
    mcpServers: [...servers, ...hosted],
  };
}

export function namesOf(entries: unknown): string[] {
  return asArray(entries)
    .map((entry) => asNonEmptyString(asRecord(entry)?.name))
    .filter((name) => name !== undefined);
}
