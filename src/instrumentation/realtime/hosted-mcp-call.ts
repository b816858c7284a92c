import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import { type JsonValue, parseJson, toJsonObject } from '../../json/json.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import { METHOD_TOOLS_CALL } from '../../openai-api/mcp-server.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure, recordFailure } from '../../semconv/failure.js';
import { OPERATION_EXECUTE_TOOL, spanName } from '../../semconv/operations.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { spanContent } from '../../spans/content-attributes.js';
import { startSpan } from '../../spans/telemetry.js';
import type { AgentExchange } from './agent-exchange.js';
import type { ConnectionScope } from './connection-scope.js';

/** The conversation's item of a hosted MCP call; `undefined` for any other. */
export function asMcpCallItem(value: unknown): UnknownRecord | undefined {
  const item = asRecord(value);
  return item?.type === 'mcp_call' || item?.type === 'mcp_tool_call' ? item : undefined;
}

/**
 * A call of a hosted MCP tool. The provider runs it itself, and tells the session of its beginning and its end; its
 * span is as that of a call by an MCP client in this process.
 */
export class HostedMcpCall {
  readonly #scope: ConnectionScope;
  readonly #name: string | undefined;
  readonly #server: string | undefined;
  #exchange: AgentExchange | undefined;
  #span: Span | undefined;
  #startedTicks = 0;

  /** @param item - the conversation's item of the call, of which the model has named the tool. */
  constructor(scope: ConnectionScope, exchange: AgentExchange, item: UnknownRecord) {
    this.#scope = scope;
    this.#exchange = exchange;
    this.#name = asNonEmptyString(item.name);
    this.#server = asNonEmptyString(item.server_label);
    exchange.begin();
  }

  /** The model has written what it calls the tool with. */
  start(args: unknown): void {
    if (this.#span !== undefined || this.#exchange === undefined) return;
    const { wanted, onSpan, lengthLimit } = this.#scope.content;
    const given = wanted && asNonEmptyString(args) !== undefined ? parseJson(args) : undefined;
    const attributes: Attributes = {
      [semconv.ATTR_MCP_METHOD_NAME]: METHOD_TOOLS_CALL,
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: OPERATION_EXECUTE_TOOL,
      [semconv.ATTR_GEN_AI_TOOL_NAME]: this.#name,
      [semconv.ATTR_OPENAI_AGENTS_MCP_SERVER]: this.#server,
      [semconv.ATTR_OPENAI_AGENTS_HOSTED]: true,
      ...(onSpan && spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_ARGUMENTS]: given }, lengthLimit)),
    };
    this.#startedTicks = performance.now();
    const parent = this.#exchange.context;
    const request = this.#name === undefined ? {} : { name: this.#name };
    this.#span = startSpan(
      this.#scope.telemetry,
      spanName(METHOD_TOOLS_CALL, this.#name),
      { kind: SpanKind.CLIENT, attributes },
      withSpanStartDetails(parent, {
        mcpCall: { request, ...(given !== undefined && { content: { ...request, arguments: given } }) },
      }),
    );
  }

  /**
   * @param item - the item as it is when the call is done.
   * @param responds - whether the session asks for a response now.
   */
  complete(item: UnknownRecord, responds: boolean): void {
    this.start(item.arguments);
    const { wanted, onSpan, lengthLimit } = this.#scope.content;
    const output = wanted && asNonEmptyString(item.output) !== undefined ? parseJson(item.output) : undefined;
    if (onSpan)
      this.#span?.setAttributes(spanContent({ [semconv.ATTR_GEN_AI_TOOL_CALL_RESULT]: output }, lengthLimit));
    if (responds) this.#exchange?.awaitResponse();
    this.#end(isRecord(item.error) ? callFailure(item.error) : undefined, false, output);
  }

  abandon(): void {
    this.#end(undefined, true, undefined);
  }

  #end(reason: Failure | undefined, cancelled: boolean, output: JsonValue | undefined): void {
    const span = this.#span;
    this.#span = undefined;
    if (span !== undefined) {
      if (signalsWanted()) {
        publishSignal({
          type: 'mcp.result',
          span: span.spanContext(),
          time: Date.now(),
          durationMs: performance.now() - this.#startedTicks,
          outcome: cancelled ? 'cancelled' : reason === undefined ? 'completed' : 'failed',
          ...(reason !== undefined && { failure: reason }),
          ...(output !== undefined && { response: toJsonObject(output, 'result') }),
        });
      }
      if (reason !== undefined) recordFailure(span, reason);
      else if (cancelled) span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
      span.end();
    }
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.finish();
  }
}

function callFailure(error: UnknownRecord): Failure {
  return failure(
    asNonEmptyString(error.type) ?? semconv.ERROR_TYPE_OTHER,
    asNonEmptyString(error.message) ?? 'The MCP call failed',
  );
}
