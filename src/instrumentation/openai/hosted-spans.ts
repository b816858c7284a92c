import { type Attributes, type Context, type Span, SpanKind } from '@opentelemetry/api';
import { type JsonObject, toJsonObject } from '../../foreign/json.js';
import type { ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_ID,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_GEN_AI_TOOL_NAME,
  ATTR_GEN_AI_TOOL_TYPE,
  ATTR_MCP_METHOD_NAME,
  ATTR_OPENAI_AGENTS_HOSTED,
  ATTR_OPENAI_AGENTS_MCP_SERVER,
  ATTR_OPENAI_AGENTS_OUTCOME,
  OUTCOME_CANCELLED,
} from '../../semconv/attributes.js';
import { OPERATION_EXECUTE_TOOL, spanName } from '../../semconv/operations.js';
import type { SpanStartDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { spanContent } from '../content-attributes.js';
import type { ContentPolicy } from '../content-capture.js';
import { recordFailure } from '../failure.js';
import { startSpan, type Telemetry } from '../telemetry.js';
import type { HostedCall, HostedCallReader } from './hosted-call.js';

/** Value of `gen_ai.tool.type` for a tool that runs where the model does. */
const TOOL_TYPE_EXTENSION = 'extension';

interface OpenCall {
  /** From its announcement. */
  call: HostedCall;
  readonly announcedAt: number;
  /** Started once what it is called with is known. */
  span: Span | undefined;
}

/**
 * The spans of the tools that the provider runs within one model call: children of that call's span, each started once
 * and ended once, at the latest with the call. A stream tells when they began and ended; a plain response does not, so
 * there each is a moment at its end.
 */
export class HostedSpans {
  readonly #telemetry: Telemetry;
  readonly #reader: HostedCallReader;
  readonly #request: ForeignRecord;
  readonly #content: ContentPolicy;
  readonly #parent: Context;
  readonly #open = new Map<number, OpenCall>();
  #serverUrls: ReadonlyMap<string, string> | undefined;
  #streamed = false;

  /** @param parent - the context of the model call. */
  constructor(
    telemetry: Telemetry,
    reader: HostedCallReader,
    request: ForeignRecord,
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
      started.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
      started.end();
    }
    this.#open.clear();
  }

  #start(call: HostedCall, startTime?: number): Span {
    const { id, mcp, toolName } = call;
    const attributes: Attributes = {
      [ATTR_MCP_METHOD_NAME]: mcp?.method,
      [ATTR_GEN_AI_OPERATION_NAME]: toolName === undefined ? undefined : OPERATION_EXECUTE_TOOL,
      [ATTR_GEN_AI_TOOL_NAME]: toolName,
      [ATTR_GEN_AI_TOOL_TYPE]: mcp === undefined ? TOOL_TYPE_EXTENSION : undefined,
      [ATTR_GEN_AI_TOOL_CALL_ID]: toolName === undefined ? undefined : id,
      [ATTR_OPENAI_AGENTS_MCP_SERVER]: mcp?.server,
      [ATTR_OPENAI_AGENTS_HOSTED]: true,
    };
    if (this.#content.onSpan && call.arguments !== undefined) {
      const content = { [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: call.arguments };
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

  #details({ mcp, toolName, arguments: args }: HostedCall): SpanStartDetails {
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

  #end(span: Span, { mcp, result, failure }: HostedCall, endTime?: number): void {
    const content = this.#content.wanted ? result : undefined;
    if (content !== undefined) {
      if (this.#content.onSpan) {
        const named = { [ATTR_GEN_AI_TOOL_CALL_RESULT]: content };
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
