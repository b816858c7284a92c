import { type Attributes, type Context, context, SpanKind } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import { type JsonObject, toJsonObject } from '../../json/json.js';
import { ownJson, ownValue } from '../../json/own-data.js';
import { asNonEmptyString } from '../../json/readers.js';
import { memberValue } from '../../json/sdk-members.js';
import { type McpOperation, type McpTarget, METHOD_TOOLS_CALL } from '../../openai-api/mcp-server.js';
import * as semconv from '../../semconv/attributes.js';
import { describeFailure, masked } from '../../semconv/failure.js';
import { spanName } from '../../semconv/operations.js';
import { setIfDefined } from '../../semconv/set-attribute.js';
import type { McpCallDetails } from '../../signals/signal.js';
import { contentSignalsWanted, signalsWanted } from '../../signals/signal-channel.js';
import { spanContent } from '../../spans/content-attributes.js';
import { type ContentPolicy, contentPolicy, policyOfSpan } from '../../spans/content-policy.js';
import { recordMcpOperation } from '../../spans/metrics/agent-metrics.js';
import { failureDetails, RecordedSpan } from '../../spans/recorded-span.js';
import type { Telemetry } from '../../spans/telemetry.js';
import { learnServerName, type McpConnection, serverNameOf } from './mcp-connection.js';
import { describeMcpFailure, describeRejectedOutput, type McpFailure, toolFailure } from './mcp-failure.js';
import type { McpSpanSlot } from './mcp-span-slot.js';

interface McpRequestStart {
  readonly operation: McpOperation;
  readonly connection: McpConnection;
  /** The application's name for the server. */
  readonly label: string | undefined;
  /** The first argument of the client's `request()`; absent for a handshake. */
  readonly request?: unknown;
  /** The step of the Agents SDK that makes the request. */
  readonly slot?: McpSpanSlot | undefined;
  /** Set if the request began before: in milliseconds since the epoch, and by the monotonic clock. */
  readonly startTime?: number;
  readonly startedTicks?: number;
}

interface McpRequestEnd {
  readonly failure?: McpFailure | undefined;
  readonly cancelled?: boolean;
  readonly response?: JsonObject | undefined;
}

/**
 * One request of an MCP client, from `request()` to the answer.
 *
 * Invariant: a span of the request's own is started here and ended once. If the request joins the span of the Agents
 * SDK's step that makes it, the SDK's hook ends that span.
 */
export class McpRequest {
  /** The client's own code runs in it, so that its HTTP spans are children of this span. */
  readonly context: Context;

  readonly #telemetry: Telemetry;
  readonly #operation: McpOperation;
  readonly #content: ContentPolicy;
  readonly #attributes: Attributes;
  readonly #span: RecordedSpan;
  readonly #slot: McpSpanSlot | undefined;
  readonly #joined: boolean;

  readonly #startedTicks: number;
  #connection: McpConnection;

