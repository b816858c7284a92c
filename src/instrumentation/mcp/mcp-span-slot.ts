/**
 * What an agent does over MCP is one span, though two hooks see it: the Agents SDK's `function` or `mcp_tools` span,
 * and the request of the MCP client. The first offers a slot through the context, the second joins it; so neither
 * knows the other. See `model-span-slot.ts` for the same of model calls.
 */
import { type Attributes, type Context, createContextKey, type Span } from '@opentelemetry/api';
import type { McpCallDetails } from '../../signals/signal.js';
import { PACKAGE_NAME } from '../../version.js';
import type { McpFailure } from './mcp-failure.js';

/** What a request adds to the span that it joins. */
export interface McpCallStart {
  readonly method: string;
  readonly attributes: Attributes;
  readonly details: McpCallDetails | undefined;
}

export interface McpCallEnd {
  readonly failure: McpFailure | undefined;
  /** The caller gave it up. */
  readonly cancelled: boolean;
}

export interface McpSpanSlot {
  /** What the agent calls the server. */
  readonly serverName: string | undefined;
  /**
   * Makes the request and the SDK's span one. `undefined` where they stay two: another request has the span, or the
   * request is for something else.
   */
  join(start: McpCallStart): Span | undefined;
  /** How a request in this span ended, whether it had joined or not: the newest one is what became of the span. */
  ended(end: McpCallEnd): void;
}

export const MCP_CALL_SLOT_KEY = createContextKey(`${PACKAGE_NAME} MCP call slot`);

export function getMcpCallSlot(context: Context): McpSpanSlot | undefined {
  return context.getValue(MCP_CALL_SLOT_KEY) as McpSpanSlot | undefined;
}
