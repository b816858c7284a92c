import { type Context, type Span, trace } from '@opentelemetry/api';
import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { type Failure, recordFailure } from '../../semconv/failure.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { withSpanStartDetails } from '../../signals/span-start-details.js';
import { recordAgent } from '../../spans/metrics/agent-metrics.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { startSpan } from '../../spans/telemetry.js';
import { AgentRun } from '../agents/agent-run.js';
import { AgentTotals } from '../agents/agent-totals.js';
import { agent as agentKind } from '../agents/span-mappings/agent.js';
import { type ConnectionScope, surroundings } from './connection-scope.js';
import type { UserInput } from './user-input.js';

/** Who is told what becomes of an exchange. */
export interface ExchangeObserver {
  modelCallEnded(end: ModelCallEnd): void;
  exchangeEnded(exchange: AgentExchange): void;
}

/**
 * What an agent does for one thing that it was told: its responses, the tools between them, up to its answer. The
 * counterpart of an agent's part of a run, and its span is the same.
 *
 * It ends once, when nothing of it goes on and no further response is due: a tool's answer asks for one, which
 * belongs to the same exchange. One that was superseded waits for no response, only for what has begun.
 *
 * There is one response at a time: the SDK holds back what is asked for meanwhile, and then asks once for all of it
 * (agents-realtime 0.20.0).
 */
export class AgentExchange {
  readonly agentName: string | undefined;
  /** In which its span is the active one. */
  readonly context: Context;
  /** It has had a response; what the user says from now on is for the next one. */
  answered = false;

  readonly #scope: ConnectionScope;
  readonly #span: Span;
  readonly #startedTicks = performance.now();
  readonly #totals = new AgentTotals();
  readonly #observer: ExchangeObserver;
  #going = 0;
  #responding = 0;
  #responseAsked = false;
  #responseHeldBack = false;
  #superseded = false;
  /** What the user said, where it is not known in words yet; told once, at the latest with the end. */
  #awaitedInput: UserInput | undefined;
  #output: string | undefined;
  #failure: Failure | undefined;
  #cancelled = false;
  #ended = false;

  /**
   * @param agent - the SDK's; only read here.
   * @param input - what the user said, as far as anybody reads it.
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
    if (!input.whole) this.#awaitedInput = input;
    this.agentName = asNonEmptyString(agent.name);
    const run = new AgentRun(agent, undefined, scope.content.allowed);
    const start = agentKind.start({ name: this.agentName }, surroundings(scope, { run }));
    const details = {
      agent: {
        ...start.details?.agent,
        // All agents of a session are the same model.
        ...(scope.model !== undefined && { model: scope.model }),
        ...(this.#awaitedInput === undefined &&
          scope.content.wanted &&
          input.messages.length > 0 && { runInput: input.messages }),
      },
    };
    this.#span = startSpan(
      scope.telemetry,
      start.name,
      {
        kind: start.kind,
        attributes: { ...start.attributes, [semconv.ATTR_GEN_AI_REQUEST_MODEL]: scope.model },
      },
      withSpanStartDetails(parent, details),
    );
    this.context = trace.setSpan(parent, this.#span);
  }

  get span(): Span {
    return this.#span;
  }

  /** @param transcript - of what was spoken; absent where it could not be made. */
  transcribed(itemId: string | undefined, transcript: string | undefined): void {
    if (this.#awaitedInput?.transcribed(itemId, transcript)) this.#publishInput();
  }

  /** Something of it begins, and will be told to have ended. */
  begin(): void {
    this.#going += 1;
  }

  /** Something that had begun is over. */
  finish(): void {
    this.#going -= 1;
    this.settle();
  }

  /** A response begins in it. */
  responseBegan(): void {
    this.#responseAsked = false;
    this.#responding += 1;
    this.answered = true;
    this.begin();
  }

  /** @param output - what the response said, unless it was cut off or failed. */
  responseEnded(end: ModelCallEnd, failure: Failure | undefined, output: string | undefined): void {
    this.#totals.add(end);
    this.#observer.modelCallEnded(end);
    this.#output = output;
    this.#failure = failure;
    this.#cancelled = end.cancelled;
    this.#responding -= 1;
    this.#responseAsked ||= this.#responseHeldBack;
    this.#responseHeldBack = false;
    this.finish();
  }

  /** An answer has gone to the model that asks for a response. */
  awaitResponse(): void {
    if (this.#responding > 0 || this.#responseAsked) this.#responseHeldBack = true;
    else this.#responseAsked = true;
  }

  toolEnded(): void {
    this.#totals.addToolCall();
  }

  /** What comes next is no part of it any more. */
  supersede(): void {
    this.#superseded = true;
    this.settle();
  }

  /** Ends it if nothing of it goes on. */
  settle(): void {
    const responseDue = this.#responseAsked || this.#responseHeldBack;
    if (this.#going > 0 || (responseDue && !this.#superseded)) return;
    this.end(undefined, this.#cancelled);
  }

  /** Whatever still goes on in it. */
  end(failure: Failure | undefined, cancelled: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const reason = this.#failure ?? failure;
    this.#publishInput();
    this.#span.setAttributes(this.#totals.attributes());
    if (reason !== undefined) recordFailure(this.#span, reason);
    else if (cancelled)
      this.#span.setAttribute(semconv.ATTR_OPENAI_AGENTS_OUTCOME, semconv.OUTCOME_CANCELLED);
    else this.#publishOutput();
    this.#recordMetrics(reason);
    this.#span.end();
    this.#observer.exchangeEnded(this);
  }

  #publishInput(): void {
    const input = this.#awaitedInput;
    this.#awaitedInput = undefined;
    if (input === undefined || !signalsWanted()) return;
    const { time, messages } = input;
    publishSignal({ type: 'agent.input', span: this.#span.spanContext(), time, messages });
  }

  #publishOutput(): void {
    if (this.#output === undefined || this.#output === '') return;
    if (!this.#scope.content.allowed || !signalsWanted()) return;
    publishSignal({
      type: 'agent.output',
      span: this.#span.spanContext(),
      time: Date.now(),
      output: this.#output,
    });
  }

  #recordMetrics(reason: Failure | undefined): void {
    const { telemetry, model } = this.#scope;
    if (telemetry.instruments === undefined) return;
    recordAgent(telemetry.instruments, {
      agentName: this.agentName,
      model,
      errorType: reason?.type,
      duration: (performance.now() - this.#startedTicks) / 1000,
      inferenceCalls: this.#totals.inferenceCalls,
      toolCalls: this.#totals.toolCalls,
    });
  }
}
