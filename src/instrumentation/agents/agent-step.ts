import { asNonEmptyString, type UnknownRecord } from '../../json/readers.js';
import * as semconv from '../../semconv/attributes.js';
import { describeSpanError, exceptionAttributes } from '../../semconv/failure.js';
import type { ContentPolicy } from '../../spans/content-policy.js';
import { redactedFailure } from '../../spans/content-redaction.js';
import { recordAgent } from '../../spans/metrics/agent-metrics.js';
import type { Instruments } from '../../spans/metrics/instruments.js';
import { failureDetails, type RecordedSpan } from '../../spans/recorded-span.js';
import { isInSandbox } from './agent-description.js';
import { AgentTotals } from './agent-totals.js';
import type { ToolCallStart } from './approvable-calls.js';
import { requestedCall } from './tool-step.js';

/** The run that an agent takes part in, as far as the agent's step reads it. */
interface StepRun {
  agentNamed(name: string): UnknownRecord | undefined;
  describeAgent(name: string): { readonly model?: string } | undefined;
}

/** The part of a bridged span that is specific to an agent: what its model calls and tools add up to. */
export class AgentStep {
  readonly totals = new AgentTotals();
  readonly #data: UnknownRecord;
  /** Span data of the agent's newest model call, which may ask for tools. */
  #newestModelData: UnknownRecord | undefined;
  #closed = false;
  /** The error that the span carried already when the agent gave its output. */
  #handledError: unknown;
  /** Whether the sandbox of the agent is not prepared yet. `undefined` until something asks. */
  #preparing: boolean | undefined;
  /** Ends the spans that ended while the sandbox was prepared. */
  #held: (() => void)[] = [];

  /** @returns `undefined` if the span data is not an agent's. */
  static of(data: UnknownRecord): AgentStep | undefined {
    return data.type === 'agent' ? new AgentStep(data) : undefined;
  }

  private constructor(data: UnknownRecord) {
    this.#data = data;
  }

  get name(): string | undefined {
    return asNonEmptyString(this.#data.name);
  }

  /**
   * Whether the agent's tools are not known yet: an agent in a sandbox gets most of them while the sandbox is prepared. Its
   * span, and those beneath it, are started when something needs them, and the agent's START has the tools then.
   */
  isPreparing(run: StepRun | undefined): boolean {
    const { name } = this;
    this.#preparing ??= name !== undefined && isInSandbox(run?.agentNamed(name));
    return this.#preparing;
  }

  /**
   * Keeps the end of a span until the agent's span has started.
   *
   * @returns whether it is kept.
   */
  holds(close: () => void): boolean {
    if (this.#preparing !== true) return false;
    this.#held.push(close);
    return true;
  }

  /** The agent's span has started. */
  begun(): void {
    this.#preparing = false;
    const held = this.#held;
    this.#held = [];
    for (const close of held) close();
  }

  /** @param data - data of the SDK's span for the call. */
  modelCallEnded(data: UnknownRecord): void {
    if (!this.#closed) this.#newestModelData = data;
  }

  /** Releases the data of the newest model call when the agent's span ends. */
  close(): void {
    this.#closed = true;
    this.totals.release();
    this.#newestModelData = undefined;
  }

  /** Returns the tool call with this id from the agent's newest model call. */
  requestedCall(callId: string, run: StepRun | undefined): ToolCallStart | undefined {
    const { name } = this;
    const agent = name === undefined ? undefined : run?.agentNamed(name);
    return this.#newestModelData && requestedCall(this.#newestModelData, callId, agent);
  }

  /**
   * An error handler of the application (`errorHandlers`) gave the output in place of the run that failed, so the
   * error on the SDK's span is not a failure of the agent.
   */
  errorHandled(error: unknown, recorded: RecordedSpan, content: ContentPolicy): void {
    this.#handledError = error;
    const failure = describeSpanError(error, undefined);
    const shown = exceptionAttributes(redactedFailure(failure, content), content.onSpan);
    recorded.addEvent(semconv.EVENT_OPENAI_AGENTS_HANDLED_ERROR, shown);
    recorded.publish(() => ({
      type: 'error.handled',
      failure: failureDetails(failure, content.allowed),
      recoveryAction: "the run's error handler gave the output",
    }));
  }

  wasHandled(error: unknown): boolean {
    return this.#handledError !== undefined && this.#handledError === error;
  }

  /** @param end - `duration` is in seconds. */
  recordMetrics(
    instruments: Instruments,
    run: StepRun | undefined,
    end: { readonly errorType: string | undefined; readonly duration: number },
  ): void {
    const { name, totals } = this;
    const model = name === undefined ? undefined : run?.describeAgent(name)?.model;
    const { inferenceCalls, toolCalls } = totals;
    recordAgent(instruments, { agentName: name, model, ...end, inferenceCalls, toolCalls });
  }
}
