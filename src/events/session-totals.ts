import { onGrid } from '../cost/token-cost.js';
import type { JsonObject } from '../foreign/json.js';
import { withoutAbsent } from './content/without-absent.js';
import type { EventBody } from './event-stream.js';

/** Sums over the model calls of a session, as far as they told them. Named as the fields of an `EventBatch`. */
export class SessionTotals {
  #tokens: number | undefined;
  #cost: number | undefined;
  #currency: string | undefined;
  #mixed = false;
  #unpriced = 0;

  add({ type, llm_invocation, cost }: EventBody): void {
    if (type !== 'EVENT_TYPE_MODEL_INVOCATION_END') return;
    const tokens = llm_invocation?.total_tokens;
    if (tokens !== undefined) this.#tokens = (this.#tokens ?? 0) + tokens;
    if (cost?.total_cost === undefined) {
      this.#unpriced += 1;
      return;
    }
    // What is paid in two currencies has no sum.
    this.#mixed ||= this.#currency !== undefined && this.#currency !== cost.currency;
    this.#currency = cost.currency;
    this.#cost = onGrid((this.#cost ?? 0) + cost.total_cost);
  }

  toMetadata(): JsonObject {
    const cost = this.#mixed ? undefined : this.#cost;
    return withoutAbsent<JsonObject>({
      currency: cost === undefined ? undefined : this.#currency,
      total_cost: cost,
      total_tokens: this.#tokens,
      // So that nobody takes the sum for the whole.
      unpriced_model_calls: cost === undefined || this.#unpriced === 0 ? undefined : this.#unpriced,
    });
  }
}
