import type { EventStatus } from '../../chaukas/event.js';
import { roundCost } from '../../cost/token-cost.js';
import type { JsonObject } from '../../json/json.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import type { EventBody } from '../event-stream.js';

/**
 * What a session lasts as long as, unless its owner ends it before: its trace, what goes on in it, the process
 * itself, or no time.
 */
export type SessionLifetime = 'trace' | 'activity' | 'process' | 'moment';

/** One session that is open, or was. */
export interface Session {
  readonly id: string;
  /** Of its START and END event, and of every event that has no nearer parent. */
  readonly spanId: string;
  readonly traceId: string;
  /** Those whose events belong to it because they have no session of their own. */
  readonly traceIds: string[];
  /** The span with whose end it ends; absent where nobody opened it on purpose. */
  readonly ownerSpanId: string | undefined;
  lifetime: SessionLifetime;
  /** When it began. */
  readonly begun: string;
  /** Of its model calls. */
  readonly totals: SessionTotals;
  /** Workflows that go on in it of which an error was told, by their invocation. */
  readonly failedInvocations: Set<string>;
  openSpans: number;
  /** Those of the open spans that only stand for the session: nothing goes on in them by themselves. */
  openSessionSpans: number;
  lastActivity: number;
  /** How the newest run of it ended. */
  status: EventStatus;
  /** Its END is made: nothing may follow in it. */
  ended: boolean;
}

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
    this.#cost = roundCost((this.#cost ?? 0) + cost.total_cost);
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
