import { type Context, context } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { describeRealtimeError } from '../../openai-api/realtime.js';
import { agentName } from '../agents/agent-description.js';
import { handoff } from '../agents/span-mappings/handoff.js';
import { type ApprovalAnswer, approvalGiven, approvalRequested } from '../agents/tool-decisions.js';
import { type ConnectionScope, MAX_OPEN, recordMappedSpan } from './connection-scope.js';
import type { Exchanges } from './exchanges.js';
import { FunctionCall, getFunctionCall } from './function-call.js';

/** The function calls that are open in one connection, and the approvals that the application has yet to answer. */
export class FunctionCalls {
  readonly #scope: ConnectionScope;
  readonly #exchanges: Exchanges;
  readonly #open = new BoundedMap<string, FunctionCall>(MAX_OPEN, (call) => call.abandon());
  /** Ids of calls that wait for an approval, hosted MCP calls included. */
  readonly #approvals = new BoundedMap<string, true>(MAX_OPEN);

  constructor(scope: ConnectionScope, exchanges: Exchanges) {
    this.#scope = scope;
    this.#exchanges = exchanges;
  }

  /** @returns the context in which the session is to handle the call. */
  requested(request: UnknownRecord, agent: UnknownRecord): Context | undefined {
    const id = callId(request);
    return id === undefined ? undefined : this.#openCall(id, request, agent).context;
  }

  /** @param details - `{ toolCall }`. */
  toolStarted(agent: UnknownRecord, tool: unknown, details: unknown): void {
    const toolCall = ownRecord(details, 'toolCall');
    const id = callId(toolCall);
    if (id !== undefined) this.#openCall(id, toolCall, agent).start(tool, toolCall);
  }

  /** @param details - `{ toolCall }`. */
  toolEnded(result: unknown, details: unknown): void {
    const id = callId(ownRecord(details, 'toolCall'));
    if (id !== undefined) this.#open.remove(id)?.complete(result);
  }

  /**
   * The answer was sent to the model. For a tool this comes before the session reports the tool's end.
   *
   * @param requestsResponse - whether the session requests a response with it.
   */
  answered(toolCall: UnknownRecord, requestsResponse: boolean): void {
    const id = callId(toolCall);
    const call = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || call === undefined) return;
    if (requestsResponse) call.exchange?.responseRequested();
    if (call.isRunning) return;
    this.#open.remove(id);
    call.leaveExchange();
  }

  failed(id: string, error: unknown): void {
    this.#open.remove(id)?.fail(describeRealtimeError(error));
  }

  handedOff(from: UnknownRecord, to: UnknownRecord): void {
    const data = { from_agent: agentName(from), to_agent: agentName(to) };
    const call = this.active;
    if (call !== undefined) call.handedOff(data);
    else recordMappedSpan(this.#scope, handoff, data, this.#exchanges.context);
    this.#exchanges.leaveCurrent();
  }

  /** @param request - `{ approvalItem }`. */
  approvalRequested(agent: UnknownRecord, request: unknown): void {
    const item = ownRecord(request, 'approvalItem');
    const exchange = this.#exchanges.exchangeOf(agent);
    this.#scope.publishFact(approvalRequested(item), exchange.spanContext);
    const id = approvalId(item);
    if (id !== undefined) {
      this.#approvals.set(id, true);
      this.#open.get(id)?.leaveExchange();
    }
    exchange.endIfIdle();
  }

  /** @returns the call that continues; `undefined` if there is none, or if an earlier answer was given. */
  approvalAnswered(
    agent: UnknownRecord,
    item: UnknownRecord,
    answer: ApprovalAnswer,
  ): FunctionCall | undefined {
    const id = approvalId(item);
    if (id === undefined || this.#approvals.remove(id) === undefined) return undefined;
    const exchange = this.#exchanges.exchangeOf(agent);
    this.#scope.publishFact(approvalGiven(item, answer), exchange.spanContext);
    const call = this.#open.get(id);
    call?.resume(exchange, context.active(), answer.approved);
    exchange.endIfIdle();
    return call;
  }

  /** The open call that the running code handles. */
  get active(): FunctionCall | undefined {
    const call = getFunctionCall(context.active());
    return call !== undefined && this.#open.get(call.id) === call ? call : undefined;
  }

  abandonAll(): void {
    for (const call of this.#open.removeAll()) call.abandon();
  }

  #openCall(id: string, request: UnknownRecord, agent: UnknownRecord): FunctionCall {
    const open = this.#open.get(id);
    if (open !== undefined) return open;
    const exchange = this.#exchanges.exchangeOf(agent, asNonEmptyString(ownValue(request, 'responseId')));
    const call = new FunctionCall(this.#scope, exchange, id, request);
    this.#open.set(id, call);
    return call;
  }
}

function callId(toolCall: UnknownRecord): string | undefined {
  return asNonEmptyString(ownValue(toolCall, 'callId')) ?? asNonEmptyString(ownValue(toolCall, 'id'));
}

/** The id of a call that waits for approval. A hosted MCP call has only the id of the item that asks for approval. */
function approvalId(item: UnknownRecord): string | undefined {
  const raw = ownValue(item, 'rawItem');
  return (
    asNonEmptyString(ownValue(raw, 'callId')) ??
    asNonEmptyString(ownValue(ownValue(raw, 'providerData'), 'itemId')) ??
    asNonEmptyString(ownValue(raw, 'id'))
  );
}

function ownRecord(object: unknown, name: string): UnknownRecord {
  return asRecord(ownValue(object, name)) ?? {};
}
