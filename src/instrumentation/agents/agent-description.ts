/**
 * Pure readers of an agent's configuration: its description for spans and events, and the agents it can hand off to.
 * An agent is an object of the application, of which only data is read.
 */
import { ownItems, ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asNumber, asRecord, type UnknownRecord } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { readServerLabel } from '../../openai-api/mcp-server.js';
import type { AgentDetails } from '../../signals/signal.js';

export function agentName(agent: unknown): string | undefined {
  return asNonEmptyString(memberValue(agent, 'name'));
}

/** Returns the details of an agent that its START event carries. */
export function describeAgent(agent: UnknownRecord): AgentDetails {
  const instructions = asNonEmptyString(memberValue(agent, 'instructions'));
  const model = agentModel(agent);
  const handoffDescription = asNonEmptyString(memberValue(agent, 'handoffDescription'));
  const { tools, mcpServers } = configuredTools(agent);
  return {
    ...(instructions !== undefined && { instructions }),
    ...(model !== undefined && { model }),
    ...(handoffDescription !== undefined && { handoffDescription }),
    ...(tools !== undefined && { tools }),
    ...(mcpServers.length > 0 && { mcpServers }),
    handoffs: names(ownItems(memberValue(agent, 'handoffs')).map(handoffTarget)),
  };
}

/** The agent's own model, if it is configured by name. */
export function agentModel(agent: unknown): string | undefined {
  return asNonEmptyString(memberValue(agent, 'model'));
}

interface ConfiguredTools {
  /**
   * `undefined` if all tools come from MCP servers, which have not been asked for their tools yet, or from the sandbox,
   * which is not prepared yet.
   */
  readonly tools: string[] | undefined;
  /** Servers that the agent's process talks to, then servers that the provider talks to. */
  readonly mcpServers: string[];
}

export function configuredTools(agent: UnknownRecord): ConfiguredTools {
  const configured = ownItems(memberValue(agent, 'tools'));
  // The SDK gives all hosted servers one name, `hosted_mcp`.
  const tools = configured
    .map((tool) => hostedServer(tool) ?? agentName(tool))
    .filter((name) => name !== undefined);
  const servers = names(ownItems(memberValue(agent, 'mcpServers'))).map(
    (name) => readServerLabel(name) ?? name,
  );
  const hosted = configured.map(hostedServer).filter((label) => label !== undefined);
  return {
    tools: tools.length === 0 && (servers.length > 0 || isInSandbox(agent)) ? undefined : tools,
    mcpServers: [...servers, ...hosted],
  };
}

/** Whether a sandbox gives the agent tools, when it is prepared. */
export function isInSandbox(agent: unknown): boolean {
  return ownItems(memberValue(agent, 'capabilities')).length > 0;
}

/** Returns the label of an MCP server that the provider talks to. */
function hostedServer(tool: unknown): string | undefined {
  const data = memberValue(tool, 'providerData');
  return memberValue(data, 'type') === 'mcp' ? readServerLabel(memberValue(data, 'server_label')) : undefined;
}

/** An entry agent and all agents it can hand off to, directly or indirectly. */
export class ReachableAgents {
  readonly #entry: UnknownRecord;
  /** The agent that was asked for last: each turn asks for the same one several times. */
  #found: UnknownRecord | undefined;

  constructor(entry: UnknownRecord) {
    this.#entry = entry;
  }

  named(name: string): UnknownRecord | undefined {
    if (agentName(this.#found) !== name) this.#found = findAgent(this.#entry, name, new Set());
    return this.#found;
  }

  maxModelAttempts(name: string | undefined, runnerSettings: unknown): number | undefined {
    if (name === undefined) return undefined;
    const [agentRetries, runnerRetries] = [
      memberValue(this.named(name), 'modelSettings'),
      runnerSettings,
    ].map((settings) => asNumber(ownValue(ownValue(settings, 'retry'), 'maxRetries')));
    const retries = agentRetries ?? runnerRetries;
    return retries === undefined ? undefined : retries + 1;
  }
}

function findAgent(entry: UnknownRecord, name: string, seen: Set<UnknownRecord>): UnknownRecord | undefined {
  if (agentName(entry) === name) return entry;
  seen.add(entry);
  for (const handoff of ownItems(memberValue(entry, 'handoffs'))) {
    const target = handoffTarget(handoff);
    const found = target && !seen.has(target) ? findAgent(target, name, seen) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tools that `agent.asTool()` returned, and the functions in them, which a copy of such a tool has as well. */
const agentTools = new WeakSet<object>();

/** Remembers that a tool runs an agent, which the tool itself does not say. */
export function rememberAgentTool(tool: unknown): void {
  for (const known of [tool, ownValue(tool, 'invoke')]) {
    if ((typeof known === 'object' && known !== null) || typeof known === 'function') agentTools.add(known);
  }
}

/** Whether the agent can hand off to other agents, or has agents as tools. */
export function hasOtherAgents(agent: UnknownRecord): boolean {
  if (ownItems(memberValue(agent, 'handoffs')).length > 0) return true;
  return ownItems(memberValue(agent, 'tools')).some((tool) =>
    [tool, ownValue(tool, 'invoke')].some((known) => agentTools.has(known as object)),
  );
}

/** A handoff is declared as the agent itself or as an object that holds it. */
export function handoffTarget(entry: unknown): UnknownRecord | undefined {
  return asRecord(memberValue(entry, 'agent')) ?? asRecord(entry);
}

function names(entries: readonly unknown[]): string[] {
  return entries.map(agentName).filter((name) => name !== undefined);
}
