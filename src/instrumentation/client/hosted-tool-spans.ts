import { type Attributes, type Context, type Span, SpanKind } from '@opentelemetry/api';
import { type JsonObject, toJsonObject } from '../../json/json.js';
import type { UnknownRecord } from '../../json/readers.js';
import type { HostedCallReader, HostedToolCall } from '../../openai-api/hosted-tool-call.js';
import * as semconv from '../../semconv/attributes.js';
import { recordFailure } from '../../semconv/failure.js';
import { OPERATION_EXECUTE_TOOL, spanName } from '../../semconv/operations.js';
import type { SpanStartDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { spanContent } from '../../spans/content-attributes.js';
import type { ContentPolicy } from '../../spans/content-policy.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';

/** Value of `gen_ai.tool.type` for a tool that runs where the model does. */
const TOOL_TYPE_EXTENSION = 'extension';

interface OpenCall {
  /** From its announcement. */
  call: HostedToolCall;
  readonly announcedAt: number;
  /** Started once what it is called with is known. */
  span: Span | undefined;
}

/**
 * The spans of the tools that the provider runs within one model call: children of that call's span, each started once
 * and ended once, at the latest with the call. A stream tells when they began and ended; a plain response does not, so
 * there each is a moment at its end.
 */
export class HostedToolSpans {
  readonly #telemetry: Telemetry;
  readonly #reader: HostedCallReader;
  readonly #request: UnknownRecord;
  readonly #content: ContentPolicy;
  readonly #parent: Context;
  readonly #open = new Map<number, OpenCall>();
  #serverUrls: ReadonlyMap<string, string> | undefined;
  #streamed = false;

  /** @param parent - the context of the model call. */
  constructor(
    telemetry: Telemetry,
    reader: HostedCallReader,
    request: UnknownRecord,
    content: ContentPolicy,
    parent: Context,
  ) {
    this.#telemetry = telemetry;
    this.#reader = reader;
    this.#request = request;
    this.#content = content;
    this.#parent = parent;
  }

  addChunk(chunk: unknown): void {
    this.#streamed = true;
    const step = this.#reader.ofChunk(chunk);
    if (step === undefined) return;
    const { index, call } = step;
    const open = this.#open.get(index);
    switch (step.step) {
      case 'announced':
        if (call === undefined || open !== undefined) return;
        this.#open.set(index, {
          call,
          announcedAt: Date.now(),
          // What an MCP tool is called with is still to be written.
          span: call.mcp !== undefined && call.toolName !== undefined ? undefined : this.#start(call),
        });
        break;
      case 'written':
        if (open !== undefined) open.span ??= this.#start({ ...open.call, arguments: step.arguments });
        break;
      case 'ended':
        this.#open.delete(index);
        if (call !== undefined) this.#end(open?.span ?? this.#start(call, open?.announcedAt), call);
        break;
    }
  }

  /** The whole response is here. */
  complete(response: unknown): void {
    if (this.#streamed) return;
    const now = Date.now();
    for (const call of this.#reader.ofResponse(response)) this.#end(this.#start(call, now), call, now);
  }

  /** The model call is over; what it left open nobody will tell the end of. */
  close(): void {
    for (const { call, announcedAt, span } of this.#open.values()) {
      const started = span ?? this.#start(call, announcedAt);
      started.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
      started.end();
    }
    this.#open.clear();
  }

  #start(call: HostedToolCall, startTime?: number): Span {
    const { id, mcp, toolName } = call;
    const attributes: Attributes = {
      [semconv.ATTR_MCP_METHOD_NAME]: mcp?.method,
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: toolName === undefined ? undefined : OPERATION_EXECUTE_TOOL,
      [semconv.ATTR_GEN_AI_TOOL_NAME]: toolName,
      [semconv.ATTR_GEN_AI_TOOL_TYPE]: mcp === undefined ? TOOL_TYPE_EXTENSION : undefined,
      [semconv.ATTR_GEN_AI_TOOL_CALL_ID]: toolName === undefined ? undefined : id,
      [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: mcp?.server,
      [semconv.ATTR_OPENAI_AGENTS_HOSTED]: true,
    };
    if (this.#content.onSpan && call.arguments !== undefined) {
      const content = { [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: call.arguments };
      Object.assign(attributes, spanContent(content, this.#content.lengthLimit));
    }
    return startSpan(
      this.#telemetry,
      spanName(mcp?.method ?? OPERATION_EXECUTE_TOOL, toolName),
      {
        kind: mcp === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT,
        attributes,
        ...(startTime !== undefined && { startTime }),
      },
      withSpanStartDetails(this.#parent, this.#details(call)),
    );
  }

  #details({ mcp, toolName, arguments: args }: HostedToolCall): SpanStartDetails {
    const content = this.#content.wanted ? args : undefined;
    if (mcp === undefined) return content === undefined ? {} : { toolCall: { arguments: content } };
    this.#serverUrls ??= this.#reader.serverUrls(this.#request);
    const serverUrl = mcp.server === undefined ? undefined : this.#serverUrls.get(mcp.server);
    const request: JsonObject = toolName === undefined ? {} : { name: toolName };
    return {
      mcpCall: {
        ...(serverUrl !== undefined && { serverUrl }),
        request,
        ...(content !== undefined && { content: { ...request, arguments: content } }),
      },
    };
  }

  #end(span: Span, { mcp, result, failure }: HostedToolCall, endTime?: number): void {
    const content = this.#content.wanted ? result : undefined;
    if (content !== undefined) {
      if (this.#content.onSpan) {
        const named = { [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: content };
        span.setAttributes(spanContent(named, this.#content.lengthLimit));
      }
      if (signalsWanted() && mcp === undefined) {
        publishSignal({ type: 'tool.result', span: span.spanContext(), time: Date.now(), result: content });
      }
    }
    if (signalsWanted() && mcp !== undefined) {
      publishSignal({
        type: 'mcp.result',
        span: span.spanContext(),
        time: Date.now(),
        outcome: failure === undefined ? 'completed' : 'failed',
        ...(failure !== undefined && { failure }),
        ...(content !== undefined && { response: toJsonObject(content, 'result') }),
      });
    }
    if (failure !== undefined) recordFailure(span, failure);
    span.end(endTime);
  }
}
