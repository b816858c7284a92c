import { BoundedMap } from '../../bounded-map.js';
import { parseJson } from '../../json/json.js';
import { asNonEmptyString, asRecord, isRecord, type UnknownRecord } from '../../json/readers.js';
import type { HostedToolCall } from '../../openai-api/hosted-tool-call.js';
import { METHOD_TOOLS_CALL } from '../../openai-api/mcp-server.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, failure } from '../../semconv/failure.js';
import { HostedToolSpan } from '../../spans/hosted-tool-span.js';
import type { AgentExchange } from './agent-exchange.js';
import { type ConnectionScope, MAX_OPEN } from './connection-scope.js';
import type { Exchanges } from './exchanges.js';
import type { FunctionCalls } from './function-calls.js';

/** The calls of hosted MCP tools that are open in one connection, by the id of their conversation item. */
export class HostedMcpCalls {
  readonly #scope: ConnectionScope;
  readonly #exchanges: Exchanges;
  readonly #calls: FunctionCalls;
  readonly #open = new BoundedMap<string, HostedMcpCall>(MAX_OPEN, (call) => call.abandon());

  constructor(scope: ConnectionScope, exchanges: Exchanges, calls: FunctionCalls) {
    this.#scope = scope;
    this.#exchanges = exchanges;
    this.#calls = calls;
  }

  get areRunning(): boolean {
    return this.#open.size > 0;
  }

  /**
   * An item was added to the conversation or to a response.
   *
   * @param responseId - the response that the item belongs to, if the event names it.
   */
  itemAdded(value: unknown, agent: UnknownRecord, responseId?: string): void {
    const item = asMcpCallItem(value);
    const id = asNonEmptyString(item?.id);
    if (item === undefined || id === undefined || this.#open.get(id) !== undefined) return;
    this.#calls.hostedCallBegins(item, (approved) => {
      const exchange = approved ?? this.#exchanges.exchangeOf(agent, responseId);
      const call = new HostedMcpCall(this.#scope, exchange, item);
      this.#open.set(id, call);
      // The item of a call that needed approval has its arguments from the beginning.
      if (asNonEmptyString(item.arguments) !== undefined) call.start(item.arguments);
    });
  }

  /** @param args - the arguments as JSON text; `undefined` if the event does not carry them. */
  started(itemId: string | undefined, args: unknown): void {
    if (itemId !== undefined) this.#open.get(itemId)?.start(args);
  }

  /**
   * An item is complete.
   *
   * @param requestsResponse - whether the session requests a response when an MCP call has ended.
   */
  itemDone(value: unknown, requestsResponse: boolean): void {
    const item = asMcpCallItem(value);
    const id = asNonEmptyString(item?.id);
    if (item !== undefined && id !== undefined) this.#open.remove(id)?.complete(item, requestsResponse);
  }

  abandonAll(): void {
    for (const call of this.#open.removeAll()) call.abandon();
  }
}

/** The conversation's item of a hosted MCP call; `undefined` for any other item. */
function asMcpCallItem(value: unknown): UnknownRecord | undefined {
  const item = asRecord(value);
  return item?.type === 'mcp_call' || item?.type === 'mcp_tool_call' ? item : undefined;
}

/**
 * One call of a hosted MCP tool. The provider runs the tool and reports when the call begins and ends. The span
 * starts as soon as the model has written the arguments.
 */
class HostedMcpCall {
  readonly #scope: ConnectionScope;
  readonly #call: HostedToolCall;
  /** `undefined` once the call has ended. */
  #exchange: AgentExchange | undefined;
  #span: HostedToolSpan | undefined;

  /** @param item - the conversation's item of the call, in which the model has named the tool. */
  constructor(scope: ConnectionScope, exchange: AgentExchange, item: UnknownRecord) {
    this.#scope = scope;
    this.#exchange = exchange;
    this.#call = {
      // Only the item has an id, the call has none.
      id: undefined,
      mcp: {
        method: METHOD_TOOLS_CALL,
        server: asNonEmptyString(item.server_label),
        approvalRequestId: asNonEmptyString(item.approval_request_id),
      },
      toolName: asNonEmptyString(item.name),
    };
    exchange.openOperation();
  }

  start(args: unknown): void {
    if (this.#span !== undefined || this.#exchange === undefined) return;
    const { telemetry, content } = this.#scope;
    const call = { ...this.#call, arguments: content.wanted ? parseText(args) : undefined };
    const { knownConversationId: conversationId } = this.#scope;
    this.#span = new HostedToolSpan(telemetry, call, content, this.#exchange.context, { conversationId });
  }

  /** @param item - the item of the completed call. */
  complete(item: UnknownRecord, requestsResponse: boolean): void {
    this.start(item.arguments);
    if (requestsResponse) this.#exchange?.responseRequested();
    this.#end({
      result: this.#scope.content.wanted ? parseText(item.output) : undefined,
      failure: isRecord(item.error) ? callFailure(item.error) : undefined,
    });
  }

  abandon(): void {
    this.#end({ cancelled: true });
  }

  #end(end: Parameters<HostedToolSpan['end']>[0]): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#exchange = undefined;
    this.#span?.end({ ...end, durationMs: this.#span.elapsedMs });
    exchange.closeOperation();
  }
}

function parseText(text: unknown) {
  return asNonEmptyString(text) === undefined ? undefined : parseJson(text);
}

function callFailure(error: UnknownRecord): Failure {
  return failure(
    asNonEmptyString(error.type) ?? semconv.ERROR_TYPE_OTHER,
    asNonEmptyString(error.message),
    'The MCP call failed',
  );
}
