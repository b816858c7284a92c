import type { EventType } from '../chaukas/event.js';
import { ATTR_GEN_AI_RESPONSE_ID } from '../semconv/attributes.js';
import type { SpanStartDetails } from '../signals/signal.js';
import { agentMetadata } from './content/agent-metadata.js';
import { mcpEndContent, mcpStartContent } from './content/mcp-content.js';
import { modelEndContent, modelStartContent } from './content/model-content.js';
import { toolEndContent, toolStartContent } from './content/tool-content.js';
import type { EventBody } from './event-stream.js';
import type { OpenSpan } from './open-span.js';
import type { PairedRole } from './span-role.js';
import { type SpanSnapshot, textAttribute } from './span-snapshot.js';

type Content = Omit<EventBody, 'type' | 'timestamp' | 'status'>;

/** The pair of events that a role makes, and what they say. */
interface RoleEvents {
  readonly startType: EventType;
  readonly endType: EventType;
  start(span: SpanSnapshot, details: SpanStartDetails | undefined, includeContent: boolean): Content;
  end(span: SpanSnapshot, told: OpenSpan, failed: boolean, includeContent: boolean): Content;
}

export const ROLE_EVENTS: Readonly<Record<PairedRole, RoleEvents>> = {
  agent: {
    startType: 'EVENT_TYPE_AGENT_START',
    endType: 'EVENT_TYPE_AGENT_END',
    start: (span, details, includeContent) => ({
      metadata: agentMetadata(span, details?.agent, includeContent),
    }),
    end: () => ({}),
  },
  model: {
    startType: 'EVENT_TYPE_MODEL_INVOCATION_START',
    endType: 'EVENT_TYPE_MODEL_INVOCATION_END',
    start: (span, details, includeContent) => modelStartContent(span, details?.modelRequest, includeContent),
    end: (span, told, _failed, includeContent) => ({
      response_id: textAttribute(span, ATTR_GEN_AI_RESPONSE_ID),
      ...modelEndContent(span, told.modelOutput, includeContent),
    }),
  },
  tool: {
    startType: 'EVENT_TYPE_TOOL_CALL_START',
    endType: 'EVENT_TYPE_TOOL_CALL_END',
    start: (span, details, includeContent) => toolStartContent(span, details?.toolCall, includeContent),
    end: (span, told, failed, includeContent) => ({
      ...toolEndContent(span, told.toolResult, failed ? span.status.message : undefined, includeContent),
      ...(told.toolResultReplacedBy !== undefined && {
        metadata: { output_replaced_by: told.toolResultReplacedBy },
      }),
    }),
  },
  mcp: {
    startType: 'EVENT_TYPE_MCP_CALL_START',
    endType: 'EVENT_TYPE_MCP_CALL_END',
    start: (span, details, includeContent) => mcpStartContent(span, details?.mcpCall, includeContent),
    end: (span, told, _failed, includeContent) =>
      mcpEndContent(span, told.mcpCall, told.mcpResult, includeContent),
  },
};
