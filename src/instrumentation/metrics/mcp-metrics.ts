/** The metric of what is asked of an MCP server; see the section "MCP" of the conventions. */
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_MCP_METHOD_NAME,
  ATTR_MCP_PROTOCOL_VERSION,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_TRANSPORT,
  ATTR_RPC_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '../../semconv/attributes.js';
import { setPresent } from '../../semconv/present-attribute.js';
import type { Instruments } from './instruments.js';

/** Those of the span that have few values: not the session, the request or the resource. */
const KEPT = [
  ATTR_MCP_METHOD_NAME,
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_PROMPT_NAME,
  ATTR_MCP_PROTOCOL_VERSION,
  ATTR_NETWORK_TRANSPORT,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
] as const;

export interface McpMeasurement {
  /** Those of the span at its start. */
  readonly attributes: Attributes;
  readonly errorType: string | undefined;
  readonly statusCode: string | undefined;
  /** In seconds. */
  readonly duration: number;
}

export function recordMcpOperation(instruments: Instruments, operation: McpMeasurement): void {
  const attributes: Attributes = {};
  for (const name of KEPT) setPresent(attributes, name, operation.attributes[name]);
  setPresent(attributes, ATTR_ERROR_TYPE, operation.errorType);
  setPresent(attributes, ATTR_RPC_RESPONSE_STATUS_CODE, operation.statusCode);
  instruments.mcpOperationDuration.record(operation.duration, attributes);
}
