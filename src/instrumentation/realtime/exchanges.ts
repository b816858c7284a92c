import type { Context } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { asArray, asNonEmptyString, asRecord, type UnknownRecord } from '../../json/readers.js';
import type { Failure } from '../../semconv/failure.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { getSessionCalls } from '../../spans/session-calls.js';
import { UsageSum } from '../../spans/usage-sum.js';
import { agentName } from '../agents/agent-description.js';
import { AgentExchange, type ExchangeObserver } from './agent-exchange.js';
import { type ConnectionScope, MAX_OPEN } from './connection-scope.js';
import type { ResponseRequest } from './response-requests.js';
import { ResponseTurn } from './response-turn.js';
import { ConversationInput, UserInput } from './user-input.js';

/** An answer as a later finding about it needs it. */
interface Answer {
  readonly context: Context;
  readonly agentName: string | undefined;
  readonly responseId: string | undefined;
}

/**
 * The exchanges of one connection and the responses in them.
 *
 * Invariant: at most one exchange is current. New operations belong to it; earlier ones only wait for what is open in
 * them.
 */
export class Exchanges implements ExchangeObserver {
  /** The tokens of all responses of the connection. */
  readonly usage = new UsageSum();

  readonly #scope: ConnectionScope;
  readonly #parent: Context;
  readonly #input: ConversationInput;
  readonly #open = new Set<AgentExchange>();
  readonly #turns = new BoundedMap<string, ResponseTurn>(MAX_OPEN, (turn) => turn.cancel());
  /** The answers by the ids of their items, those that have ended as well. */
  readonly #answers = new BoundedMap<string, Answer>(MAX_OPEN);
  #current: AgentExchange | undefined;

  /** @param parent - the connection's context. */
  constructor(scope: ConnectionScope, parent: Context) {
    this.#scope = scope;
    this.#parent = parent;
    this.#input = new ConversationInput(scope.content.wanted);
  }

  get areOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Whether a response goes on. */
  get areAnswering(): boolean {
    return this.#turns.size > 0;
  }

  /** The context of the current exchange, otherwise that of the connection. */
  get context(): Context {
    return this.#current?.context ?? this.#parent;
  }

  get newestTurn(): ResponseTurn | undefined {
    return this.#turns.newestFirst()[0];
  }

  itemAdded(item: UnknownRecord): void {
    this.#input.add(item);
  }

  /** @param item - that the client sends. */
  itemSent(item: unknown): void {
    this.#input.sent(item);
  }

  /** The user has said something, which becomes an item of the conversation. */
  spoken(itemId: string | undefined): void {
    this.#input.spoken(itemId);
  }

  /** @param transcript - `undefined` if the transcription failed. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    this.#input.transcribed(itemId, transcript);
    for (const exchange of this.#open) exchange.transcribed(itemId, transcript);
  }

  /**
   * A response begins: in the current exchange, or in a new one for another agent or for new input of the user.
   *
   * @param requestedAt - in milliseconds since the epoch; `undefined` if it was not requested.
   */
  responseCreated(response: UnknownRecord, agent: UnknownRecord, requestedAt: number | undefined): void {
    this.#turns.set(asNonEmptyString(response.id) ?? '', this.#beginTurn(response, agent, requestedAt));
  }

  /** A response that was requested will not begin: the provider refuses it. */
  responseRefused({ id, time }: ResponseRequest, agent: UnknownRecord, failure: Failure): void {
    this.#input.addUnconfirmed();
    // A response that goes on is the answer to the question before, whose exchange stays the current one.
    this.#beginTurn({}, agent, time, this.areAnswering).refuse(failure, id);
  }

  /** A response that was requested will not begin, because the connection ends. */
  responseLost({ time }: ResponseRequest, agent: UnknownRecord, failure: Failure | undefined): void {
    this.#input.addUnconfirmed();
    const turn = this.#beginTurn({}, agent, time);
    if (failure === undefined) turn.cancel();
    else turn.fail(failure);
  }

