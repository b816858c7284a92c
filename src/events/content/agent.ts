import { hash as digest } from 'node:crypto';
import type { AgentHandoff, EventContent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, toJsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { AgentDetails } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';

/** AGENT events have no content of their own; what the agent is stands in their metadata. */
export function agentMetadata(
  span: SpanSnapshot,
  details: AgentDetails | undefined,
  includeContent: boolean,
): JsonObject {
  return withoutAbsent<JsonObject>({
    role: details?.handoffDescription ?? textAttribute(span, semconv.ATTR_GEN_AI_AGENT_DESCRIPTION),
    model: details?.model ?? textAttribute(span, semconv.ATTR_GEN_AI_REQUEST_MODEL),
    instructions: includeContent ? details?.instructions : undefined,
    tools: details?.tools && [...details.tools],
    mcp_servers: details?.mcpServers && [...details.mcpServers],
    handoffs: details?.handoffs && [...details.handoffs],
  });
}

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

/** An agent defined in code is identified by its name. The SDK hands over to one agent at a time. */
export function handoffContent(
  span: SpanSnapshot,
  input: JsonValue | undefined,
  includeContent: boolean,
): EventContent {
  const given = includeContent ? input : undefined;
  const from = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_FROM);
  const to = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO);
  return {
    agent_handoff: withoutAbsent<AgentHandoff>({
      from_agent_id: from,
      from_agent_name: from,
      to_agent_id: to,
      to_agent_name: to,
      handoff_type: 'sequential',
      handoff_data: given === undefined ? undefined : toJsonObject(given, 'input'),
      reason: asNonEmptyString(asRecord(given)?.reason),
    }),
  };
}

/** Whose turn it is, which the SDK keeps as the run's state. */
export function handoffState(span: SpanSnapshot): EventContent {
  return {
    state_update: withoutAbsent<JsonObject>({
      active_agent: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO),
      previous_agent: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_FROM),
    }),
  };
}
