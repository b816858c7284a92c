import { hash as digest } from 'node:crypto';
import type { JsonObject } from '../foreign/json.js';
import type { AgentDetails } from '../signals/signal.js';

/** Agents of one session whose configuration is remembered; beyond it the one unseen longest is told anew. */
const MAX_AGENTS = 1000;

/**
 * How the agents of each session were configured when they were last seen, to tell what is new in the session or has
 * changed: so that a session says by itself what worked in it, whatever the process did before.
 */
export class AgentConfigurations {
  readonly #sessions = new WeakMap<object, Map<string, string>>();

  /** @returns the agent's configuration, where it is not as it was: without content, its instructions by their hash. */
  seen(session: object, agentName: string, details: AgentDetails): JsonObject | undefined {
    const { model, instructions, tools, mcpServers, handoffs } = details;
    const configuration: JsonObject = {
      ...(model !== undefined && { model }),
      ...(instructions !== undefined && { instructions_sha256: digest('sha256', instructions) }),
      ...(tools !== undefined && { tools: [...tools] }),
      ...(mcpServers !== undefined && { mcp_servers: [...mcpServers] }),
      ...(handoffs !== undefined && { handoffs: [...handoffs] }),
    };
    const now = JSON.stringify(configuration);
    const known = this.#sessions.get(session) ?? new Map<string, string>();
    this.#sessions.set(session, known);
    const before = known.get(agentName);
    remember(known, agentName, now);
    if (now === before) return undefined;
    return { agent: agentName, change: before === undefined ? 'first_seen' : 'changed', ...configuration };
  }
}

function remember(known: Map<string, string>, agentName: string, configuration: string): void {
  // Last in the order of the map, which is that of the last time seen.
  known.delete(agentName);
  known.set(agentName, configuration);
  if (known.size <= MAX_AGENTS) return;
  const [oldest] = known.keys();
  if (oldest !== undefined) known.delete(oldest);
}
