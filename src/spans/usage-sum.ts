import type { Attributes } from '@opentelemetry/api';
import type { ModelUsage } from '../openai-api/usage.js';
import * as semconv from '../semconv/attributes.js';

/** The tokens of the model calls beneath a span. */
export class UsageSum {
  #inputTokens: number | undefined;
  #outputTokens: number | undefined;

  /** @param usage - `undefined` if the call has none. */
  add(usage: Pick<ModelUsage, 'inputTokens' | 'outputTokens'> | undefined): void {
    this.#inputTokens = sum(this.#inputTokens, usage?.inputTokens);
    this.#outputTokens = sum(this.#outputTokens, usage?.outputTokens);
  }

  /** Attributes that mark the numbers as a sum; without values if no call had any. */
  attributes(): Attributes {
    const counted = this.#inputTokens !== undefined || this.#outputTokens !== undefined;
    return {
      [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: this.#inputTokens,
      [semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: this.#outputTokens,
      [semconv.ATTR_OPENAI_AGENTS_USAGE_AGGREGATED]: counted ? true : undefined,
    };
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}