  constructor(telemetry: Telemetry, start: McpRequestStart) {
    const active = context.active();
    const { operation, connection, request, slot } = start;
    this.#telemetry = telemetry;
    this.#operation = operation;
    this.#content = contentPolicy(telemetry, active);
    this.#connection = connection;
    this.#slot = slot;
    this.#startedTicks = start.startedTicks ?? clock.ticks();

    const params = ownValue(request, 'params');
    const { method, target } = operation;
    const targetName = target && shownTarget(target, memberValue(params, target.parameter));
    const common = commonAttributes(operation, connection, start.label);
    this.#attributes = { ...common };
    setIfDefined(this.#attributes, semconv.ATTR_GEN_AI_OPERATION_NAME, operation.operationName);
    if (target !== undefined) setIfDefined(this.#attributes, target.attribute, targetName);

    const details = signalsWanted() ? () => this.#details(targetName, params) : undefined;
    const joined = this.#slot?.join({ method, attributes: common, details });
    this.#joined = joined !== undefined;
    this.#span =
      joined === undefined
        ? RecordedSpan.start(
            telemetry,
            {
              name: spanName(method, target?.inSpanName === true ? targetName : undefined),
              kind: SpanKind.CLIENT,
              attributes: this.#attributes,
              content: () => this.#argumentsOnSpan(params),
              details: details && (() => ({ mcpCall: details() })),
              startTime: start.startTime,
            },
            active,
          )
        : new RecordedSpan(telemetry, joined, active);
    this.context = this.#span.context;
    if (this.#joined && details !== undefined) {
      this.#span.publish(() => ({ type: 'mcp.call', call: details() }));
    }
  }

  /** The server has introduced itself. */
  connected(connection: McpConnection, method: string, label: string | undefined): void {
    this.#connection = connection;
    Object.assign(this.#attributes, commonAttributes({ method }, connection, label));
    this.#span.span.setAttributes(this.#attributes);
    if (method !== this.#operation.method) this.#span.span.updateName(method);
  }

  /** The client gave the request an id. */
  sent(id: number): void {
    this.#span.span.setAttribute(semconv.ATTR_JSONRPC_REQUEST_ID, String(id));
  }

  succeed(result: unknown): void {
    this.#answered(result, undefined);
  }

  /** The client rejects the answer. */
  refuse(result: unknown, error: unknown): void {
    this.#answered(result, () => describeRejectedOutput(error));
  }

  #answered(result: unknown, refusal: (() => McpFailure) | undefined): void {
    const end = this.#read(() => {
      const { wanted } = policyOfSpan(this.#content, this.#span.span, undefined);
      const response = wanted ? toJsonObject(ownJson(result) ?? null, 'result') : undefined;
      if (!this.#joined && this.#isToolCall && response !== undefined) {
        this.#span.setContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: response }, this.#content);
      }
      return { failure: refusal?.() ?? (this.#isToolCall ? toolFailure(result) : undefined), response };
    });
    this.#end(end ?? {});
  }

  fail(error: unknown): void {
    const failure = this.#read(() => describeMcpFailure(error));
    this.#end({ failure: failure ?? describeFailure(error) });
  }

  /** A result or an error that cannot be read ends the request all the same. */
  #read<T>(read: () => T): T | undefined {
    return this.#telemetry.guard.run('Reading the end of an MCP request', read);
  }

  /** The caller did not wait for the answer. */
  cancel(): void {
    this.#end({ cancelled: true });
  }

  get #isToolCall(): boolean {
    return this.#operation.method === METHOD_TOOLS_CALL;
  }

  #end({ failure, cancelled = false, response }: McpRequestEnd): void {
    const { span } = this.#span;
    const elapsed = (clock.ticks() - this.#startedTicks) / 1000;
    // A fault while the end is recorded must not lose the span's end; the caller's guard reports it.
    try {
      this.#span.publish(() => ({
        type: 'mcp.result',
        durationMs: elapsed * 1000,
        outcome: cancelled ? 'cancelled' : failure === undefined ? 'completed' : 'failed',
        ...(failure !== undefined && { failure: failureDetails(failure, this.#content.allowed) }),
        ...(response !== undefined && { response }),
      }));
      // The SDK may have ended its span before, if it did not wait for the answer.
      if (failure?.statusCode !== undefined && span.isRecording()) {
        span.setAttribute(semconv.ATTR_RPC_RESPONSE_STATUS_CODE, failure.statusCode);
      }
      const { instruments } = this.#telemetry;
      if (instruments !== undefined) {
        recordMcpOperation(instruments, {
          attributes: this.#attributes,
          errorType: failure?.type,
          statusCode: failure?.statusCode,
          duration: elapsed,
        });
      }
      this.#slot?.ended({ failure, cancelled });
    } finally {
      if (!this.#joined) this.#span.end({ failure, cancelled });
    }
  }

  #details(targetName: string | undefined, params: unknown): McpCallDetails {
    const { target } = this.#operation;
    const { serverUrl } = this.#connection;
    return {
      ...(serverUrl !== undefined && { serverUrl }),
      ...(target !== undefined &&
        targetName !== undefined && { request: { [target.parameter]: targetName } }),
      ...(this.#content.allowed && contentSignalsWanted() && requestContent(params)),
    };
  }

  #argumentsOnSpan(params: unknown): Attributes {
    if (!this.#content.onSpan || !this.#isToolCall) return {};
    const content = { [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: ownJson(ownValue(params, 'arguments')) };
    return spanContent(content, this.#content);
  }
}

/** The attributes that a joined span gets as well. It has an operation name and a tool name of its own. */
function commonAttributes(
  { method }: Pick<McpOperation, 'method'>,
  { serverName, attributes }: McpConnection,
  label: string | undefined,
): Attributes {
  const common: Attributes = { [semconv.ATTR_MCP_METHOD_NAME]: method };
  learnServerName(label, serverName);
  setIfDefined(common, semconv.ATTR_OPENAI_AGENTS_MCP_SERVER, serverName ?? serverNameOf(label));
  setIfDefined(common, semconv.ATTR_OPENAI_AGENTS_MCP_SERVER_LABEL, label);
  return Object.assign(common, attributes);
}

/** The name of a tool or prompt, or the URI of a resource, in which credentials may stand. */
function shownTarget({ parameter }: McpTarget, value: unknown): string | undefined {
  const name = asNonEmptyString(value);
  if (name === undefined || parameter === 'name') return name;
  return masked(name, MAX_URI_LENGTH);
}

/** Far more than the address of a resource needs. */
const MAX_URI_LENGTH = 2048;

/** The parameters of the application, without the protocol's metadata of the request. */
function requestContent(params: unknown): { content: JsonObject } | undefined {
  const json = ownJson(params);
  if (json === undefined || json === null) return undefined;
  const { _meta, ...content } = toJsonObject(json, 'params');
  return { content };
}
