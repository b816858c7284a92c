import { hash as digest } from 'node:crypto';
import { BoundedMap } from '../../bounded-map.js';
import type { AgentHandoff, EventContent, MessageContent } from '../../chaukas/event.js';
import { type JsonObject, type JsonValue, toJsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord } from '../../json/readers.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { GenAiMessage } from '../../semconv/messages.js';
import type { AgentDetails } from '../../signals/signal.js';
import type { EventBody } from '../event-body.js';
import type { OpenSpan } from '../open-span.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';
import { inputContent } from './messages.js';

/** Returns the description of an agent. It is metadata because AGENT events have no content fields. */
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

/**
 * Returns the INPUT_RECEIVED event of an agent. An agent that works for another agent has none: its input is the tool
 * call of that other agent.
 */
export function inputEvents(
  agent: OpenSpan,
  input: readonly GenAiMessage[],
  timestamp: string,
  includeContent: boolean,
): EventBody[] {
  if (!isOutermostAgent(agent)) return [];
  const message = includeContent && input.length > 0 ? inputContent(input) : { role: 'user' };
  return [{ type: 'EVENT_TYPE_INPUT_RECEIVED', timestamp, message }];
}

/**
 * Returns the OUTPUT_EMITTED event of an agent, once. An agent that works for another agent has none: its output is the
 * tool result of that other agent.
 */
export function outputEvents(
  agent: OpenSpan,
  output: () => MessageContent | undefined,
  timestamp: string,
  includeContent: boolean,
): EventBody[] {
  if (!isOutermostAgent(agent) || agent.outputEmitted) return [];
  agent.outputEmitted = true;
  const message = (includeContent ? output() : undefined) ?? { role: 'assistant' };
  return [{ type: 'EVENT_TYPE_OUTPUT_EMITTED', timestamp, is_final: true, message }];
}

function isOutermostAgent({ role, agentDepth }: OpenSpan): boolean {
  return role === 'agent' && agentDepth === 1;
}

/** The number of agents per session whose configuration is remembered. */
const MAX_AGENTS = 1000;

/**
 * The configuration of each agent when it was last seen in a session. A session thereby records every agent that worked
 * in it and every change of it, independent of other sessions of the process.
 */
export class AgentConfigurations {
  readonly #sessions = new WeakMap<object, BoundedMap<string, string>>();

  /**
   * Returns the configuration of an agent; `undefined` if it has not changed. Instructions are replaced by their hash,
   * so that the configuration has no content.
   */
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
    const known = this.#sessions.get(session) ?? new BoundedMap<string, string>(MAX_AGENTS);
    this.#sessions.set(session, known);
    const before = known.get(agentName);
    known.set(agentName, now);
    if (now === before) return undefined;
    return { agent: agentName, change: before === undefined ? 'first_seen' : 'changed', ...configuration };
  }
}

/** An agent that is defined in code is identified by its name. The SDK hands over to one agent at a time. */
export function handoffContent(
  span: SpanSnapshot,
  input: JsonValue | undefined,
  includeContent: boolean,
): EventContent {
  const data = includeContent ? input : undefined;
  const from = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_FROM);
  const to = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO);
  return {
    agent_handoff: withoutAbsent<AgentHandoff>({
      from_agent_id: from,
      from_agent_name: from,
      to_agent_id: to,
      to_agent_name: to,
      handoff_type: 'sequential',
      handoff_data: data === undefined ? undefined : toJsonObject(data, 'input'),
      reason: asNonEmptyString(asRecord(data)?.reason),
    }),
  };
}

/** The agent whose turn it is, which the SDK keeps as the state of the run. */
export function handoffState(span: SpanSnapshot): EventContent {
  return {
    state_update: withoutAbsent<JsonObject>({
      active_agent: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_TO),
      previous_agent: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_HANDOFF_FROM),
    }),
  };
}
