import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_GEN_AI_RESPONSE_FINISH_REASONS,
  ATTR_GEN_AI_USAGE_INPUT_TOKENS,
  ATTR_GEN_AI_USAGE_OUTPUT_TOKENS,
  ATTR_OPENAI_AGENTS_USAGE_AGGREGATED,
} from '../../semconv/attributes.js';
import type { ModelCallEnd } from '../model-span-slot.js';

/** What an agent's own model calls gave together. */
export class AgentTotals {
  #inputTokens: number | undefined;
  #outputTokens: number | undefined;
  #calls = 0;
  #toolCalls = 0;
  #lastCall: ModelCallEnd | undefined;

  /** Model calls, failed ones included. */
  get inferenceCalls(): number {
    return this.#calls;
  }

  /** Tools that ran on the client's side, failed ones included. */
  get toolCalls(): number {
    return this.#toolCalls;
  }

  /** Error type of the newest call if it failed: the SDK's own error on the agent often has lost it. */
  get lastErrorType(): string | undefined {
    return this.#lastCall?.errorType;
  }

  /** Whether the newest call was given up by its caller. */
  get cancelled(): boolean {
    return this.#lastCall?.cancelled === true;
  }

  add(call: ModelCallEnd): void {
    const usage = call.response?.usage;
    this.#inputTokens = sum(this.#inputTokens, usage?.inputTokens);
    this.#outputTokens = sum(this.#outputTokens, usage?.outputTokens);
    this.#calls += 1;
    this.#lastCall = call;
  }

  addToolCall(): void {
    this.#toolCalls += 1;
  }

  attributes(): Attributes {
    const counted = this.#inputTokens !== undefined || this.#outputTokens !== undefined;
    const finishReasons = this.#lastCall?.finishReasons;
    return {
      [ATTR_GEN_AI_USAGE_INPUT_TOKENS]: this.#inputTokens,
      [ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: this.#outputTokens,
      [ATTR_OPENAI_AGENTS_USAGE_AGGREGATED]: counted ? true : undefined,
      [ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: finishReasons && [...finishReasons],
    };
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}
