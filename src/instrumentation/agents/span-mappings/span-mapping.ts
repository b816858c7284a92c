import type { Attributes, SpanKind as OtelSpanKind } from '@opentelemetry/api';
import type { JsonValue } from '../../../json/json.js';
import type { UnknownRecord } from '../../../json/readers.js';
import type { ModelResponse } from '../../../openai-api/model-response.js';
import type { SpanStartDetails } from '../../../signals/signal.js';
import type { McpCallStart } from '../../mcp/mcp-span-slot.js';
import type { AgentRun } from '../agent-run.js';
import type { ToolCallStart } from '../tool-step.js';

/** What a span's mapping may ask of its surroundings. */
export interface MappingContext {
  /** The agent whose span encloses this one. */
  readonly agentName: string | undefined;
  readonly conversationId: string | undefined;
  readonly run: AgentRun | undefined;
  /** Set once the tool's hook has told it; the SDK's span does not carry it. */
  readonly toolCall: ToolCallStart | undefined;
  /** What the model gave with a handoff; set once that is carried out. */
  readonly handoffInput?: JsonValue | undefined;
  /** Set once the span stands for a request to an MCP server. */
  readonly mcpCall?: McpCallStart | undefined;
  /** Whether the span may carry message content. */
  readonly contentOnSpan: boolean;
  /** Whether anybody reads content at all. */
  readonly contentWanted: boolean;
}

interface MappedStart {
  readonly name: string;
  readonly kind: OtelSpanKind;
  readonly attributes: Attributes;
  readonly details?: SpanStartDetails | undefined;
}

interface MappedEnd {
  readonly name?: string | undefined;
  readonly attributes: Attributes;
  readonly toolResult?: JsonValue | undefined;
  readonly modelResponse?: ModelResponse | undefined;
}

/**
 * One type of the SDK's spans and what it becomes. Both functions are pure and read the SDK's span data, unchecked.
 */
export interface SpanMapping {
  /**
   * The span starts when something needs it (a child, a hook, its end) instead of at once: the SDK's span says
   * too little at its start, and what samplers and START events want becomes known a moment later.
   */
  readonly deferred: boolean;
  start(data: UnknownRecord, surroundings: MappingContext): MappedStart;
  /** @param failed - whether the SDK's span carries an error. */
  end(data: UnknownRecord, surroundings: MappingContext, failed: boolean): MappedEnd;
}
