import type { EventContent, MCPCall } from '../../chaukas/event.js';
import {
  ATTR_MCP_METHOD_NAME,
  ATTR_MCP_PROTOCOL_VERSION,
  ATTR_OPENAI_AGENTS_MCP_SERVER,
  ATTR_SERVER_ADDRESS,
} from '../../semconv/attributes.js';
import { durationMillis, type SpanSnapshot, textAttribute } from '../span-snapshot.js';
import { withoutAbsent } from './without-absent.js';

export function mcpStartContent(span: SpanSnapshot): EventContent {
  return { mcp_call: mcpCall(span) };
}

export function mcpEndContent(span: SpanSnapshot): EventContent {
  return { mcp_call: { ...mcpCall(span), execution_time_ms: durationMillis(span) } };
}

function mcpCall(span: SpanSnapshot): MCPCall {
  const method = textAttribute(span, ATTR_MCP_METHOD_NAME);
  return withoutAbsent<MCPCall>({
    server_name:
      textAttribute(span, ATTR_OPENAI_AGENTS_MCP_SERVER) ?? textAttribute(span, ATTR_SERVER_ADDRESS),
    operation: method,
    method,
    protocol_version: textAttribute(span, ATTR_MCP_PROTOCOL_VERSION),
  });
}