  /** The user has spoken, and the connection is lost before the provider begins to answer. */
  inputLost(agent: UnknownRecord, failure: Failure): void {
    if (!this.#input.hasUserInput) return;
    this.#begin(agent, this.#userInput(this.#input.take().byUser)).end(failure, false);
  }

  /** An item of an answer: what is found out about it later belongs to the answer's agent. */
  outputAdded(itemId: string | undefined, responseId: string | undefined): void {
    const turn = this.#turns.get(responseId ?? '');
    if (itemId === undefined || turn === undefined) return;
    this.#answers.set(itemId, {
      context: turn.exchange.context,
      agentName: turn.exchange.agentName,
      responseId,
    });
  }

  /** The answer that an item is a part of; if the item is unknown, whatever the current exchange answers. */
  answerOf(itemId: string | undefined): Answer {
    const answer = itemId === undefined ? undefined : this.#answers.get(itemId);
    return answer ?? { context: this.context, agentName: this.#current?.agentName, responseId: undefined };
  }

  #beginTurn(
    response: UnknownRecord,
    agent: UnknownRecord,
    requestedAt: number | undefined,
    aside = false,
  ): ResponseTurn {
    const { hasUserInput, hasWrittenInput } = this.#input;
    const { all, byUser } = this.#input.take();
    const current = this.#current;
    const continues =
      current !== undefined &&
      current.agentName === agentName(agent) &&
      // Speech while a tool runs is not a question of its own.
      (!hasUserInput || !current.answered || (current.isWorking && !hasWrittenInput));
    const input = this.#userInput(byUser, continues ? undefined : requestedAt);
    if (continues) current.addInput(input);
    const exchange = continues ? current : this.#begin(agent, input, requestedAt, aside);
    return new ResponseTurn(this.#scope, exchange, response, all, requestedAt);
  }

  #userInput(items: ConstructorParameters<typeof UserInput>[0], time?: number): UserInput {
    return new UserInput(items, this.#scope.config?.transcriptionModel !== undefined, time);
  }

  responseDone(response: UnknownRecord): void {
    const id = asNonEmptyString(response.id) ?? '';
    for (const item of asArray(response.output)) this.outputAdded(asNonEmptyString(asRecord(item)?.id), id);
    this.#turns.remove(id)?.complete(response);
  }

  /** The response that a part belongs to. */
  turnOf({ response_id: id }: UnknownRecord): ResponseTurn | undefined {
    return this.#turns.get(asNonEmptyString(id) ?? '');
  }

  /**
   * The exchange that an operation belongs to: that of the response that requested it, otherwise the agent's current
   * one, otherwise a new one.
   *
   * @param responseId - the response that requested it. The current agent can be another one by now.
   */
  exchangeOf(agent: UnknownRecord, responseId?: string): AgentExchange {
    const turn = responseId === undefined ? undefined : this.#turns.get(responseId);
    if (turn !== undefined) return turn.exchange;
    const current = this.#current;
    return current !== undefined && current.agentName === agentName(agent)
      ? current
      : this.#begin(agent, new UserInput([], false));
  }

  leaveCurrent(): void {
    const former = this.#current;
    this.#current = undefined;
    former?.supersede();
  }

  /**
   * Ends everything with the connection, newest first.
   *
   * @param endOperations - ends the operations in the exchanges other than responses.
   */
  endAll(failure: Failure | undefined, endOperations: () => void): void {
    const exchanges = [...this.#open].reverse();
    // This operation keeps each exchange from ending by itself, as if it were complete, when its operations end.
    for (const exchange of exchanges) exchange.openOperation();
    for (const turn of this.#turns.removeAll()) {
      if (failure === undefined) turn.cancel();
      else turn.fail(failure);
    }
    endOperations();
    for (const exchange of exchanges) exchange.end(failure, true);
  }

  modelCallEnded(end: ModelCallEnd): void {
    this.usage.add(end.response?.usage);
    getSessionCalls(this.#parent)?.add(end);
  }

  exchangeEnded(exchange: AgentExchange): void {
    this.#open.delete(exchange);
    if (this.#current === exchange) this.#current = undefined;
  }

  /** @param aside - whether the current exchange stays the current one. */
  #begin(agent: UnknownRecord, input: UserInput, startTime?: number, aside = false): AgentExchange {
    if (!aside) this.leaveCurrent();
    const exchange = new AgentExchange(this.#scope, this.#parent, agent, input, this, startTime);
    if (!aside) this.#current = exchange;
    this.#open.add(exchange);
    return exchange;
  }
}
