import type { EventStatus } from '../../chaukas/event.js';
import { roundCost } from '../../cost/token-cost.js';
import type { JsonObject } from '../../json/json.js';
import { withoutAbsent } from '../../json/without-undefined.js';
import { PENDING_STATUSES } from '../../semconv/operations.js';
import type { ApplicationContext } from '../../signals/application-context.js';
import type { EventBody } from '../event-body.js';

/**
 * How long a session lasts, unless its owner ends it earlier: as long as its trace, as long as something happens in it,
 * as long as the stream of events, or no time at all.
 */
export type SessionLifetime = 'trace' | 'activity' | 'stream' | 'moment';

/** A session that is open or has ended. */
export interface EventSession {
  readonly id: string;
  /** The span id of its START and END. Events without a nearer parent name it as their parent. */
  readonly spanId: string;
  readonly traceId: string;
  /** The traces whose events belong to this session because they have no session of their own. */
  readonly traceIds: string[];
  /** The span whose end is the end of the session; `undefined` if the application did not open the session. */
  readonly ownerSpanId: string | undefined;
  /** The application's own facts about the work with which the session started. */
  readonly application: ApplicationContext | undefined;
  lifetime: SessionLifetime;
  /** The timestamp of its START. */
  readonly startedAt: string;
  readonly totals: SessionTotals;
  /** The invocation ids of open workflows, or runs without one, in which an ERROR event was emitted. */
  readonly failedInvocations: Set<string>;
  openSpans: number;
  /** The number of open spans that only stand for the session: no work is done in these spans themselves. */
  openSessionSpans: number;
  /** In milliseconds since the epoch. */
  lastActivity: number;
  /** How the latest run in the session ended. */
  status: EventStatus;
  /** Whether its END has been emitted. No event may follow. */
  ended: boolean;
}

/** Sums over the model calls of a session that reported tokens and costs. The names are those of an `EventBatch`. */
export class SessionTotals {
  #tokens: number | undefined;
  #cost: number | undefined;
  #currency: string | undefined;
  #mixed = false;
  #unpriced = 0;

  add({ type, llm_invocation, cost }: EventBody): void {
    // The access to a response that was made in the background has the tokens of that model call.
    const isSettled = type === 'EVENT_TYPE_DATA_ACCESS' && cost !== undefined;
    if (type !== 'EVENT_TYPE_MODEL_INVOCATION_END' && !isSettled) return;
    const tokens = isSettled ? cost.total_tokens : llm_invocation?.total_tokens;
    if (tokens !== undefined) this.#tokens = (this.#tokens ?? 0) + tokens;
    // Such a model call has no price yet.
    if (PENDING_STATUSES.has(llm_invocation?.response?.status)) return;
    if (cost?.total_cost === undefined) {
      this.#unpriced += 1;
      return;
    }
    // Costs in two currencies have no sum.
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
      // Shows that the sum is not complete.
      unpriced_model_calls: cost === undefined || this.#unpriced === 0 ? undefined : this.#unpriced,
    });
  }
}
