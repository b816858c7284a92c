import type { EventContent, MCPCall } from '../../chaukas/event.js';
import { type JsonObject, parseJson, toJsonObject } from '../../json/json.js';
import { sparse, withoutAbsent } from '../../json/without-undefined.js';
import * as semconv from '../../semconv/attributes.js';
import type { McpCallDetails, McpResultSignal } from '../../signals/signal.js';
import { type SpanSnapshot, textAttribute } from '../spans/span-snapshot.js';
import { executionMillis } from './performance.js';

export function mcpStartContent(
  span: SpanSnapshot,
  call: McpCallDetails | undefined,
  includeContent: boolean,
): EventContent {
  const request =
    (includeContent ? call?.content : undefined) ?? call?.request ?? requestOfSpan(span, includeContent);
  return mcpCall(span, call, Object.keys(request).length > 0 ? { request } : {});
}

export function mcpEndContent(
  span: SpanSnapshot,
  call: McpCallDetails | undefined,
  result: Pick<McpResultSignal, 'response' | 'durationMs'> | undefined,
  includeContent: boolean,
): EventContent {
  const response = includeContent ? (result?.response ?? responseOfSpan(span)) : undefined;
  const millis = result?.durationMs ?? executionMillis(span);
  return mcpCall(span, call, {
    ...(response !== undefined && { response }),
    ...(millis !== undefined && { execution_time_ms: millis }),
  });
}

function mcpCall(span: SpanSnapshot, call: McpCallDetails | undefined, more: MCPCall): EventContent {
  const method = textAttribute(span, semconv.ATTR_MCP_METHOD_NAME);
  const label = textAttribute(span, semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL);
  const server =
    textAttribute(span, semconv.ATTR_OPENAI_AGENTS_MCP_SERVER) ??
    label ??
    textAttribute(span, semconv.ATTR_SERVER_ADDRESS);
  const metadata = withoutAbsent<JsonObject>({
    server_label: label === server ? undefined : label,
    approval_request_id: textAttribute(span, semconv.ATTR_OPENAI_AGENTS_MCP_APPROVAL_REQUEST_ID),
  });
  return {
    mcp_call: {
      ...sparse<MCPCall>({
        server_name: server,
        server_url: call?.serverUrl,
        operation: method,
        method,
        protocol_version: textAttribute(span, semconv.ATTR_MCP_PROTOCOL_VERSION),
      }),
      ...more,
    },
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Returns the parameters of a request whose span another instrumentation recorded. */
function requestOfSpan(span: SpanSnapshot, includeContent: boolean): JsonObject {
  const args = includeContent ? span.attributes[semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS] : undefined;
  const name =
    textAttribute(span, semconv.ATTR_GEN_AI_TOOL_NAME) ??
    textAttribute(span, semconv.ATTR_GEN_AI_PROMPT_NAME);
  const uri = textAttribute(span, semconv.ATTR_MCP_RESOURCE_URI);
  return {
    ...(name !== undefined && { name }),
    ...(uri !== undefined && { uri }),
    ...(args !== undefined && { arguments: parseJson(args) }),
  };
}

function responseOfSpan(span: SpanSnapshot): JsonObject | undefined {
  const result = span.attributes[semconv.ATTR_GEN_AI_TOOL_CALL_RESULT];
  return result === undefined ? undefined : toJsonObject(parseJson(result), 'result');
}
