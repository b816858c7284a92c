/**
 * A step of an agent over MCP is one span, though two hooks see it: the Agents SDK's `function` or `mcp_tools` span,
 * and the request of the MCP client. The first offers a slot through the context and the second joins it, so neither
 * knows the other. `model-span-slot.ts` does the same for model calls.
 */
import { type Attributes, type Context, createContextKey, type Span } from '@opentelemetry/api';
import type { McpCallDetails } from '../../signals/signal.js';
import { PACKAGE_NAME } from '../../version.js';
import type { McpFailure } from './mcp-failure.js';

/** Data that a request adds to the span that it joins. */
export interface McpCallStart {
  readonly method: string;
  readonly attributes: Attributes;
  /** Makes the details for listeners. */
  readonly details: (() => McpCallDetails) | undefined;
}

export interface McpCallEnd {
  readonly failure: McpFailure | undefined;
  /** Whether the caller gave the request up. */
  readonly cancelled: boolean;
}

export interface McpSpanSlot {
  /** The agent's name for the server. */
  readonly serverName: string | undefined;
  /**
   * Joins the request to the SDK's span and returns that span. `undefined` if they stay two spans, because another
   * request has joined already or the request has another purpose than the step.
   */
  join(start: McpCallStart): Span | undefined;
  /** Reports the end of a request in this span, joined or not. The newest end decides the outcome of the span. */
  ended(end: McpCallEnd): void;
}

export const MCP_CALL_SLOT_KEY = createContextKey(`${PACKAGE_NAME} MCP call slot`);

export function getMcpCallSlot(context: Context): McpSpanSlot | undefined {
  return context.getValue(MCP_CALL_SLOT_KEY) as McpSpanSlot | undefined;
}
