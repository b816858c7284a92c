/** Pure readers of an agent's configuration: its description for spans and events, and the agents it can hand off to. */
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { readServerName } from '../../openai-api/mcp-server.js';
import type { AgentDetails } from '../../signals/signal.js';

/** Returns the details of an agent that its START event carries. */
export function describeAgent(agent: UnknownRecord): AgentDetails {
  const instructions = asNonEmptyString(agent.instructions);
  const model = asNonEmptyString(agent.model);
  const handoffDescription = asNonEmptyString(agent.handoffDescription);
  const { tools, mcpServers } = configuredTools(agent);
  return {
    ...(instructions !== undefined && { instructions }),
    ...(model !== undefined && { model }),
    ...(handoffDescription !== undefined && { handoffDescription }),
    ...(tools !== undefined && { tools }),
    ...(mcpServers.length > 0 && { mcpServers }),
    handoffs: names(asArray(agent.handoffs).map(handoffTarget)),
  };
}

interface ConfiguredTools {
  /** `undefined` if all tools come from MCP servers, which have not been asked for their tools yet. */
  readonly tools: string[] | undefined;
  /** Servers that the agent's process talks to, then servers that the provider talks to. */
  readonly mcpServers: string[];
}

export function configuredTools(agent: UnknownRecord): ConfiguredTools {
  const tools = names(agent.tools);
  const servers = names(agent.mcpServers).map((name) => readServerName(name) ?? name);
  const hosted = asArray(agent.tools)
    .map((tool) => asRecord(asRecord(tool)?.providerData))
    .map((data) => (data?.type === 'mcp' ? asNonEmptyString(data.server_label) : undefined))
    .filter((label) => label !== undefined);
  return {
    tools: tools.length === 0 && servers.length > 0 ? undefined : tools,
    mcpServers: [...servers, ...hosted],
  };
}

/** Finds an agent by name among an entry agent and all agents it can hand off to, directly or indirectly. */
export function findAgent(
  entry: UnknownRecord,
  name: string,
  seen: Set<UnknownRecord> = new Set(),
): UnknownRecord | undefined {
  if (entry.name === name) return entry;
  seen.add(entry);
  for (const handoff of asArray(entry.handoffs)) {
    const target = handoffTarget(handoff);
    const found = target && !seen.has(target) ? findAgent(target, name, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A handoff is declared as the agent itself or as an object that holds it. */
export function handoffTarget(entry: unknown): UnknownRecord | undefined {
  const record = asRecord(entry);
  return asRecord(record?.agent) ?? record;
}

function names(entries: unknown): string[] {
  return asArray(entries)
    .map((entry) => asNonEmptyString(asRecord(entry)?.name))
    .filter((name) => name !== undefined);
}
