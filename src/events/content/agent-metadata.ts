import type { JsonObject } from '../../foreign/json.js';
import { ATTR_GEN_AI_AGENT_DESCRIPTION, ATTR_GEN_AI_REQUEST_MODEL } from '../../semconv/attributes.js';
import type { AgentDetails } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

/** AGENT events have no content of their own; what the agent is stands in their metadata. */
export function agentMetadata(
  span: SpanSnapshot,
  details: AgentDetails | undefined,
  includeContent: boolean,
): JsonObject {
  return withoutAbsent<JsonObject>({
    role: details?.handoffDescription ?? textAttribute(span, ATTR_GEN_AI_AGENT_DESCRIPTION),
    model: details?.model ?? textAttribute(span, ATTR_GEN_AI_REQUEST_MODEL),
    instructions: includeContent ? details?.instructions : undefined,
    tools: details?.tools && [...details.tools],
    mcp_servers: details?.mcpServers && [...details.mcpServers],
    handoffs: details?.handoffs && [...details.handoffs],
  });
}
