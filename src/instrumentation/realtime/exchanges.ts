import type { Context } from '@opentelemetry/api';
import { BoundedMap } from '../../bounded-map.js';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import type { Failure } from '../../semconv/failure.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { getSessionCalls } from '../../spans/session-calls.js';
import { agentName } from '../agents/agent-description.js';
import { AgentTotals } from '../agents/agent-totals.js';
import { AgentExchange, type ExchangeObserver } from './agent-exchange.js';
import { type ConnectionScope, MAX_OPEN } from './connection-scope.js';
import { ResponseTurn } from './response-turn.js';
import { ConversationInput, UserInput } from './user-input.js';

/**
 * The exchanges of one connection and the responses in them.
 *
 * Invariant: at most one exchange is current. New operations belong to it; earlier ones only wait for what is open in
 * them.
 */
export class Exchanges implements ExchangeObserver {
  /** The totals of all responses of the connection. */
  readonly totals = new AgentTotals();

  readonly #scope: ConnectionScope;
  readonly #parent: Context;
  readonly #input: ConversationInput;
  readonly #open = new Set<AgentExchange>();
  readonly #turns = new BoundedMap<string, ResponseTurn>(MAX_OPEN, (turn) => turn.cancel());
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

  /** @param transcript - `undefined` if the transcription failed. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    this.#input.transcribed(itemId, transcript);
    for (const exchange of this.#open) exchange.transcribed(itemId, transcript);
  }

  /** A response begins: in the current exchange, or in a new one for another agent or for new input of the user. */
  responseCreated(response: UnknownRecord, agent: UnknownRecord): void {
    const { hasUserInput } = this.#input;
    const { all, byUser } = this.#input.take();
    const current = this.#current;
    const continues =
      current !== undefined && current.agentName === agentName(agent) && !(hasUserInput && current.answered);
    const isTranscribed = this.#scope.config?.transcriptionModel !== undefined;
    const exchange = continues ? current : this.#begin(agent, new UserInput(byUser, isTranscribed));
    this.#turns.set(
      asNonEmptyString(response.id) ?? '',
      new ResponseTurn(this.#scope, exchange, response, all),
    );
  }

  responseDone(response: UnknownRecord): void {
    this.#turns.remove(asNonEmptyString(response.id) ?? '')?.complete(response);
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
    this.totals.add(end);
    getSessionCalls(this.#parent)?.add(end);
  }

  exchangeEnded(exchange: AgentExchange): void {
    this.#open.delete(exchange);
    if (this.#current === exchange) this.#current = undefined;
  }

  #begin(agent: UnknownRecord, input: UserInput): AgentExchange {
    this.leaveCurrent();
    const exchange = new AgentExchange(this.#scope, this.#parent, agent, input, this);
    this.#current = exchange;
    this.#open.add(exchange);
    return exchange;
  }
}
