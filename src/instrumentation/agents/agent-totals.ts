import type { Attributes, SpanContext } from '@opentelemetry/api';
import * as clock from '../../clock.js';
import * as semconv from '../../semconv/attributes.js';
import { publishSignal, signalsWanted } from '../../signals/signal-channel.js';
import { ConversationContent } from '../../spans/conversation-content.js';
import type { ModelCallEnd } from '../../spans/model-span-slot.js';
import { UsageSum } from '../../spans/usage-sum.js';

/** Sums over an agent's own model calls and tools. */
export class AgentTotals {
  readonly usage = new UsageSum();
  #calls = 0;
  #toolCalls = 0;
  #lastCall: Omit<ModelCallEnd, 'content'> | undefined;
  #content = new ConversationContent();

  /** Number of model calls, failed ones included. */
  get inferenceCalls(): number {
    return this.#calls;
  }

  /** Number of tool calls that ran on the client's side, failed ones included. */
  get toolCalls(): number {
    return this.#toolCalls;
  }

  /** Error type of the newest call, if it failed; the SDK's own error on the agent often lacks it. */
  get lastErrorType(): string | undefined {
    return this.#lastCall?.errorType;
  }

  /** Whether the caller gave the newest call up. */
  get cancelled(): boolean {
    return this.#lastCall?.cancelled === true;
  }

  add(call: ModelCallEnd): void {
    this.usage.add(call.response?.usage);
    this.#calls += 1;
    const { content, ...withoutContent } = call;
    this.#lastCall = withoutContent;
    this.#content.add(content);
  }

  /** Lets the conversation go when the agent has ended. */
  release(): void {
    this.#content = new ConversationContent();
  }

  addToolCall(): void {
    this.#toolCalls += 1;
  }

  attributes(): Attributes {
    const finishReasons = this.#lastCall?.finishReasons;
    return {
      ...this.usage.attributes(),
      [semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: finishReasons && [...finishReasons],
      ...this.#content.ofAgent,
    };
  }
}

interface FailedSeries {
  /** Number of failed calls in a row. */
  readonly count: number;
  readonly lastCall: ModelCallEnd;
  readonly errorType: string;
  /** End of the last call, by the monotonic clock. */
  readonly endedTicks: number;
}

/** The model calls of one turn that failed in a row: the SDK's own retries (`modelSettings.retry`). */
export class FailedAttempts {
  #failed: FailedSeries | undefined;

  ended(call: ModelCallEnd): void {
    const { errorType } = call;
    this.#failed =
      errorType === undefined
        ? undefined
        : { count: (this.#failed?.count ?? 0) + 1, lastCall: call, errorType, endedTicks: clock.ticks() };
  }

  /** @param attemptsAllowed - returns how often the SDK makes one call; `undefined` if unknown. */
  reportRetry(span: SpanContext, attemptsAllowed: () => number | undefined): void {
    if (this.#failed === undefined || !signalsWanted()) return;
    const { count, lastCall, errorType, endedTicks } = this.#failed;
    const maxAttempts = attemptsAllowed();
    const { statusCode, requestId } = lastCall.lastAttempt ?? {};
    publishSignal({
      type: 'model.retry',
      span,
      time: clock.now(),
      attempt: count,
      backoffMs: clock.ticks() - endedTicks,
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(statusCode !== undefined && { statusCode }),
      errorType,
      ...(requestId !== undefined && { requestId }),
    });
  }
}
