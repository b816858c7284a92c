import { type Attributes, type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { type JsonObject, toJsonObject, toJsonValue } from '../../foreign/json.js';
import { asRecord, asText, type ForeignRecord } from '../../foreign/read.js';
import {
  ATTR_GEN_AI_OPERATION_NAME,
  ATTR_GEN_AI_TOOL_CALL_ARGUMENTS,
  ATTR_GEN_AI_TOOL_CALL_RESULT,
  ATTR_JSONRPC_REQUEST_ID,
  ATTR_MCP_METHOD_NAME,
  ATTR_OPENAI_AGENTS_MCP_SERVER,
  ATTR_OPENAI_AGENTS_OUTCOME,
  ATTR_RPC_RESPONSE_STATUS_CODE,
  OUTCOME_CANCELLED,
} from '../../semconv/attributes.js';
import { spanName } from '../../semconv/operations.js';
import { setPresent } from '../../semconv/present-attribute.js';
import type { McpCallDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { spanContent } from '../content-attributes.js';
import { type ContentPolicy, contentPolicy } from '../content-capture.js';
import { recordFailure } from '../failure.js';
import { recordMcpOperation } from '../metrics/mcp-metrics.js';
import { startSpan, type Telemetry } from '../telemetry.js';
import { getMcpCallSlot, type McpCallSlot } from './mcp-call-slot.js';
import { type McpConnection, readMcpConnection } from './mcp-connection.js';
import { describeMcpFailure, type McpFailure, toolFailure } from './mcp-failure.js';
import { type McpOperation, METHOD_TOOLS_CALL } from './mcp-operations.js';

/**
 * One request of an MCP client, from `request()` to the answer.
 *
 * Its span is its own, started here and ended once; or that of the Agents SDK's step that makes the request, which
 * then is the SDK's to end.
 */
export class McpCall {
  /** What the client's own code runs in, so that its HTTP spans are children of this span. */
  readonly context: Context;

  readonly #telemetry: Telemetry;
  readonly #operation: McpOperation;
  readonly #content: ContentPolicy;
  readonly #attributes: Attributes;
  readonly #span: Span;
  readonly #slot: McpCallSlot | undefined;
  readonly #joined: boolean;
  readonly #startedAt = performance.now();
  #sent = false;

  /**
   * @param request - the first argument of the client's `request()`.
   * @param knownVersion - see `readMcpConnection`.
   */
  constructor(
    telemetry: Telemetry,
    client: ForeignRecord,
    operation: McpOperation,
    request: ForeignRecord,
    knownVersion: string | undefined,
  ) {
    const active = context.active();
    this.#telemetry = telemetry;
    this.#operation = operation;
    this.#content = contentPolicy(telemetry.content, active);
    this.#slot = getMcpCallSlot(active);

    const params = asRecord(request.params);
    const { target } = operation;
    const targetName = target && asText(params?.[target.parameter]);
    const connection = readMcpConnection(client, knownVersion);
    const common = commonAttributes(operation, connection, this.#slot);
    this.#attributes = { ...common };
    setPresent(this.#attributes, ATTR_GEN_AI_OPERATION_NAME, operation.operationName);
    if (target !== undefined) setPresent(this.#attributes, target.attribute, targetName);

    const details = signalsWanted() ? this.#details(connection, targetName, params) : undefined;
    const joined = this.#slot?.join({ method: operation.method, attributes: common, details });
    this.#joined = joined !== undefined;
    this.#span =
      joined ??
      startSpan(
        telemetry,
        spanName(operation.method, target?.inSpanName === true ? targetName : undefined),
        { kind: SpanKind.CLIENT, attributes: { ...this.#attributes, ...this.#argumentsOnSpan(params) } },
        details === undefined ? active : withSpanStartDetails(active, { mcpCall: details }),
      );
    this.context = trace.setSpan(active, this.#span);
    if (this.#joined && details !== undefined) {
      publishSignal({ type: 'mcp.call', span: this.#span.spanContext(), time: Date.now(), call: details });
    }
  }

  /** The transport was given a message. Told of every one that is sent while `request()` runs. */
  sent(message: unknown): void {
    const { method, id } = asRecord(message) ?? {};
    if (this.#sent || method !== this.#operation.method || id === undefined) return;
    this.#sent = true;
    this.#span.setAttribute(ATTR_JSONRPC_REQUEST_ID, String(id));
  }

  succeed(result: unknown): void {
    const response = this.#content.wanted ? toJsonObject(result, 'result') : undefined;
    if (this.#content.onSpan && !this.#joined && this.#isToolCall && response !== undefined) {
      this.#span.setAttributes(
        spanContent({ [ATTR_GEN_AI_TOOL_CALL_RESULT]: response }, this.#content.lengthLimit),
      );
    }
    this.#end(this.#isToolCall ? toolFailure(result) : undefined, false, response);
  }

  fail(error: unknown): void {
    this.#end(describeMcpFailure(error), false, undefined);
  }

  /** The caller did not wait for the answer. */
  cancel(): void {
    this.#end(undefined, true, undefined);
  }

  get #isToolCall(): boolean {
    return this.#operation.method === METHOD_TOOLS_CALL;
  }

  #end(failure: McpFailure | undefined, cancelled: boolean, response: JsonObject | undefined): void {
    const span = this.#span;
    const duration = performance.now() - this.#startedAt;
    if (signalsWanted()) {
      publishSignal({
        type: 'mcp.result',
        span: span.spanContext(),
        time: Date.now(),
        durationMs: duration,
        outcome: cancelled ? 'cancelled' : failure === undefined ? 'completed' : 'failed',
        ...(failure !== undefined && { failure: { type: failure.type, message: failure.message } }),
        ...(response !== undefined && { response }),
      });
    }
    // The SDK may have ended a span of its own before, where it did not wait for the answer.
    if (failure?.statusCode !== undefined && span.isRecording()) {
      span.setAttribute(ATTR_RPC_RESPONSE_STATUS_CODE, failure.statusCode);
    }
    const { instruments } = this.#telemetry;
    if (instruments !== undefined) {
      recordMcpOperation(instruments, {
        attributes: this.#attributes,
        errorType: failure?.type,
        statusCode: failure?.statusCode,
        duration: duration / 1000,
      });
    }
    this.#slot?.ended({ failure, cancelled });
    if (this.#joined) return;
    if (failure !== undefined) recordFailure(span, failure);
    if (cancelled) span.setAttribute(ATTR_OPENAI_AGENTS_OUTCOME, OUTCOME_CANCELLED);
    span.end();
  }

  #details(
    { serverUrl }: McpConnection,
    targetName: string | undefined,
    params: ForeignRecord | undefined,
  ): McpCallDetails {
    const { target } = this.#operation;
    return {
      ...(serverUrl !== undefined && { serverUrl }),
      ...(target !== undefined &&
        targetName !== undefined && { request: { [target.parameter]: targetName } }),
      ...(this.#content.allowed && params !== undefined && { content: requestContent(params) }),
    };
  }

  #argumentsOnSpan(params: ForeignRecord | undefined): Attributes | undefined {
    if (!this.#content.onSpan || !this.#isToolCall || params?.arguments === undefined) return undefined;
    const given = toJsonValue(params.arguments);
    return spanContent({ [ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: given }, this.#content.lengthLimit);
  }
}

/** Those that a joined span gets, too: it has an operation and a tool's name of its own. */
function commonAttributes(
  { method }: McpOperation,
  { serverName, attributes }: McpConnection,
  slot: McpCallSlot | undefined,
): Attributes {
  const common: Attributes = { [ATTR_MCP_METHOD_NAME]: method };
  setPresent(common, ATTR_OPENAI_AGENTS_MCP_SERVER, slot?.serverName ?? serverName);
  return Object.assign(common, attributes);
}

/** What the application asked for, without what the protocol says about the request itself. */
function requestContent(params: ForeignRecord): JsonObject {
  const { _meta, ...content } = toJsonObject(params, 'params');
  return content;
}
