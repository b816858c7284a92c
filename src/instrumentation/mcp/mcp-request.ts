import { type Attributes, type Context, context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { type JsonObject, toJsonObject, toJsonValue } from '../../json/json.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { type McpOperation, METHOD_TOOLS_CALL } from '../../openai-api/mcp-server.js';
import * as semconv from '../../semconv/attributes.js';
import { recordFailure } from '../../semconv/failure.js';
import { spanName } from '../../semconv/operations.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import type { McpCallDetails } from '../../signals/signal.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { spanContent } from '../../spans/content-attributes.js';
import { type ContentPolicy, contentPolicy } from '../../spans/content-policy.js';
import { recordMcpOperation } from '../../spans/metrics/agent-metrics.js';
import { startSpan, type Telemetry } from '../../spans/telemetry.js';
import { type McpConnection, readMcpConnection } from './mcp-connection.js';
import { describeMcpFailure, type McpFailure, toolFailure } from './mcp-failure.js';
import { getMcpCallSlot, type McpSpanSlot } from './mcp-span-slot.js';

/**
 * One request of an MCP client, from `request()` to the answer.
 *
 * Its span is its own, started here and ended once; or that of the Agents SDK's step that makes the request, which
 * then is the SDK's to end.
 */
export class McpRequest {
  /** What the client's own code runs in, so that its HTTP spans are children of this span. */
  readonly context: Context;

  readonly #telemetry: Telemetry;
  readonly #operation: McpOperation;
  readonly #content: ContentPolicy;
  readonly #attributes: Attributes;
  readonly #span: Span;
  readonly #slot: McpSpanSlot | undefined;
  readonly #joined: boolean;
  readonly #startedAt = performance.now();
  #sent = false;

  /**
   * @param request - the first argument of the client's `request()`.
   * @param knownVersion - see `readMcpConnection`.
   */
  constructor(
    telemetry: Telemetry,
    client: UnknownRecord,
    operation: McpOperation,
    request: UnknownRecord,
    knownVersion: string | undefined,
  ) {
    const active = context.active();
    this.#telemetry = telemetry;
    this.#operation = operation;
    this.#content = contentPolicy(telemetry.content, active);
    this.#slot = getMcpCallSlot(active);

    const params = asRecord(request.params);
    const { target } = operation;
    const targetName = target && asNonEmptyString(params?.[target.parameter]);
    const connection = readMcpConnection(client, knownVersion);
    const common = commonAttributes(operation, connection, this.#slot);
    this.#attributes = { ...common };
    setIfDefined(this.#attributes, semconv.ATTR_GEN_AI_OPERATION_NAME, operation.operationName);
    if (target !== undefined) setIfDefined(this.#attributes, target.attribute, targetName);

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
    this.#span.setAttribute(semconv.ATTR_JSONRPC_REQUEST_ID, String(id));
  }

  succeed(result: unknown): void {
    const response = this.#content.wanted ? toJsonObject(result, 'result') : undefined;
    if (this.#content.onSpan && !this.#joined && this.#isToolCall && response !== undefined) {
      this.#span.setAttributes(
        spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: response }, this.#content.lengthLimit),
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
      span.setAttribute(semconv.ATTR_RPC_RESPONSE_STATUS_CODE, failure.statusCode);
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
    if (cancelled) span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    span.end();
  }

  #details(
    { serverUrl }: McpConnection,
    targetName: string | undefined,
    params: UnknownRecord | undefined,
  ): McpCallDetails {
    const { target } = this.#operation;
    return {
      ...(serverUrl !== undefined && { serverUrl }),
      ...(target !== undefined &&
        targetName !== undefined && { request: { [target.parameter]: targetName } }),
      ...(this.#content.allowed && params !== undefined && { content: requestContent(params) }),
    };
  }

  #argumentsOnSpan(params: UnknownRecord | undefined): Attributes | undefined {
    if (!this.#content.onSpan || !this.#isToolCall || params?.arguments === undefined) return undefined;
    const given = toJsonValue(params.arguments);
    return spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: given }, this.#content.lengthLimit);
  }
}

/** Those that a joined span gets, too: it has an operation and a tool's name of its own. */
function commonAttributes(
  { method }: McpOperation,
  { serverName, attributes }: McpConnection,
  slot: McpSpanSlot | undefined,
): Attributes {
  const common: Attributes = { [semconv.ATTR_MCP_METHOD_NAME]: method };
  setIfDefined(common, semconv.ATTR_OPENAI_AGENTS_MCP_SERVER, slot?.serverName ?? serverName);
  return Object.assign(common, attributes);
}

/** What the application asked for, without what the protocol says about the request itself. */
function requestContent(params: UnknownRecord): JsonObject {
  const { _meta, ...content } = toJsonObject(params, 'params');
  return content;
}
