/**
 * MCP calls that a tool's own span stands for.
 *
 * Such a call has no span of its own: its START and END stand within the tool's pair and have the same span id. There is
 * at most one pair per tool span, since a call that is repeated gets a span of its own.
 */
import type { EventStatus } from '../chaukas/event.js';
import * as semconv from '../semconv/attributes.js';
import type { McpCallSignal, McpResultSignal } from '../signals/signal.js';
import { errorInfo } from './content/error.js';
import { mcpEndContent, mcpStartContent } from './content/mcp.js';
import type { EventBody } from './event-body.js';
import type { OpenSpan } from './open-span.js';
import { type SpanSnapshot, textAttribute, timestampOf } from './spans/span-snapshot.js';

const STATUS: Readonly<Record<McpResultSignal['outcome'], EventStatus>> = {
  completed: 'EVENT_STATUS_COMPLETED',
  failed: 'EVENT_STATUS_FAILED',
  cancelled: 'EVENT_STATUS_CANCELLED',
};

/** Returns the events of a request that a tool sends to an MCP server. */
export function mcpCallEvents(
  tool: OpenSpan,
  { call }: McpCallSignal,
  timestamp: string,
  includeContent: boolean,
): EventBody[] {
  if (tool.role !== 'tool' || tool.mcpCallStarted) return [];
  tool.mcpCall = call;
  return [startEvent(tool, tool.span, timestamp, includeContent)];
}

/** Returns the events of the result that a tool gets from an MCP server. */
export function mcpResultEvents(
  tool: OpenSpan,
  result: McpResultSignal,
  timestamp: string,
  includeContent: boolean,
): EventBody[] {
  if (tool.role !== 'tool' || !tool.mcpCallStarted || tool.mcpResult !== undefined) return [];
  tool.mcpResult = result;
  const { failure } = result;
  const end = endEvent(tool, tool.span, STATUS[result.outcome], timestamp, includeContent);
  if (failure === undefined) return [end];
  return [{ type: 'EVENT_TYPE_ERROR', timestamp, error: errorInfo(failure, includeContent) }, end];
}

/** Returns the events that end the call with its tool, or both events if the call is known from attributes alone. */
export function mcpEventsAtToolEnd(
  tool: OpenSpan,
  span: SpanSnapshot,
  status: EventStatus,
  timestamp: string,
  includeContent: boolean,
): EventBody[] {
  if (tool.mcpCallStarted) {
    return tool.mcpResult === undefined
      ? [endEvent(tool, span, 'EVENT_STATUS_CANCELLED', timestamp, includeContent)]
      : [];
  }
  if (textAttribute(span, semconv.ATTR_MCP_METHOD_NAME) === undefined) return [];
  return [
    startEvent(tool, span, timestampOf(span.startTime), includeContent),
    endEvent(tool, span, status, timestamp, includeContent),
  ];
}

/** Whether the failure of a tool was already reported as the failure of its MCP call. */
export function isMcpFailure(tool: OpenSpan, span: SpanSnapshot): boolean {
  const failure = tool.mcpCallStarted ? tool.mcpResult?.failure : undefined;
  return failure !== undefined && failure.type === textAttribute(span, semconv.ATTR_ERROR_TYPE);
}

function startEvent(
  tool: OpenSpan,
  span: SpanSnapshot,
  timestamp: string,
  includeContent: boolean,
): EventBody {
  tool.mcpCallStarted = true;
  return {
    type: 'EVENT_TYPE_MCP_CALL_START',
    timestamp,
    ...mcpStartContent(span, tool.mcpCall, includeContent),
  };
}

function endEvent(
  tool: OpenSpan,
  span: SpanSnapshot,
  status: EventStatus,
  timestamp: string,
  includeContent: boolean,
): EventBody {
  return {
    type: 'EVENT_TYPE_MCP_CALL_END',
    timestamp,
    status,
    ...mcpEndContent(span, tool.mcpCall, tool.mcpResult, includeContent),
  };
}
