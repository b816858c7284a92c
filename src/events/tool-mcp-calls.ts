import type { EventStatus } from '../chaukas/event.js';
import * as semconv from '../semconv/attributes.js';
import type { McpCallSignal, McpResultSignal } from '../signals/signal.js';
import { mcpEndContent, mcpStartContent } from './content/mcp.js';
import type { EventStream } from './event-stream.js';
import type { OpenSpan } from './open-span.js';
import { type SpanSnapshot, textAttribute, timestampOf } from './spans/span-snapshot.js';

const STATUS: Readonly<Record<McpResultSignal['outcome'], EventStatus>> = {
  completed: 'EVENT_STATUS_COMPLETED',
  failed: 'EVENT_STATUS_FAILED',
  cancelled: 'EVENT_STATUS_CANCELLED',
};

/**
 * The MCP calls that tools are. Tool and call have one span, so the call's pair of events stands within the tool's and
 * has the same span id. One pair a tool: a call that is made again has a span of its own.
 */
export class ToolMcpCalls {
  readonly #stream: EventStream;
  readonly #includeContent: boolean;
  readonly #begun = new WeakSet<OpenSpan>();

  constructor(stream: EventStream, includeContent: boolean) {
    this.#stream = stream;
    this.#includeContent = includeContent;
  }

  called(tool: OpenSpan, { call }: McpCallSignal, timestamp: string): void {
    if (tool.role !== 'tool' || this.#begun.has(tool)) return;
    tool.mcpCall = call;
    this.#start(tool, tool.span, timestamp);
  }

  ended(tool: OpenSpan, result: McpResultSignal, timestamp: string): void {
    if (!this.#begun.has(tool) || tool.mcpResult !== undefined) return;
    tool.mcpResult = result;
    const { failure } = result;
    if (failure !== undefined) {
      const error = { error_message: failure.message, error_code: failure.type };
      this.#stream.emit(tool.origin, { type: 'EVENT_TYPE_ERROR', timestamp, error });
    }
    this.#end(tool, tool.span, STATUS[result.outcome], timestamp);
  }

  /** The tool ends with this status, and so must its call. */
  toolEnded(tool: OpenSpan, span: SpanSnapshot, status: EventStatus, timestamp: string): void {
    if (this.#begun.has(tool)) {
      if (tool.mcpResult === undefined) this.#end(tool, span, 'EVENT_STATUS_CANCELLED', timestamp);
    } else if (textAttribute(span, semconv.ATTR_MCP_METHOD_NAME) !== undefined) {
      // Without signals what stands on the span is told at its end.
      this.#start(tool, span, timestampOf(span.startTime));
      this.#end(tool, span, status, timestamp);
    }
  }

  /** Whether the tool's failure was told as that of its call: they have one span. */
  toldFailure(tool: OpenSpan, span: SpanSnapshot): boolean {
    const failure = this.#begun.has(tool) ? tool.mcpResult?.failure : undefined;
    return failure !== undefined && failure.type === textAttribute(span, semconv.ATTR_ERROR_TYPE);
  }

  #start(tool: OpenSpan, span: SpanSnapshot, timestamp: string): void {
    this.#begun.add(tool);
    this.#stream.emit(tool.origin, {
      type: 'EVENT_TYPE_MCP_CALL_START',
      timestamp,
      ...mcpStartContent(span, tool.mcpCall, this.#includeContent),
    });
  }

  #end(tool: OpenSpan, span: SpanSnapshot, status: EventStatus, timestamp: string): void {
    this.#stream.emit(tool.origin, {
      type: 'EVENT_TYPE_MCP_CALL_END',
      timestamp,
      status,
      ...mcpEndContent(span, tool.mcpCall, tool.mcpResult, this.#includeContent),
    });
  }
}
