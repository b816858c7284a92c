import { type Attributes, type Context, SpanKind } from '@opentelemetry/api';
import { type JsonObject, type JsonValue, toJsonObject } from '../json/json.js';
import type { HostedToolCall } from '../openai-api/hosted-tool-call.js';
import * as semconv from '../semconv/attributes.js';
import { SPAN_TYPE_SERVER_TOOL_CALL, spanName } from '../semconv/operations.js';
import type { SpanStartDetails } from '../signals/signal.js';
import { spanContent } from './content-attributes.js';
import type { ContentPolicy } from './content-policy.js';
import { failureDetails, RecordedSpan, type RecordedSpanEnd } from './recorded-span.js';
import type { Telemetry } from './telemetry.js';

interface HostedToolSpanStart {
  /** The address of the MCP server, without credentials. */
  readonly serverUrl?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Milliseconds since the epoch; now if absent. */
  readonly startTime?: number | undefined;
}

interface HostedToolSpanEnd extends RecordedSpanEnd {
  /** The first description of a call that is streamed may leave out what it followed. */
  readonly mcp?: HostedToolCall['mcp'];
  readonly result?: JsonValue | undefined;
  /** Duration of an MCP request, if it was measured in this process. */
  readonly durationMs?: number | undefined;
}

/**
 * The span of one tool call that the provider runs itself. It is not `execute_tool`, which the convention keeps for
 * tools that the application runs. Its type is the convention's name for such calls in the messages of a model. A call
 * of a hosted MCP tool is named like a request by an MCP client in this process.
 */
export class HostedToolSpan {
  readonly #span: RecordedSpan;
  readonly #content: ContentPolicy;
  readonly #isMcp: boolean;

  constructor(
    telemetry: Telemetry,
    call: HostedToolCall,
    content: ContentPolicy,
    parent: Context,
    { serverUrl, conversationId, startTime }: HostedToolSpanStart = {},
  ) {
    const { mcp, toolName } = call;
    this.#content = content;
    this.#isMcp = mcp !== undefined;
    this.#span = RecordedSpan.start(
      telemetry,
      {
        name: spanName(mcp?.method ?? SPAN_TYPE_SERVER_TOOL_CALL, toolName),
        kind: mcp === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
        attributes: {
          ...startAttributes(call, content),
          [semconv.ATTR_GEN_AI_CONVERSATION_ID]: conversationId,
        },
        details: startDetails(call, content, serverUrl),
        startTime,
      },
      parent,
    );
  }

  /** Milliseconds since the start, by the monotonic clock. */
  get elapsedMs(): number {
    return this.#span.elapsed * 1000;
  }

  /** Records the result, notifies listeners and ends the span. */
  end({ mcp, result, failure, cancelled, durationMs, endTime }: HostedToolSpanEnd): void {
    if (mcp?.approvalRequestId !== undefined) {
      this.#span.span.setAttribute(semconv.ATTR_OPENAI_AGENTS_MCP_APPROVAL_REQUEST_ID, mcp.approvalRequestId);
    }
    const content = this.#content.wanted ? result : undefined;
    if (content !== undefined) {
      this.#span.setContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: content }, this.#content);
    }
    this.#span.publish(() => {
      if (!this.#isMcp) return content === undefined ? undefined : { type: 'tool.result', result: content };
      return {
        type: 'mcp.result',
        outcome: failure !== undefined ? 'failed' : cancelled ? 'cancelled' : 'completed',
        ...(durationMs !== undefined && { durationMs }),
        ...(failure !== undefined && { failure: failureDetails(failure, this.#content.allowed) }),
        ...(content !== undefined && { response: toJsonObject(content, 'result') }),
      };
    });
    this.#span.end({ failure, cancelled, endTime });
  }

  /** Ends the span of a call whose end was never reported. Listeners get no result. */
  cancel(): void {
    this.#span.end({ cancelled: true });
  }
}

function startAttributes({ id, mcp, toolName, arguments: args }: HostedToolCall, content: ContentPolicy) {
  const attributes: Attributes = {
    [semconv.ATTR_MCP_METHOD_NAME]: mcp?.method,
    [semconv.ATTR_GEN_AI_TOOL_NAME]: toolName,
    [semconv.ATTR_GEN_AI_TOOL_CALL_ID]: toolName === undefined ? undefined : id,
    [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: mcp?.server,
    [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL]: mcp?.server,
    [semconv.ATTR_OPENAI_AGENTS_MCP_APPROVAL_REQUEST_ID]: mcp?.approvalRequestId,
    [semconv.ATTR_OPENAI_AGENTS_SPAN_TYPE]: toolName === undefined ? undefined : SPAN_TYPE_SERVER_TOOL_CALL,
    [semconv.ATTR_OPENAI_AGENTS_HOSTED]: true,
  };
  return content.onSpan && args !== undefined
    ? {
        ...attributes,
        ...spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: args }, content),
      }
    : attributes;
}

function startDetails(
  { mcp, toolName, arguments: args }: HostedToolCall,
  { wanted }: ContentPolicy,
  serverUrl: string | undefined,
): SpanStartDetails {
  const content = wanted ? args : undefined;
  if (mcp === undefined) return content === undefined ? {} : { toolCall: { arguments: content } };
  const request: JsonObject = toolName === undefined ? {} : { name: toolName };
  return {
    mcpCall: {
      ...(serverUrl !== undefined && { serverUrl }),
      request,
      ...(content !== undefined && { content: { ...request, arguments: content } }),
    },
  };
}
