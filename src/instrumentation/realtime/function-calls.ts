import { type Context, context } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { ownValue } from '../../json/own-data.js';
import { asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import { describeRealtimeError } from '../../openai-api/realtime.js';
import { agentName } from '../agents/agent-description.js';
import { handoff } from '../agents/span-mappings/handoff.js';
import { type ApprovalAnswer, approvalGiven, approvalRequested } from '../agents/tool-decisions.js';
import type { AgentExchange } from './agent-exchange.js';
import { type ConnectionScope, MAX_OPEN, recordMappedSpan } from './connection-scope.js';
import type { Exchanges } from './exchanges.js';
import { FunctionCall, getFunctionCall } from './function-call.js';

/** The function calls that are open in one connection, and the approvals that the application has yet to answer. */
export class FunctionCalls {
  readonly #scope: ConnectionScope;
  readonly #exchanges: Exchanges;
  readonly #open = new BoundedMap<string, FunctionCall>(MAX_OPEN, (call) => call.abandon());
  /** The exchanges of the calls that wait for an approval, by their ids; hosted MCP calls included. */
  readonly #approvals = new BoundedMap<string, AgentExchange>(MAX_OPEN);
  /** The exchanges of hosted MCP calls that were approved and have not begun, by the ids of their requests. */
  readonly #approvedHosted = new BoundedMap<string, AgentExchange>(MAX_OPEN, (exchange) =>
    exchange.closeOperation(),
  );

  /** The latest call of a tool that the agent does not have. */
  #unknown: FunctionCall | undefined;

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
    // The answer that the agent does not have the tool, which the session then reports as an error (0.20.0).
    if (!requestsResponse) this.#unknown = call;
    this.#open.remove(id);
    if (requestsResponse) call.leaveExchange();
    else afterThisTurn(() => this.#scope.telemetry.guard.run('Ending a call', () => call.leaveExchange()));
  }

  /** The session reports an error. @returns whether it is about the call that the running code handles. */
  errorReported(error: unknown): boolean {
    const call = this.active;
    if (call === undefined) return false;
    this.failed(call.id, error);
    return true;
  }

  failed(id: string, error: unknown): void {
    const call = this.#open.remove(id) ?? (this.#unknown?.id === id ? this.#unknown : undefined);
    this.#unknown = undefined;
    call?.fail(describeRealtimeError(error));
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
    const id = approvalId(item);
    const call = id === undefined ? undefined : this.#open.get(id);
    const exchange = call?.exchange ?? this.#exchanges.exchangeOf(agent);
    this.#scope.publishFact(approvalRequested(item), exchange.spanContext);
    if (id !== undefined) {
      this.#approvals.set(id, exchange);
      if (call === undefined) {
        exchange.openOperation();
        exchange.waitBegan();
      } else call.wait();
    }
    exchange.endIfIdle();
  }

  /** @returns the call that continues; `undefined` if there is none, or if an earlier answer was given. */
  approvalAnswered(item: UnknownRecord, answer: ApprovalAnswer): FunctionCall | undefined {
    const id = approvalId(item);
    const exchange = id === undefined ? undefined : this.#approvals.remove(id);
    if (id === undefined || exchange === undefined) return undefined;
    this.#scope.publishFact(approvalGiven(item, answer), exchange.spanContext);
    const call = this.#open.get(id);
    if (call !== undefined) call.resume(context.active(), answer.approved);
    else {
      exchange.waitEnded();
      if (answer.approved) this.#approvedHosted.set(id, exchange);
      else exchange.closeOperation();
    }
    return call;
  }

  /**
   * A hosted MCP call begins.
   *
   * @param begin - begins it in the exchange in which it was approved, if it was.
   */
  hostedCallBegins(item: UnknownRecord, begin: (approved: AgentExchange | undefined) => void): void {
    const id = asNonEmptyString(item.approval_request_id);
    const exchange = id === undefined ? undefined : this.#approvedHosted.remove(id);
    begin(exchange);
    if (exchange !== undefined) exchange.closeOperation();
    // A provider that does not say which request was approved begins with the oldest.
    else if (id === undefined) this.#approvedHosted.evict();
  }

  get areRunning(): boolean {
    return this.#open.newestFirst().some((call) => !call.waits);
  }

  get awaitApproval(): boolean {
    return this.#approvals.size > 0;
  }

  /** The open call that the running code handles. */
  get active(): FunctionCall | undefined {
    const call = getFunctionCall(context.active());
    return call !== undefined && (this.#open.get(call.id) === call || this.#unknown === call)
      ? call
      : undefined;
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

/** Fake timers may fake `queueMicrotask`, but not promises. */
function afterThisTurn(action: () => void): void {
  Promise.resolve().then(action);
}
