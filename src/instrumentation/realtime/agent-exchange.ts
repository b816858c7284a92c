import type { Context } from '@opentelemetry/api';
import type { UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import type { Failure } from '../../semconv/failure.js';
import { recordAgent } from '../../spans/metrics/agent-metrics.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { RecordedSpan } from '../../spans/recorded-span.js';
import { agentName } from '../agents/agent-description.js';
import { AgentRun } from '../agents/agent-run.js';
import { AgentTotals } from '../agents/agent-totals.js';
import { agent as agentMapping } from '../agents/span-mappings/agent.js';
import { type ConnectionScope, mappingContext } from './connection-scope.js';
import type { UserInput } from './user-input.js';

/** Is notified of what happens in an exchange. */
export interface ExchangeObserver {
  modelCallEnded(end: ModelCallEnd): void;
  exchangeEnded(exchange: AgentExchange): void;
}

/** How the latest response of an exchange ended. */
interface LastResponse {
  readonly failure: Failure | undefined;
  readonly cancelled: boolean;
  /** The text of the response; `undefined` if it was cut off or failed. */
  readonly output: string | undefined;
}

/**
 * The work of an agent on one input of the user: its responses and the tools between them, up to the answer. Its span
 * is the same as that of an agent within a run.
 *
 * Invariant: it ends once, when no operation is open in it and no further response is due. A tool's answer makes a
 * response due, which belongs to the same exchange. A superseded exchange waits for its open operations only.
 *
 * Responses come one at a time: the SDK holds back requests that are made during a response, and then sends one
 * request for all of them (agents-realtime 0.20.0).
 */
export class AgentExchange {
  readonly agentName: string | undefined;
  readonly span: RecordedSpan;
  /** Whether it has had a response. If so, new input of the user is for the next exchange. */
  answered = false;

  readonly #scope: ConnectionScope;
  readonly #totals = new AgentTotals();
  readonly #observer: ExchangeObserver;
  #openOperations = 0;
  #openResponses = 0;
  #responseRequested = false;
  #responseHeldBack = false;
  #superseded = false;
  /** Input whose transcript is still missing; published once, at the latest when the exchange ends. */
  #awaitedInput: UserInput | undefined;
  #last: LastResponse = { failure: undefined, cancelled: false, output: undefined };

  /**
   * @param agent - the SDK's agent, which is only read here.
   * @param input - the input of the user, as far as content is wanted.
   */
  constructor(
    scope: ConnectionScope,
    parent: Context,
    agent: UnknownRecord,
    input: UserInput,
    observer: ExchangeObserver,
  ) {
    this.#scope = scope;
    this.#observer = observer;
    if (!input.complete) this.#awaitedInput = input;
    this.agentName = agentName(agent);
    const run = new AgentRun(agent, undefined, scope.content.allowed);
    const start = agentMapping.start({ name: this.agentName }, mappingContext(scope, { run }));
    this.span = RecordedSpan.start(
      scope.telemetry,
      {
        ...start,
        attributes: { ...start.attributes, [semconv.ATTR_GEN_AI_REQUEST_MODEL]: scope.model },
        details: () => ({
          agent: {
            ...start.details?.()?.agent,
            // All agents of a session use the same model.
            ...(scope.model !== undefined && { model: scope.model }),
            ...(this.#awaitedInput === undefined &&
              scope.content.wanted &&
              input.messages.length > 0 && { runInput: input.messages }),
          },
        }),
      },
      parent,
    );
  }

  /** The context in which its span is the active one. */
  get context(): Context {
    return this.span.context;
  }

  /** @param transcript - `undefined` if the transcription failed. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    if (this.#awaitedInput?.transcribed(itemId, transcript)) this.#publishInput();
  }

  /** Opens an operation; each one is closed by {@link AgentExchange.closeOperation}. */
  openOperation(): void {
    this.#openOperations += 1;
  }

  closeOperation(): void {
    this.#openOperations -= 1;
    this.endIfIdle();
  }

  responseBegan(): void {
    this.#responseRequested = false;
    this.#openResponses += 1;
    this.answered = true;
    this.openOperation();
  }

  /** @param output - the text of the response; `undefined` if it was cut off or failed. */
  responseEnded(end: ModelCallEnd, failure: Failure | undefined, output: string | undefined): void {
    this.#totals.add(end);
    this.#observer.modelCallEnded(end);
    this.#last = { failure, cancelled: end.cancelled, output };
    this.#openResponses -= 1;
    this.#responseRequested ||= this.#responseHeldBack;
    this.#responseHeldBack = false;
    this.closeOperation();
  }

  /** An answer was sent to the model together with a request for a response. */
  responseRequested(): void {
    if (this.#openResponses > 0 || this.#responseRequested) this.#responseHeldBack = true;
    else this.#responseRequested = true;
  }

  toolEnded(): void {
    this.#totals.addToolCall();
  }

  /** Another exchange begins, or another agent takes over: further responses do not belong to this one. */
  supersede(): void {
    this.#superseded = true;
    this.endIfIdle();
  }

  endIfIdle(): void {
    const responseDue = this.#responseRequested || this.#responseHeldBack;
    if (this.#openOperations > 0 || (responseDue && !this.#superseded)) return;
    this.end(undefined, this.#last.cancelled);
  }

  /** Ends it with whatever is still open in it. */
  end(reason: Failure | undefined, cancelled: boolean): void {
    if (this.span.ended) return;
    const failure = this.#last.failure ?? reason;
    this.#publishInput();
    this.span.span.setAttributes(this.#totals.attributes());
    if (failure === undefined && !cancelled) this.#publishOutput();
    this.#recordMetrics(failure);
    this.span.end({ failure, cancelled });
    this.#observer.exchangeEnded(this);
  }

  #publishInput(): void {
    const input = this.#awaitedInput;
    this.#awaitedInput = undefined;
    if (input === undefined) return;
    this.span.publish(() => ({ type: 'agent.input', time: input.time, messages: input.messages }));
  }

  #publishOutput(): void {
    const { output } = this.#last;
    if (output === undefined || output === '' || !this.#scope.content.allowed) return;
    this.span.publish(() => ({ type: 'agent.output', output }));
  }

  #recordMetrics(failure: Failure | undefined): void {
    const { telemetry, model } = this.#scope;
    if (telemetry.instruments === undefined) return;
    recordAgent(telemetry.instruments, {
      agentName: this.agentName,
      model,
      errorType: failure?.type,
      duration: this.span.elapsed,
      inferenceCalls: this.#totals.inferenceCalls,
      toolCalls: this.#totals.toolCalls,
    });
  }
}
