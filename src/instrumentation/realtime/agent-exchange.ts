import { type Context, type SpanContext, trace } from '@opentelemetry/api';
import * as clock from '../../clock.js';
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
import { type ConnectionScope, mappingContext, secondsSince } from './connection-scope.js';
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
 * is the same as that of an agent within a run. A connection without agents has no such span, and its responses are
 * beneath that of the connection.
 *
 * Invariant: it ends once, when no operation is open in it and no further response is due. A tool's answer makes a
 * response due, which belongs to the same exchange. A superseded exchange waits for its open operations only.
 *
 * Responses come one at a time: the SDK holds back requests that are made during a response, and then sends one
 * request for all of them (agents-realtime 0.20.0).
 */
export class AgentExchange {
  readonly agentName: string | undefined;
  /** The context in which its span is the active one; that of the connection if there are no agents. */
  readonly context: Context;
  /** Whether it has had a response. If so, new input of the user is for the next exchange. */
  answered = false;

  readonly #scope: ConnectionScope;
  /** `undefined` if there are no agents. */
  readonly #span: RecordedSpan | undefined;
  readonly #totals = new AgentTotals();
  readonly #observer: ExchangeObserver;
  /** Seconds between its start and the moment at which its span was made. */
  readonly #secondsBefore: number;
  #ended = false;
  #openOperations = 0;
  #openResponses = 0;
  #responseRequested = false;
  #responseHeldBack = false;
  #superseded = false;
  /** The operations that wait for an approval. */
  #waiting = 0;
  /** Inputs whose transcript is still missing; published once, at the latest when the exchange ends. */
  #awaitedInputs: UserInput[] = [];
  #last: LastResponse = { failure: undefined, cancelled: false, output: undefined };

  /**
   * @param agent - the SDK's agent, which is only read here.
   * @param input - the input of the user, as far as content is wanted.
   * @param startTime - in milliseconds since the epoch; now if absent.
   */
  constructor(
    scope: ConnectionScope,
    parent: Context,
    agent: UnknownRecord,
    input: UserInput,
    observer: ExchangeObserver,
    startTime = clock.now(),
  ) {
    this.#scope = scope;
    this.#observer = observer;
    if (!input.complete) this.#awaitedInputs.push(input);
    this.agentName = agentName(agent);
    this.#secondsBefore = secondsSince(startTime);
    this.#span = scope.hasAgents ? this.#startSpan(parent, agent, input, startTime) : undefined;
    this.context = this.#span?.context ?? parent;
  }

  #startSpan(parent: Context, agent: UnknownRecord, input: UserInput, startTime: number): RecordedSpan {
    const scope = this.#scope;
    const run = new AgentRun(agent, undefined, scope.content.allowed);
    const start = agentMapping.start({ name: this.agentName }, mappingContext(scope, { run }));
    return RecordedSpan.start(
      scope.telemetry,
      {
        ...start,
        attributes: { ...start.attributes, [semconv.ATTR_GEN_AI_REQUEST_MODEL]: scope.model },
        details: () => ({
          agent: {
            ...start.details?.()?.agent,
            // All agents of a session use the same model.
            ...(scope.model !== undefined && { model: scope.model }),
            ...(input.complete &&
              scope.content.wanted &&
              input.messages.length > 0 && { runInput: input.messages }),
          },
        }),
        startTime,
      },
      parent,
    );
  }

  /** The span that facts about its operations are about. */
  get spanContext(): SpanContext | undefined {
    return trace.getSpanContext(this.context);
  }

  /** @param transcript - `undefined` if the transcription failed. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    const complete = this.#awaitedInputs.filter((input) => input.transcribed(itemId, transcript));
    if (complete.length === 0) return;
    this.#awaitedInputs = this.#awaitedInputs.filter((input) => !complete.includes(input));
    for (const input of complete) this.#publishInput(input);
  }

  /** The user goes on speaking, which belongs to the same question. */
  addInput(input: UserInput): void {
    if (input.complete) this.#publishInput(input);
    else this.#awaitedInputs.push(input);
  }

  /** Whether a tool runs, or its answer is about to be given to the user. */
  get isWorking(): boolean {
    return this.#openOperations - this.#openResponses - this.#waiting > 0 || this.#responseDue;
  }

  /** One of its operations waits for an approval, for however long. */
  waitBegan(): void {
    this.#waiting += 1;
  }

  waitEnded(): void {
    this.#waiting -= 1;
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

  get #responseDue(): boolean {
    return this.#responseRequested || this.#responseHeldBack;
  }

  endIfIdle(): void {
    if (this.#openOperations > 0 || (this.#responseDue && !this.#superseded)) return;
    this.end(undefined, this.#last.cancelled);
  }

  /** Ends it with whatever is still open in it. */
  end(reason: Failure | undefined, cancelled: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#span !== undefined) this.#endSpan(this.#span, this.#last.failure ?? reason, cancelled);
    this.#observer.exchangeEnded(this);
  }

  #endSpan(span: RecordedSpan, failure: Failure | undefined, cancelled: boolean): void {
    for (const input of this.#awaitedInputs) this.#publishInput(input);
    this.#awaitedInputs = [];
    span.span.setAttributes({
      ...this.#totals.attributes(),
      [semconv.ATTR_GEN_AI_CONVERSATION_ID]: this.#scope.knownConversationId,
    });
    if (failure === undefined && !cancelled) this.#publishOutput(span);
    this.#recordMetrics(span, failure);
    span.end({ failure, cancelled });
  }

  #publishInput({ time, messages }: UserInput): void {
    if (messages.length === 0) return;
    this.#span?.publish(() => ({ type: 'agent.input', time, messages }));
  }

  #publishOutput(span: RecordedSpan): void {
    const { output } = this.#last;
    if (output === undefined || output === '' || !this.#scope.content.allowed) return;
    span.publish(() => ({ type: 'agent.output', output }));
  }

  #recordMetrics(span: RecordedSpan, failure: Failure | undefined): void {
    const { telemetry, model } = this.#scope;
    if (telemetry.instruments === undefined) return;
    recordAgent(telemetry.instruments, {
      agentName: this.agentName,
      model,
      errorType: failure?.type,
      duration: this.#secondsBefore + span.elapsed,
      inferenceCalls: this.#totals.inferenceCalls,
      toolCalls: this.#totals.toolCalls,
    });
  }
}
